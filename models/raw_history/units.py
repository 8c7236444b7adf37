"""A column that speaks another unit for a while: it jumps by exactly what turns one unit into the other.

A jump alone is no proof, as machines start and work begins. The readings of the spell must lie outside all others, must come to
their level once turned back, and must move there as they do: a machine that stands does not. What a column's kind does as well is
taken out before, so that the load of the day hides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.raw_history.doubt import Doubt, rows_in, stretches
from models.raw_history.kin import kin, quantity_of

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

LEAST_SPELL = pd.Timedelta(hours=2)
_LEAST_JUMP_FRAC = 0.1  # of the level
_LEVEL_OFF_FRAC, _STEP_OFF_FRAC = (
    0.25,
    0.5,
)  # of the jump: what the plant itself may do meanwhile, in level and in one row
_LEAST_LEVEL = 1e-6
_NEARLY_ALL = 0.9
_SAME_LEVEL = 0.035  # by which levels may lie apart, over the logarithm of the factor
_NEARLY_ONE = 1.0 - 1e-6
_MOST_MOVES_TIMES = 4.0  # between the moves from row to row in the spell, turned back, and in the rest


@dataclass(frozen=True, slots=True)
class Conversion:
    """`said` = factor x `meant` + offset."""

    meant: str
    said: str
    factor: float
    offset: float = 0.0

    @property
    def back(self) -> Conversion:
        """The other way."""
        return Conversion(self.said, self.meant, 1.0 / self.factor, -self.offset / self.factor)

    def of(self, values: FloatArray) -> FloatArray:
        """Return values in the unit said."""
        return np.asarray(self.factor * values + self.offset)


CONVERSIONS = {
    "degc": (
        Conversion("°C", "°F", 1.8, 32.0),
        Conversion("°C", "K", 1.0, 273.15),
        Conversion("°C", "tenths of °C", 10.0),
    ),
    "kw": (
        Conversion("kW", "W", 1000.0),
        Conversion("kW", "tenths of kW", 10.0),
        Conversion("tons of refrigeration", "kW", 3.517),
        Conversion("kW", "MJ/h", 3.6),
    ),
    "lps": (
        Conversion("L/s", "m³/h", 3.6),
        Conversion("L/s", "gpm", 15.85),
        Conversion("L/s", "L/min", 60.0),
        Conversion("m³/s", "L/s", 1000.0),
    ),
    "frac": (Conversion("share", "%", 100.0), Conversion("share", "per mille", 1000.0)),
}


def find_units(frame: pd.DataFrame) -> Iterator[Doubt]:
    """Yield the spells in which a column spoke another unit than for most of the time."""
    times = pd.DatetimeIndex(frame.index)
    window = rows_in(times, LEAST_SPELL)
    others, measured = kin(list(frame.columns)), frame.to_numpy(float).T
    place = {str(column): number for number, column in enumerate(frame.columns)}
    for column, course in zip(frame.columns, measured, strict=True):
        peers = measured[[place[other] for other in others.get(str(column), ())]]
        values = _beside(course, peers, str(column))
        known = np.flatnonzero(np.isfinite(values))
        for spell in _spells(values[known], str(column), window):
            first, last = times[known[spell.begin]], times[known[spell.end - 1]]
            said = f"speaks {spell.wrong.said} instead of {spell.wrong.meant}"
            yield Doubt((str(column),), "unit", first, last, said)


def _beside(values: FloatArray, peers: FloatArray, column: str) -> FloatArray:
    """Return a column without what the others of its kind (k, n) do as well, at its usual level."""
    if not len(peers):
        return values
    common = _medians(peers)
    usual = float(np.nanmedian(common)) if np.isfinite(common).any() else np.nan
    if column.endswith("_degc"):
        return np.asarray(values - (common - usual))
    return np.asarray(values * usual / np.where(common == 0.0, np.nan, common))


def _medians(courses: FloatArray) -> FloatArray:
    """Return the median of what each row of courses (k, n) has, NaN where it has nothing."""
    ordered, known = np.sort(courses, axis=0), (~np.isnan(courses)).sum(axis=0)  # NaN comes last
    middle = (np.take_along_axis(ordered, at[None], axis=0)[0] for at in (np.maximum(known - 1, 0) // 2, known // 2))
    return np.asarray(sum(middle) / 2.0)


@dataclass(frozen=True, slots=True)
class _Spell:
    """Rows in which one unit was said for another."""

    begin: int
    end: int
    wrong: Conversion


def _spells(values: FloatArray, column: str, window: int) -> list[_Spell]:
    """Return the spells by the conversion that explains them best, if any does."""
    conversions = CONVERSIONS.get(quantity_of(column).rpartition("_")[2], ())
    if values.size < 2 * window or not conversions:
        return []
    level = np.median(np.lib.stride_tricks.sliding_window_view(values, window), axis=1)
    explained = (_explained_by(values, level, one, window) for one in conversions)
    tried = [one for one in explained if one is not None]
    return min(tried, key=lambda one: one[0])[1] if tried else []


def _explained_by(
    values: FloatArray, level: FloatArray, conversion: Conversion, window: int
) -> tuple[float, list[_Spell]] | None:
    """Return how far the jumps lie from a conversion, and the spells in the rarer of its two units; None without jumps."""
    off = np.full(values.size, np.inf)
    said = np.zeros(values.size, np.int8)  # 1 after a jump into the unit said, -1 after one out of it
    for way, sign in ((conversion, 1), (conversion.back, -1)):
        rows, apart = _jumps(values, level, way, window)
        said[rows], off[rows] = sign, apart
    turned = np.flatnonzero(said)
    if not turned.size:
        return None
    lengths = np.diff(np.concatenate([[0], turned, [values.size]]))
    state = np.repeat(np.append(-said[turned[0]], said[turned]), lengths)
    rare, wrong = (state == 1, conversion) if (state == 1).mean() <= 0.5 else (state == -1, conversion.back)
    if not rare.any() or not _plausible(values[rare], values[~rare], wrong):
        return None
    return float(off[turned].mean()), [_Spell(run.start, run.stop, wrong) for run in stretches(rare, 1)]


def _jumps(values: FloatArray, level: FloatArray, conversion: Conversion, window: int) -> tuple[IntArray, FloatArray]:
    """Return the rows at which the level becomes what it was, converted, and how far off it is, as a share; one a jump.

    `level` is the median of each window of rows.
    """
    before, after = level[: values.size - 2 * window + 1], level[window:]
    expected, rows = conversion.of(before), np.arange(before.size) + window
    jump = _apart(expected, before)
    level_off = _apart(after, expected)
    step_off = _apart(values[rows], conversion.of(values[rows - 1]))  # in one row, not on the way
    near = (jump > _LEAST_JUMP_FRAC) & (level_off <= _LEVEL_OFF_FRAC * jump) & (step_off <= _STEP_OFF_FRAC * jump)
    hits = np.flatnonzero(near)
    seen = np.split(hits, np.flatnonzero(np.diff(hits) > window) + 1)  # one jump is seen from several rows
    best = np.array([run[np.argmin(step_off[run])] for run in seen if run.size], np.intp)
    return rows[best], level_off[best]


def _apart(one: npt.ArrayLike, other: npt.ArrayLike) -> FloatArray:
    """Return how far values lie apart, as a share of the larger: 0 to 1 where they have one sign."""
    first, second = np.asarray(one, float), np.asarray(other, float)
    return np.asarray(np.abs(first - second) / np.maximum(np.maximum(np.abs(first), np.abs(second)), _LEAST_LEVEL))


def _plausible(spell: FloatArray, rest: FloatArray, wrong: Conversion) -> bool:
    """Tell whether a wrong unit explains a spell: outside of the rest, at its level once turned back, and moving as it does.

    The larger the factor, the less of a coincidence it is, and the more the level itself may have moved.
    """
    low, high = np.quantile(rest, [0.01, 0.99])
    turned = wrong.back.of(spell)
    outside = np.mean((spell < low) | (spell > high)) > _NEARLY_ALL
    level, jump = (float(_apart(np.median(one), np.median(rest))) for one in (turned, spell))
    moves = [float(np.quantile(np.abs(np.diff(part)), 0.75)) if part.size > 1 else 0.0 for part in (turned, rest)]
    alike = 0.0 < max(moves) <= _MOST_MOVES_TIMES * min(moves)
    return bool(outside and alike and level <= _SAME_LEVEL * -np.log1p(-min(jump, _NEARLY_ONE)))
