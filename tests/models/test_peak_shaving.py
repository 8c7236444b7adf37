"""Peak shaving: the level that can be held against a linear program, the energy it takes against running it forward."""

from __future__ import annotations

import cvxpy as cp
import numpy as np
import pytest

from models.peak_shaving import Shaver, held_levels_kw, highest_of, needed_kwh

STEP_H = 0.5
SHAVER = Shaver(energy_kwh=120.0, power_kw=60.0, charge_efficiency_frac=0.9, discharge_efficiency_frac=0.95)


def random_days(count: int, steps: int = 48) -> np.ndarray:
    random = np.random.default_rng(3)
    hours = np.arange(steps) * 24.0 / steps
    hump = random.uniform(0.0, 80.0, (count, 1)) * np.exp(-((hours - 14.0) ** 2) / 18.0)
    burst = random.uniform(20.0, 90.0, (count, 1)) * (np.abs(hours - random.uniform(8.0, 18.0, (count, 1))) < 1.5)
    return np.asarray(300.0 + hump + burst + random.normal(0.0, 4.0, (count, steps)))


def least_level_by_program(load_kw: np.ndarray, shaver: Shaver) -> float:
    """Return the least peak of a day that repeats, by a linear program."""
    steps = len(load_kw)
    into, out = cp.Variable(steps, nonneg=True), cp.Variable(steps, nonneg=True)
    stored, level = cp.Variable(steps + 1, nonneg=True), cp.Variable()
    gained = STEP_H * (shaver.charge_efficiency_frac * into - out / shaver.discharge_efficiency_frac)
    limits = [
        cp.diff(stored) == gained,
        stored <= shaver.energy_kwh,
        stored[0] == stored[steps],
        into <= shaver.power_kw,
        out <= shaver.power_kw,
        load_kw + into - out <= level,
    ]
    cp.Problem(cp.Minimize(level), limits).solve(solver=cp.HIGHS)
    return float(level.value)


def test_the_level_held_is_that_of_a_linear_program() -> None:
    days = random_days(8)
    held = held_levels_kw(days, SHAVER, STEP_H)
    for level, load_kw in zip(held, days, strict=True):
        best = least_level_by_program(load_kw, SHAVER)
        assert best - 1e-6 <= level <= best + 1.1e-3 * (load_kw.max() - load_kw.mean())


def test_the_power_of_the_batteries_is_a_limit_too() -> None:
    day = np.full((1, 48), 100.0)
    day[0, 20] = 300.0
    assert held_levels_kw(day, SHAVER, STEP_H)[0] == pytest.approx(240.0, abs=0.2)


def test_a_day_without_room_to_charge_cannot_be_held_lower() -> None:
    flat = np.full((1, 48), 100.0)
    assert held_levels_kw(flat, SHAVER, STEP_H)[0] == 100.0


def test_the_energy_needed_just_holds_the_level() -> None:
    days = random_days(6)
    level_kw = float(held_levels_kw(days, SHAVER, STEP_H).max())
    needed = needed_kwh(days, level_kw, SHAVER, STEP_H)
    assert needed.max() <= SHAVER.energy_kwh
    for load_kw, of_day in zip(days, needed, strict=True):
        for begin in range(0, len(load_kw), 5):
            assert least_stored(load_kw, level_kw, begin, of_day[begin]) == pytest.approx(0.0, abs=1e-9) or (
                of_day[begin] == 0.0
            )


def least_stored(load_kw: np.ndarray, level_kw: float, begin: int, stored_kwh: float) -> float:
    """Return how near to empty batteries come that hold a level from a step on, before they are full again."""
    least = stored_kwh
    for room_kw in np.roll(level_kw - load_kw, -begin):
        stored_kwh = stored_kwh + float(SHAVER.gained_kwh(np.array(room_kw), STEP_H))
        if stored_kwh >= SHAVER.energy_kwh:
            break
        least = min(least, stored_kwh)
    return least


def test_nothing_is_needed_where_the_load_keeps_below_the_level() -> None:
    assert not needed_kwh(np.full((2, 48), 100.0), 100.0, SHAVER, STEP_H).any()


def test_the_highest_of_many_draws_lies_near_the_highest_value() -> None:
    values = np.arange(101.0)
    assert highest_of(values, 1) == 50.0
    random = np.random.default_rng(1)
    drawn = random.choice(values, (20000, 20)).max(axis=1)
    assert highest_of(values, 20) == pytest.approx(np.median(drawn), abs=1.5)
