"""Rows of a whole site, held to the energy balance: IT, the metered parts of the overhead, and what is left at the meter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

FACILITY, IT, REST = "facility_kw", "it_kw", "rest_kw"
WEATHER = ("outdoor_degc", "wet_bulb_degc", "dew_point_degc")
CLOSES_WITHIN_FRAC = 0.02  # of the meter: class 1 meters on either side, read within seconds of each other


@dataclass(frozen=True, slots=True, eq=False)
class SiteRows:
    """Whole rows whose parts fit into the whole, and a sentence for each reason why others were left out.

    Attributes
    ----------
    table
        Index UTC times. Columns `it_kw`, the conditions, the parts, `rest_kw` and `facility_kw`, without gaps; IT, parts and
        rest add up to the facility.
    parts
        Names of the parts, `rest_kw` last.
    conditions
        What power may depend on beside IT power: weather, and setpoints where given.
    left_out
        Why rows were left out, with their number.
    """

    table: pd.DataFrame
    parts: tuple[str, ...]
    conditions: tuple[str, ...]
    left_out: tuple[str, ...]

    @property
    def overhead_kw(self) -> pd.Series[float]:
        """Facility less IT power."""
        return self.table[FACILITY] - self.table[IT]


def site_rows(frame: pd.DataFrame, parts: Sequence[str], conditions: Sequence[str]) -> SiteRows:
    """Return the rows of a frame that can be believed as a whole.

    Parameters
    ----------
    frame
        Steps of equal length, index UTC times, NaN for gaps; columns `facility_kw`, `it_kw`, parts and conditions.
    parts
        Columns of metered parts of the overhead [kW].
    conditions
        Columns of weather [degC] and setpoints.

    Raises
    ------
    KeyError
        If a column is not there.
    """
    asked = [FACILITY, IT, *parts, *conditions]
    table = frame[asked]
    gaps = table.isna()
    whole = table[~gaps.any(axis=1)]
    reasons = _gap_reasons(gaps)
    idle = whole[IT] <= 0
    rest = whole[FACILITY] - whole[[IT, *parts]].sum(axis=1)
    broken = ~idle & (rest < -CLOSES_WITHIN_FRAC * whole[FACILITY])
    if idle.any():
        reasons.append(f"no IT power in {idle.sum()} rows")
    if broken.any():
        worst = float(rest[broken].min())
        reasons.append(f"IT and parts exceed the meter in {broken.sum()} rows, by up to {-worst:.3g} kW")
    kept = whole.assign(**{REST: rest})[~idle & ~broken]
    return SiteRows(kept, (*parts, REST), tuple(conditions), tuple(reasons))


def _gap_reasons(gaps: pd.DataFrame) -> list[str]:
    """Return one sentence for all rows with gaps, the columns that are missing most often first."""
    missing = gaps.sum().sort_values(ascending=False)
    named = ", ".join(f"{column} in {count}" for column, count in missing.items() if count)
    return [f"{gaps.any(axis=1).sum()} of {len(gaps)} rows have gaps: {named}"] if named else []


def without_still(rows: SiteRows) -> tuple[SiteRows, tuple[str, ...]]:
    """Return the rows without the conditions that stood still, and those: what never moved explains nothing."""
    still = tuple(name for name in rows.conditions if rows.table[name].max() - rows.table[name].min() <= 0)
    return replace(rows, conditions=tuple(name for name in rows.conditions if name not in still)), still
