"""Units of one kind teach each other: what is common is learned over their ratings, and each unit corrects it as its rows allow.

What a unit is taught comes from the others alone, so that its own rows can judge it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.component.learning import Taught, learn
from models.component.rows import MIN_ROWS, TrainingRows, training_rows
from models.component.screening import screen
from models.component.spread import Spread, conformal_spread
from models.prior_width import half_width_kw

FloatArray = npt.NDArray[np.float64]

_MOST_ROWS_A_UNIT = 20_000  # of a longer history every so many: a long one must not drown the others either


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One of several units of a kind.

    Attributes
    ----------
    rows, power_kw
        As `ComponentPower.fit` takes them; the drivers are the same for all units.
    rated_kw
        Power at its rating, by its nameplate: units are alike at the same share of it.
    """

    rows: pd.DataFrame
    power_kw: pd.Series[float]
    rated_kw: float


def taught_by_siblings(kind: str, units: Mapping[str, Unit]) -> dict[str, Taught]:
    """Return for each unit what the others teach it; units without a sibling that has rows are left out.

    Parameters
    ----------
    kind
        Name of the component, which selects how far its law is usually off.
    units
        All units of the kind, by name.
    """
    rows = {name: _per_rating(unit) for name, unit in units.items()}
    teachers = {name: own for name, own in rows.items() if len(own) >= MIN_ROWS}
    taught = {name: _taught(kind, [own for other, own in teachers.items() if other != name]) for name in teachers}
    found = {name: one for name, one in taught.items() if one is not None}
    common = _taught(kind, list(teachers.values()))
    if common is not None:
        spread = _widest([_transfer(one, teachers[name]) for name, one in found.items()]) or _of_law(kind)
        found |= {
            name: Taught(common.table, common.seen, spread, common.method) for name in rows if name not in teachers
        }
    return {name: one.scaled(units[name].rated_kw) for name, one in found.items()}


def _taught(kind: str, teachers: Sequence[TrainingRows]) -> Taught | None:
    return learn(kind, _together(teachers)) if teachers else None


def _per_rating(unit: Unit) -> TrainingRows:
    """Return what may teach, with law and power as shares of the rating."""
    columns = ["prior_kw", *(str(column) for column in unit.rows.columns if column != "prior_kw")]
    screened = screen(unit.rows[columns], unit.power_kw).rows
    per_rating = screened.assign(**{name: screened[name] / unit.rated_kw for name in ("prior_kw", "power_kw")})
    return training_rows(per_rating.iloc[:: len(screened) // _MOST_ROWS_A_UNIT + 1], columns)


def _together(teachers: Sequence[TrainingRows]) -> TrainingRows:
    """Return the rows of all in time order."""
    times = pd.DatetimeIndex(np.concatenate([rows.times.to_numpy() for rows in teachers]))
    order = np.argsort(times.to_numpy(), kind="stable")
    features = np.concatenate([rows.features for rows in teachers])
    power = np.concatenate([rows.power_kw for rows in teachers])
    return TrainingRows(times[order], features[order], power[order], teachers[0].drivers)


def _transfer(taught: Taught, own: TrainingRows) -> Spread:
    """Return how far off a unit is that has said nothing yet."""
    predicted = taught.table.power_kw(own.features)
    return conformal_spread(predicted, own.power_kw - predicted, own.looks)


def _widest(spreads: Sequence[Spread]) -> Spread | None:
    at_rating = np.ones(1)
    return max(spreads, key=lambda spread: float(spread.half_width_kw(at_rating)[0]), default=None)


def _of_law(kind: str) -> Spread:
    at_rating = np.ones(1)
    return Spread(0.0, float(half_width_kw(kind, at_rating, np.zeros(1, bool))[0]))
