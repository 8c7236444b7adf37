"""Steps are found within a week and dated; bad days, waves and what drives the series are no steps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from models.regime.step_watch import RegimeChange, StepWatch
from models.serialise import dump_model, load_model

FloatArray = npt.NDArray[np.float64]
DAY_S = 86400.0


def wandering(days: int, seed: int) -> FloatArray:
    """A plant of 30 kW that wanders back and forth by some percent, with a year's wave."""
    generator = np.random.default_rng(seed)
    level, course = 0.0, np.empty(days)
    for day in range(days):
        level = 0.8 * level + generator.normal(0, 0.04)
        course[day] = level
    return np.asarray(30 * np.exp(course + 0.15 * np.sin(2 * np.pi * np.arange(days) / 365)))


def found(series: FloatArray, driver: FloatArray | None = None) -> list[RegimeChange]:
    watch = StepWatch()
    drivers = np.ones(series.size) if driver is None else driver
    days = zip(np.arange(series.size) * DAY_S, series, drivers, strict=True)
    return [change for day in days if (change := watch.update(*day))]


@pytest.mark.parametrize("size_frac", [-0.5, -0.3, 0.3, 0.5])
def test_a_step_is_found_within_a_week_and_dated(size_frac: float) -> None:
    for seed, begin in enumerate((60, 150, 230, 310)):
        series = wandering(365, seed)
        series[begin:] *= 1 + size_frac
        changes = found(series)
        assert len(changes) == 1
        assert abs(changes[0].at_s / DAY_S - begin) <= 1
        assert changes[0].found_at_s / DAY_S - begin <= 7
        assert changes[0].direction == ("up" if size_frac > 0 else "down")
        assert changes[0].size_frac == pytest.approx(size_frac, abs=0.2)


def test_steps_of_a_fifth_are_mostly_found() -> None:
    hits = 0
    for seed in range(20):
        series = wandering(250, seed)
        series[150:] *= 0.8
        hits += any(abs(change.at_s / DAY_S - 150) <= 1 for change in found(series))
    assert hits >= 12


def test_a_false_alarm_in_five_years_at_most() -> None:
    assert sum(len(found(wandering(365, 100 + seed))) for seed in range(40)) <= 8


@pytest.mark.parametrize("bad_days", [1, 2, 3])
@pytest.mark.parametrize("size_frac", [-0.6, 1.0])
def test_a_few_bad_days_are_no_step(bad_days: int, size_frac: float) -> None:
    for seed in range(5):
        series = wandering(200, seed)
        series[120 : 120 + bad_days] *= 1 + size_frac
        assert found(series) == []


def test_a_slow_rise_is_no_step() -> None:
    assert found(wandering(300, 7) * np.exp(np.linspace(0, 1, 300))) == []


def test_a_step_of_the_driver_explains_one_of_the_series() -> None:
    driver = np.where(np.arange(250) < 150, 1000.0, 1300.0)
    series = wandering(250, 8) * (driver / 1000) ** 0.35
    assert found(series, driver) == []


def test_two_changes_are_two() -> None:
    series = wandering(300, 9)
    series[100:200] *= 1.6
    assert [round(change.at_s / DAY_S) for change in found(series)] == [100, 200]


def test_a_plant_that_all_but_stops_is_one_change() -> None:
    series = wandering(200, 10)
    series[120:] *= 0.001
    changes = found(series)
    assert [round(change.at_s / DAY_S) for change in changes] == [120]
    assert changes[0].direction == "down"


def test_what_has_no_logarithm_is_refused() -> None:
    with pytest.raises(ValueError, match="positive series"):
        StepWatch().update(0.0, 0.0)


def test_it_is_stored_without_pickles() -> None:
    watch = StepWatch()
    series = wandering(160, 11)
    series[150:] *= 1.5
    for day in range(155):
        watch.update(day * DAY_S, series[day])
    again = load_model(dump_model(watch))
    for day in range(155, 160):
        assert again.update(day * DAY_S, series[day]) == watch.update(day * DAY_S, series[day])
