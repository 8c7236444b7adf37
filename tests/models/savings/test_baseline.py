"""The interval of a mean saving, on courses of which the truth is known: hours that resemble each other, and nothing saved."""

from __future__ import annotations

from dataclasses import astuple, fields, replace

import numpy as np
import pytest

from models.savings.baseline import LEAST_ROWS, MeanSaving, Rows, mean_saving, savings
from models.savings.placebo import mean_saving_by_placebo

BEFORE, DURING = 120, 12


def course(seed: int, memory_h: float, slow_kw: float = 2.0, saved_kw: float = 0.0) -> tuple[Rows, Rows]:
    """Return a site whose power follows load and weather, with a slow part (Ornstein-Uhlenbeck) and noise."""
    draw, hours = np.random.default_rng(seed), BEFORE + DURING
    time_h = np.arange(hours, dtype=float)
    load = 100 + 15 * np.cos((time_h - 14) / 24 * 2 * np.pi) + draw.normal(0, 3, hours)
    air = 15 + 6 * np.cos((time_h - 16) / 24 * 2 * np.pi) + draw.normal(0, 1, hours)
    kept, slow = np.exp(-1 / memory_h), np.zeros(hours)
    slow[0] = draw.normal(0, slow_kw)
    for hour in range(1, hours):
        slow[hour] = kept * slow[hour - 1] + draw.normal(0, slow_kw * np.sqrt(1 - kept**2))
    power = 30 + 1.2 * load + 0.8 * air + slow + draw.normal(0, 0.5, hours)
    power[BEFORE:] -= saved_kw
    clock = np.empty((hours, 0))
    first, last = slice(None, BEFORE), slice(BEFORE, None)
    return (
        Rows(time_h[first], load[first, None], air[first, None], clock[first], power[first]),
        Rows(time_h[last], load[last, None], air[last, None], clock[last], power[last]),
    )


def independent_half_width(before: Rows, during: Rows) -> float:
    """Return what one gets who takes hours for independent: the error of a mean after least squares."""
    design = np.column_stack([np.ones(BEFORE), before.conditions])
    missed = before.power_kw - design @ np.linalg.lstsq(design, before.power_kw, rcond=None)[0]
    return float(1.645 * missed.std() * np.sqrt(1 / during.time_h.size + 1 / BEFORE))


def test_hours_of_a_window_err_together() -> None:
    """The interval of a sum is wider than independent parts would make it, and no wider than parts that err alike."""
    before, during = course(3, 16.0)
    first = np.where(np.arange(DURING) < DURING // 2, 1.0, 0.0)
    parts = np.stack([first, 1.0 - first, np.ones(DURING)])
    early, late, both = savings(before, during, parts)
    widths = [one.high_kw - one.low_kw for one in (early, late, both)]
    assert 1.1 * np.hypot(widths[0], widths[1]) < widths[2] < 1.01 * (widths[0] + widths[1])
    assert both.saved_kw == pytest.approx(early.saved_kw + late.saved_kw)
    mean = mean_saving(before, during)
    assert both.saved_kw == pytest.approx(DURING * mean.saved_kw) and widths[2] == pytest.approx(
        DURING * (mean.high_kw - mean.low_kw)
    )


def test_a_meter_that_stood_still_and_then_fell_has_saved_that() -> None:
    before, during = course(1, 1.0)
    still, fallen = (
        replace(rows, power_kw=np.full(rows.time_h.size, level)) for rows, level in ((before, 60.0), (during, 54.0))
    )
    found = mean_saving(still, fallen)
    assert found.low_kw == pytest.approx(6.0, abs=1e-3) and found.high_kw == pytest.approx(6.0, abs=1e-3)


@pytest.mark.parametrize("memory_h", [1.0, 8.0])
def test_nine_of_ten_intervals_hold_the_truth_and_naive_ones_do_not(memory_h: float) -> None:
    saved_kw, held, naive = 1.5, [], []
    for seed in range(80):
        before, during = course(seed, memory_h, saved_kw=saved_kw)
        found = mean_saving(before, during)
        held.append(found.low_kw <= saved_kw <= found.high_kw)
        naive.append(abs(found.saved_kw - saved_kw) <= independent_half_width(before, during))
    assert 0.82 <= np.mean(held) <= 0.98  # binomial, 80 courses
    if memory_h > 1:
        assert np.mean(naive) < 0.7


def test_what_is_large_is_told_from_nothing_and_nothing_is_not() -> None:
    assert mean_saving(*course(3, 2.0, slow_kw=0.5, saved_kw=8.0)).distinguishable
    assert mean_saving(*course(3, 2.0, slow_kw=0.5, saved_kw=-8.0)).high_kw < 0
    assert not mean_saving(*course(3, 2.0, slow_kw=0.5)).distinguishable
    assert not MeanSaving(0.4, -0.1, 0.9).distinguishable


def test_a_longer_memory_and_unseen_weather_widen_the_interval() -> None:
    def width(found: MeanSaving) -> float:
        return found.high_kw - found.low_kw

    before, during = course(5, 2.0)
    unseen = replace(during, weather=during.weather + 25.0)
    assert width(mean_saving(before, unseen)) > 1.5 * width(mean_saving(before, during))
    widths = [np.mean([width(mean_saving(*course(seed, memory_h))) for seed in range(6)]) for memory_h in (0.2, 8.0)]
    assert widths[1] > 1.3 * widths[0]


def test_a_condition_that_stands_still_changes_nothing() -> None:
    before, during = course(7, 4.0)
    still = [
        replace(one, weather=np.column_stack([one.weather, np.full(one.time_h.size, 7.0)])) for one in (before, during)
    ]
    found, without = mean_saving(still[0], still[1]), mean_saving(before, during)
    assert astuple(found) == pytest.approx(astuple(without), abs=1e-6)


def test_rows_count_by_their_weight() -> None:
    before, during = course(9, 0.2, slow_kw=0.0)
    hours = np.arange(DURING)
    during = replace(during, power_kw=during.power_kw - 6.0 * (hours < DURING // 2))
    halves = (hours < DURING // 2) * 2.0 / DURING
    first, last = mean_saving(before, during, halves), mean_saving(before, during, halves[::-1])
    assert first.low_kw < 6.0 < first.high_kw
    assert not last.distinguishable
    alike = mean_saving(before, during)
    priced, paid = (mean_saving(before, during, np.full(DURING, price)) for price in (0.16, -0.16))
    assert priced.high_kw == pytest.approx(0.16 * DURING * alike.high_kw)
    assert paid.low_kw == pytest.approx(-priced.high_kw)
    assert (first.saved_kw + last.saved_kw) / 2 == pytest.approx(alike.saved_kw, abs=1e-6)


def test_too_few_rows_are_refused() -> None:
    before, during = course(1, 2.0)
    short = Rows(*(getattr(before, one.name)[: LEAST_ROWS - 1] for one in fields(Rows)))
    with pytest.raises(ValueError, match="48 rows"):
        mean_saving(short, during)


def test_the_second_way_agrees_where_hours_are_independent() -> None:
    found = [mean_saving_by_placebo(*course(seed, 0.1, slow_kw=0.0, saved_kw=3.0)) for seed in range(40)]
    held = [one.low_kw <= 3.0 <= one.high_kw for one in found]
    assert 0.75 <= np.mean(held) <= 1.0
    assert abs(np.mean([one.saved_kw for one in found]) - 3.0) < 0.15
