"""Which rows of a component must not teach, and why, by name: gaps, standing, starts, another unit, spikes, stuck readings.

What is left out is never filled. A row counts under the first reason that holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

SETTLING = pd.Timedelta(minutes=20)  # a chiller pulls its water down first: power without the load that explains it
_STUCK_SPAN, _STUCK_ROWS = pd.Timedelta(hours=2), 6
_STUCK_SWING_FRAC = 0.2  # of its mean, by which the other must have moved meanwhile
_FAR_TIMES, _FAR_FRAC = 2.5, 0.25  # off the law by this factor, and by this share of full power
_FAR_SDS, _MAD_SD = 5.0, 1.4826  # standard deviations, and what one is in median absolute deviations
_SPELL_ROWS = 4  # that are off by one factor: fewer are spikes
_UNIT_FACTORS = {  # between units that meters are mixed up in
    "kW and W": 1000.0,
    "kW and MW": 0.001,
    "kW and tons of refrigeration": 3.517,
    "tons of refrigeration and kW": 1 / 3.517,
    "MJ/h and kW": 3.6,
    "kW and MJ/h": 1 / 3.6,
    "tenths and whole": 10.0,
    "whole and tenths": 0.1,
}
_FACTOR_TOLERANCE = 0.15


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows that must not teach: why, how many, and from when to when (ISO 8601)."""

    reason: str
    rows: int
    first: str
    last: str

    def __str__(self) -> str:
        """Say it in a line for a card."""
        return f"left out: {self.rows} rows, {self.reason}, {self.first} to {self.last}"


@dataclass(frozen=True, slots=True, eq=False)
class Screened:
    """Rows in time order that may teach (`prior_kw`, drivers, `power_kw`), and what was left out of them."""

    rows: pd.DataFrame
    left_out: tuple[LeftOut, ...]


def screen(rows: pd.DataFrame, power_kw: pd.Series[float], *, inputs_may_rest: bool = False) -> Screened:
    """Leave out what must not teach.

    Parameters
    ----------
    rows
        `prior_kw`, which is the law's power, and drivers; index UTC times.
    power_kw
        Measured power on the same index.
    inputs_may_rest
        Keep rows whose inputs rest while power moves. A sensor that is stuck looks so, which must not teach; and so does a fan
        at one speed whose filter fouls, which must be seen where drift is looked for.
    """
    drivers = [str(column) for column in rows.columns if column != "prior_kw"]
    table = rows[["prior_kw", *drivers]].assign(power_kw=power_kw).sort_index()
    left = np.ones(len(table), bool)
    found: list[LeftOut] = []
    for reason, bad in _reasons(table, inputs_may_rest):
        hit = bad & left
        if hit.any():
            times = table.index[hit]
            found.append(LeftOut(reason, int(hit.sum()), times[0].isoformat(), times[-1].isoformat()))
        left &= ~bad
    return Screened(table[left], tuple(found))


def _reasons(table: pd.DataFrame, inputs_may_rest: bool) -> Iterator[tuple[str, BoolArray]]:
    values = table.to_numpy(float)
    law, power = values[:, 0], values[:, -1]
    missing = [str(name) for name, gap in zip(table, ~np.isfinite(values).all(axis=0), strict=True) if gap]
    whole = np.isfinite(values).all(axis=1)
    yield f"gaps in {', '.join(missing)}", ~whole
    yield "negative power", whole & (power < 0)
    on = whole & (law > 0) & (power > 0)
    yield "standing", whole & ~on
    yield "twice at the same time", np.asarray(table.index.duplicated())
    inputs = values[:, :-1]
    rested = _stuck(table.index, power[:, None], law, on)
    if not inputs_may_rest:
        rested |= _stuck(table.index, inputs, power, on)
    yield "power or its inputs rested while the other moved", rested
    yield from _far(law, power, on)
    yield (
        f"within {SETTLING.seconds // 60} min of a start",
        _starting(table.index, whole & ((law <= 0) | (power == 0)), on),
    )


def _starting(times: pd.Index, standing: BoolArray, on: BoolArray) -> BoolArray:
    """Return rows soon after one in which the component stood; a gap says nothing."""
    stood = pd.Series(times, index=times).where(standing).ffill().to_numpy()
    return np.asarray(on & (times.to_numpy() - stood <= SETTLING.to_timedelta64()))


def _stuck(times: pd.Index, resting: FloatArray, moving: FloatArray, on: BoolArray) -> BoolArray:
    """Return rows in which all columns of one side keep their value to the last digit while the other side moves.

    A law alone may rest: that of a tower does where its fans are asked for all they have.
    """
    run = np.cumsum(np.append(True, (resting[1:] != resting[:-1]).any(axis=1)) | ~on)
    spans = pd.DataFrame({"run": run, "time": times, "moving": moving}).groupby("run")
    swing = (spans["moving"].quantile(0.95) - spans["moving"].quantile(0.05)) / spans["moving"].mean()
    long = (spans["time"].max() - spans["time"].min() >= _STUCK_SPAN) & (spans.size() >= _STUCK_ROWS)
    steps = np.diff(np.unique(resting[on, 0]))
    fine = resting[:, 0] > steps.min() * 2 / _STUCK_SWING_FRAC if steps.size else np.zeros(len(times), bool)
    return np.asarray(np.isin(run, swing.index[long & (swing > _STUCK_SWING_FRAC)]) & fine & on)


def _far(law: FloatArray, power: FloatArray, on: BoolArray) -> Iterator[tuple[str, BoolArray]]:
    """Yield rows far off the usual ratio to the law, by the unit that would explain a spell of them; the others as spikes."""
    if not on.any():
        return
    ratio = np.where(on, power, 1.0) / np.where(on, law, 1.0)
    usual = float(np.median(ratio[on]))
    off = ratio / usual
    full_kw = usual * float(np.quantile(law[on], 0.99))
    apart = np.abs(np.log(off))
    far_apart = max(np.log(_FAR_TIMES), _FAR_SDS * _MAD_SD * float(np.median(apart[on])))  # a loose law has no outliers
    far = on & (apart > far_apart) & (np.abs(power - usual * law) > _FAR_FRAC * full_kw)
    for units, factor in _UNIT_FACTORS.items():
        by_factor = far & (np.abs(off / factor - 1) < _FACTOR_TOLERANCE)
        if by_factor.sum() >= _SPELL_ROWS:
            yield f"{factor:.4g} times the usual beside the law, as {units} are", by_factor
    yield f"more than {np.exp(far_apart):.2g} times off the usual beside the law", far
