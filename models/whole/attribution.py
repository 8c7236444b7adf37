"""Why a power ratio changed between two periods: weather, load, setpoints, equipment, and what stays unexplained.

A site is learned on the first period, setpoints among its conditions, and asked what it would have drawn under the conditions of
the second. What weather, load and setpoints each explain is their Shapley value: the mean of what changing one adds, over all
orders of changing the three, so that the order of telling does not decide and nothing is lost. What the learned site does not
explain belongs to the equipment whose meter shows it, and where no meter does, to nobody: that is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.whole.as_operated import AsOperated, fit_as_operated
from models.whole.site_rows import FACILITY, IT, REST, SiteRows, without_still

FloatArray = npt.NDArray[np.float64]

WEATHER, LOAD, SETPOINTS = "weather", "load", "setpoints"
UNEXPLAINED = "unexplained"
HOURS = "hours measured"  # whole days without gaps have all hours alike, and this is then nothing
_FOLDS = 5
_Z90 = 1.645


@dataclass(frozen=True, slots=True)
class Attribution:
    """A change of the ratio of facility to IT energy, and its causes, which add up to it.

    Attributes
    ----------
    before, after
        Measured ratios of the periods.
    causes
        By `weather`, `load`, `setpoints`, each metered part of the overhead (its equipment), `unexplained`, and `hours measured`:
        what comes of one period holding other hours of the day than the other.
    half_width
        Half of the 90 % interval of what the learned site explains, from days it had not seen: a cause of equipment or
        unexplained that is smaller is not distinguishable from nothing.
    unseen_frac
        Share of the second period under conditions that the first did not have: there the learned site extrapolates.
    silent
        Conditions that never moved in the first period and stand elsewhere in the second: what they did cannot be told from
        what equipment did.
    """

    before: float
    after: float
    causes: Mapping[str, float]
    half_width: float
    unseen_frac: float
    silent: tuple[str, ...] = ()

    @property
    def change(self) -> float:
        """After less before."""
        return self.after - self.before


def attribute(before: SiteRows, after: SiteRows, groups: Mapping[str, Sequence[str]]) -> Attribution:
    """Return why the ratio changed.

    Parameters
    ----------
    before, after
        Rows of both periods with the same parts and conditions.
    groups
        Conditions by cause: which are `weather`, which `setpoints`. IT power is the `load`.

    Raises
    ------
    models.whole.as_operated.ThinRowsError
        If the first period has too few rows.
    """
    before, still = without_still(before)
    site = fit_as_operated(before, half_life_days=np.inf)
    told = {name: [one for one in conditions if one not in still] for name, conditions in groups.items()}
    shares = _shapley(site, before.table, after.table, {LOAD: (IT,), **told})
    for part in before.parts:
        name = UNEXPLAINED if part == REST else part
        shares[name] = _missed(site, after.table, part) - _missed(site, before.table, part)
    change = _ratio(after.table) - _ratio(before.table)
    shares[HOURS] = change - sum(shares.values())
    return Attribution(
        before=_ratio(before.table),
        after=_ratio(after.table),
        causes=shares,
        half_width=_half_width(before, days=_days(after.table)),
        unseen_frac=float(site.unseen(after.table).mean()),
        silent=tuple(name for name in still if after.table[name].iloc[0] != before.table[name].iloc[0]),
    )


def _ratio(table: pd.DataFrame) -> float:
    return float(table[FACILITY].sum() / table[IT].sum())


def _missed(site: AsOperated, table: pd.DataFrame, part: str) -> float:
    """Return what a part drew beyond what the learned site gives it, over IT energy."""
    return float((table[part].to_numpy(float) - site.parts_kw(table)[part]).sum() / table[IT].sum())


def _shapley(
    site: AsOperated, before: pd.DataFrame, after: pd.DataFrame, groups: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """Return the Shapley value of each group of conditions for the modelled ratio."""
    first, second = _paired(before, after)
    worth = {
        changed: _modelled(site, first, second, [column for name in changed for column in groups[name]])
        for size in range(len(groups) + 1)
        for changed in map(frozenset, combinations(groups, size))
    }
    count = len(groups)
    shares = dict.fromkeys(groups, 0.0)
    for changed, value in worth.items():
        for name in groups:
            if name not in changed:
                orders = factorial(len(changed)) * factorial(count - len(changed) - 1) / factorial(count)
                shares[name] += orders * (worth[changed | {name}] - value)
    return shares


def _modelled(site: AsOperated, first: pd.DataFrame, second: pd.DataFrame, changed: Sequence[str]) -> float:
    mixed = first.assign(**{column: second[column].to_numpy(float) for column in changed})
    parts_kw = sum(site.parts_kw(mixed).values(), np.zeros(len(mixed)))
    return 1.0 + float(parts_kw.sum() / mixed[IT].sum())


def _paired(before: pd.DataFrame, after: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return every row of both periods once or more, paired at the same hour of the day, in order of the days.

    Load and weather follow the hour: paired at random, a mixed row would hold a noon's load on a midnight's air.
    """
    left, right = [], []
    hours = [pd.DatetimeIndex(table.index).hour for table in (before, after)]
    for hour in range(24):
        one, other = np.flatnonzero(hours[0] == hour), np.flatnonzero(hours[1] == hour)
        if one.size and other.size:
            size = max(one.size, other.size)
            left.append(one[np.arange(size) * one.size // size])
            right.append(other[np.arange(size) * other.size // size])
    return before.iloc[np.concatenate(left)], after.iloc[np.concatenate(right)]


def _days(table: pd.DataFrame) -> float:
    return max(1.0, float(pd.DatetimeIndex(table.index).normalize().nunique()))


def _half_width(rows: SiteRows, days: float) -> float:
    """Return what the learned site is off by over so many days, from days of the first period left out in blocks."""
    table = rows.table
    day = pd.DatetimeIndex(table.index).normalize()
    block = np.minimum(np.arange(day.nunique()) * _FOLDS // max(day.nunique(), 1), _FOLDS - 1)
    fold = block[day.factorize()[0]]
    missed = np.full(len(table), np.nan)
    for one in range(_FOLDS):
        held = fold == one
        if held.any() and (~held).any():
            rest = SiteRows(table[~held], rows.parts, rows.conditions, rows.left_out)
            site = fit_as_operated(rest, half_life_days=np.inf)
            missed[held] = (table[FACILITY] - table[IT]).to_numpy(float)[held] - site.overhead_kw(table[held])
    daily = (pd.Series(missed, index=table.index).groupby(day).sum() / table[IT].groupby(day).sum()).dropna()
    if len(daily) < 3:
        return float("nan")
    kept = float(np.clip(daily.autocorr(1), 0.0, 0.9)) if daily.std() > 0 else 0.0
    independent = max(1.0, days * (1 - kept) / (1 + kept))  # days that resemble each other teach less
    return float(_Z90 * np.sqrt(np.mean(daily**2) / independent))
