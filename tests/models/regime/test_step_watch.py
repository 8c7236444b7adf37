"""Steps are found within a week and dated, in the whole or a part of it; bad days, waves and what drives it are no steps."""

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
    """Return the changes in a series (n,), or in parts (n, K) that add up to it."""
    watch = StepWatch()
    drivers = np.ones(len(series)) if driver is None else driver
    days = zip(np.arange(len(series)) * DAY_S, series, drivers, strict=True)
    return [change for day in days if (change := watch.update(*day))]


def first_days(changes: list[RegimeChange]) -> set[int]:
    return {round(change.at_s / DAY_S) for change in changes}


def stepped(series: FloatArray, begin: int, share: float) -> FloatArray:
    return np.concatenate([series[:begin], share * series[begin:]])


@pytest.mark.parametrize("size_frac", [-0.5, -0.3, 0.3, 0.5])
def test_a_step_is_found_within_a_week_and_dated(size_frac: float) -> None:
    for seed, begin in enumerate((60, 150, 230, 310)):
        changes = found(stepped(wandering(365, seed), begin, 1 + size_frac))
        (change,) = (each for each in changes if abs(each.at_s / DAY_S - begin) <= 1)
        assert change.found_at_s / DAY_S - begin <= 7
        assert change.direction == ("up" if size_frac > 0 else "down")
        assert change.size_frac == pytest.approx(size_frac, abs=0.2)


def test_steps_of_a_fifth_are_mostly_found() -> None:
    hits = sum(150 in first_days(found(stepped(wandering(170, seed), 150, 0.8))) for seed in range(20))
    assert hits >= 16


def test_two_false_alarms_a_year_at_most_and_only_small_ones() -> None:
    changes = [change for seed in range(20) for change in found(wandering(365, 100 + seed))]
    assert len(changes) <= 40
    assert max(abs(change.size_frac) for change in changes) < 0.3


@pytest.mark.parametrize("bad_days", [1, 2, 3])
@pytest.mark.parametrize("size_frac", [-0.6, 1.0])
def test_a_few_bad_days_are_no_step(bad_days: int, size_frac: float) -> None:
    for seed in range(5):
        series = wandering(200, seed)
        calm = first_days(found(series))
        series[120 : 120 + bad_days] *= 1 + size_frac
        assert first_days(found(series)) <= calm


def test_a_slow_rise_is_no_step() -> None:
    rising = wandering(300, 7) * np.exp(np.linspace(0, 1, 300))
    assert all(abs(change.size_frac) < 0.2 for change in found(rising))


def test_a_step_of_the_driver_explains_one_of_the_series() -> None:
    share = np.where(np.arange(250) < 150, 1.0, 2.0)
    series = wandering(250, 8)
    assert first_days(found(series * share**0.2, 1000 * share)) == first_days(found(series))
    assert 150 in first_days(found(series * share, 1000 * share))


def test_a_step_that_drowns_in_the_whole_is_found_in_its_part() -> None:
    in_parts, in_whole = 0, 0
    for seed in range(20):
        restless = 25 + 4 * np.random.default_rng(seed).standard_t(4, 170).clip(-4, 4)
        parts = np.column_stack([restless, stepped(5 * np.ones(170), 150, 2.6)])
        in_parts += 150 in first_days(found(parts))
        in_whole += 150 in first_days(found(parts.sum(axis=1)))
    assert in_parts >= 2 * in_whole
    assert in_parts >= 12


def test_parts_that_swap_are_no_step_of_the_whole() -> None:
    series = wandering(200, 9)
    share = np.where(np.arange(200) < 150, 0.3, 0.6)[:, None]
    assert 150 not in first_days(found(series[:, None] * np.hstack([share, 1 - share])))


def test_a_part_may_stand_still() -> None:
    series = wandering(200, 1)
    parts = np.column_stack([series, np.zeros(200)])
    assert 150 in first_days(found(np.vstack([parts[:150], 1.5 * parts[150:]])))


def test_a_change_back_within_two_weeks_is_a_second_one() -> None:
    series = wandering(300, 9)
    series[150:160] *= 1.6
    assert {150, 160} <= first_days(found(series))


def test_a_plant_that_all_but_stops_is_one_change() -> None:
    changes = found(stepped(wandering(200, 10), 120, 0.001))
    (down,) = (change for change in changes if change.size_frac < -0.5)
    assert round(down.at_s / DAY_S) == 120


@pytest.mark.parametrize(("parts", "driver"), [([0.0], 1.0), ([2.0, -1.0], 1.0), ([np.nan], 1.0), ([1.0], 0.0)])
def test_what_has_no_logarithm_is_refused(parts: list[float], driver: float) -> None:
    with pytest.raises(ValueError, match="positive series"):
        StepWatch().update(0.0, parts, driver)


def test_it_is_stored_without_pickles() -> None:
    watch = StepWatch()
    series = wandering(160, 11)
    series[150:] *= 1.5
    for day in range(155):
        watch.update(day * DAY_S, series[day])
    again = load_model(dump_model(watch))
    found_again = [again.update(day * DAY_S, series[day]) for day in range(155, 160)]
    assert found_again == [watch.update(day * DAY_S, series[day]) for day in range(155, 160)]
    assert any(found_again)
