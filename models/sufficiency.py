"""Whether history can teach what a model is asked, said by name before anything is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

MIN_SPAN = pd.Timedelta(days=3)
COMPONENT_SPAN = pd.Timedelta(days=1)  # a law with few parameters to correct
MAX_MISSING_FRAC = 0.3
LEAST_HOLD = pd.Timedelta(hours=1)  # that a setpoint must have spent elsewhere: less is an outlier, or still settling
_UNIT_SUFFIXES = {"degc": ("°C", 0.3), "frac": ("", 0.02), "lps": ("L/s", 0.1), "kw": ("kW", 0.5)}


@dataclass(frozen=True, slots=True)
class Sufficiency:
    """`missing` stops a fit; `unexcited` names setpoints whose effect cannot be learned."""

    missing: tuple[str, ...]
    unexcited: tuple[str, ...]

    @property
    def enough(self) -> bool:
        """Whether a model may be fitted at all."""
        return not self.missing


def check_history(
    frame: pd.DataFrame,
    needed: Sequence[str],
    setpoints: Sequence[str] = (),
    *,
    min_span: pd.Timedelta = MIN_SPAN,
    max_missing_frac: float = MAX_MISSING_FRAC,
) -> Sufficiency:
    """Check history before fitting.

    Parameters
    ----------
    frame
        Columns `equipment.quantity`, index UTC times.
    needed
        Columns that the fit cannot do without.
    setpoints
        Columns whose effect is to be learned: they must have moved.
    min_span
        Shortest time that the rows cover, from the beginning of the first to the end of the last.
    max_missing_frac
        Largest share of missing values in a needed column.
    """
    missing = [f"{name} is not in the history" for name in needed if name not in frame.columns]
    span = _covered(frame.index)
    if span < min_span:
        missing.append(f"history spans {_span(span)}, at least {_span(min_span)} are needed")
    for name in needed:
        share = float(frame[name].isna().mean()) if name in frame.columns and len(frame) else 0.0
        if share > max_missing_frac:
            missing.append(f"{name} is missing for {share:.0%} of the time")
    present = [name for name in setpoints if name in frame.columns]
    held = _rows_in(frame.index, LEAST_HOLD)
    still = [line for name in present if (line := _still(frame[name], span, held)) is not None]
    return Sufficiency(tuple(missing), tuple(still))


def _covered(times: pd.Index) -> pd.Timedelta:
    """Return the time that rows cover, each as long as the first: three days of quarters of an hour are 288 rows."""
    if len(times) < 2:  # one row does not say how long it is
        return pd.Timedelta(0)
    return pd.Timedelta(times[-1] - times[0] + (times[1] - times[0]))


def _rows_in(times: pd.Index, span: pd.Timedelta) -> int:
    """Return how many rows a span takes, at least one."""
    return max(1, round(span / (times[1] - times[0]))) if len(times) > 1 else 1


def held_range(values: FloatArray, held_rows: int) -> tuple[float, float]:
    """Return the lowest and highest value that a setpoint was at or beyond for so many rows, however long history is."""
    ordered = np.sort(values[np.isfinite(values)])
    place = min(held_rows, (ordered.size + 1) // 2) - 1
    return float(ordered[place]), float(ordered[-1 - place])


def least_change(quantity: str) -> float:
    """Return the least change of a setpoint [its unit] that counts as one."""
    return _UNIT_SUFFIXES.get(quantity.rpartition("_")[2], ("", 1e-6))[1]


def _still(column: pd.Series[float], span: pd.Timedelta, held_rows: int) -> str | None:
    """Return the sentence for a setpoint that never moved, else None."""
    values = column.dropna().to_numpy(float)
    if values.size == 0:
        return None
    equipment, _, quantity = str(column.name).rpartition(".")
    unit, _ = _UNIT_SUFFIXES.get(quantity.rpartition("_")[2], ("", 0.0))
    low, high = held_range(np.asarray(values), held_rows)
    if high - low >= least_change(quantity):
        return None
    value = f"{np.median(values):.3g} {unit}".strip()
    return f"{quantity} of {equipment} constant at {value} for {_span(span)}: its effect cannot be learned"


def _span(span: pd.Timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours / 24:.3g} days" if hours >= 24 else f"{hours:.3g} hours"
