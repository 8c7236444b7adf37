"""What batteries can do about the peaks of days: the level that each could be held to, and the energy that it takes when.

A battery that holds a level gives what the load has above it and takes back what room there is below: nothing else serves the level
better. Days are taken as if they came again and again: what a day takes out it has to give back within 24 hours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.cooling import BoolArray, FloatArray

_LEVELS, _STAGES = 32, 2  # tried at once, and how often between two of them again: the range of a day to a thousandth
_SAME_KWH = 1e-6


@dataclass(frozen=True, slots=True)
class Shaver:
    """Batteries as one: the energy that they may give [kWh, stored], their power [kW] and efficiencies."""

    energy_kwh: float
    power_kw: float
    charge_efficiency_frac: float
    discharge_efficiency_frac: float

    def gained_kwh(self, room_kw: FloatArray, step_h: float) -> FloatArray:
        """Return what is stored through a step with so much room below the level; negative: load above it."""
        taken = np.clip(room_kw, 0.0, self.power_kw) * self.charge_efficiency_frac
        return np.asarray(step_h * (taken - np.maximum(-room_kw, 0.0) / self.discharge_efficiency_frac))


def held_levels_kw(load_kw: FloatArray, shaver: Shaver, step_h: float) -> FloatArray:
    """Return the least level that each day could have been held to.

    Parameters
    ----------
    load_kw
        Mean power of each step, (days, steps of a day) [kW].
    shaver
        The batteries; full when the first of such days begins.
    step_h
        Length of a step [h].

    Returns
    -------
    FloatArray
        (days,) [kW], by at most a thousandth of a day's range too high; the day's peak where nothing can be done.
    """
    low, high = load_kw.mean(axis=1), load_kw.max(axis=1)
    days = np.arange(len(load_kw))
    for _ in range(_STAGES):
        levels = low[:, None] + (high - low)[:, None] * np.arange(1, _LEVELS + 1) / _LEVELS
        first = _held(load_kw, levels, shaver, step_h).argmax(axis=1)
        low = np.where(first > 0, levels[days, first - 1], low)
        high = levels[days, first]
    return np.asarray(high)


def _held(load_kw: FloatArray, levels: FloatArray, shaver: Shaver, step_h: float) -> BoolArray:
    """Tell which levels (days, L) can be held day after day; the last always counts as held."""
    stored, ends = np.full(levels.shape, shaver.energy_kwh), list[FloatArray]()
    held = load_kw.max(axis=1)[:, None] - levels <= shaver.power_kw + _SAME_KWH
    for _ in range(2):
        for step in range(load_kw.shape[1]):
            gained = shaver.gained_kwh(levels - load_kw[:, step, None], step_h)
            stored = np.minimum(stored + gained, shaver.energy_kwh)
            held &= stored >= -_SAME_KWH
        ends.append(stored)
    held &= ends[1] >= ends[0] - _SAME_KWH
    held[:, -1] = True
    return np.asarray(held)


def needed_kwh(load_kw: FloatArray, level_kw: float, shaver: Shaver, step_h: float) -> FloatArray:
    """Return the energy that has to be in the batteries when each step begins, for a level to be held until they are filled again.

    Parameters
    ----------
    load_kw
        Mean power of each step, (days, steps of a day) [kW].
    level_kw
        What the load is to be held to [kW].
    shaver, step_h
        The batteries; the length of a step [h].

    Returns
    -------
    FloatArray
        (days, steps of a day) [kWh, stored]; all that they may give where that is too little.
    """
    steps = load_kw.shape[1]
    found, needed = np.zeros(load_kw.shape), np.zeros(len(load_kw))
    for step in reversed(range(2 * steps)):  # twice: the day after is like it
        room_kw = np.maximum(level_kw - load_kw[:, step % steps], -shaver.power_kw)
        needed = np.clip(needed - shaver.gained_kwh(room_kw, step_h), 0.0, shaver.energy_kwh)
        found[:, step % steps] = needed
    return found


def highest_of(values: FloatArray, draws: int) -> float:
    """Return the median of the highest of so many values drawn from these: their quantile at 0.5 to the power of 1 / draws."""
    return float(np.quantile(values, 0.5 ** (1.0 / draws)))
