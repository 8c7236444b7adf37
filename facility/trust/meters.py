"""Power and apparent power of each device against what its lines carry: V x I and the power factor."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from facility.records import FloatArray
from facility.site_file import LoadedSite
from facility.trust.alike import Group, both
from facility.trust.electrical import Meter, meter_kva, meters_of

LEAST_KVA = 0.3  # below it the steps of the registers are too coarse


def meters(loaded: LoadedSite, frame: pd.DataFrame) -> Iterator[Group]:
    """Yield each device's power and apparent power, where two other ways to them agree that they are wrong."""
    for meter in meters_of(loaded):
        residual = _residual(frame, meter)
        if residual is not None:
            yield Group(residual, 0.12, 0.1, "of it", f"its lines and power factor on {meter.name}")


def _residual(frame: pd.DataFrame, meter: Meter) -> pd.DataFrame | None:
    lines_kva = meter_kva(frame, meter)
    if lines_kva is None or meter.power is None or meter.apparent is None or meter.factor is None:
        return None  # two witnesses are needed to say which of three is wrong
    power, apparent, factor = (frame[point].to_numpy(float) for point in (meter.power, meter.apparent, meter.factor))
    lines, factor = np.where(lines_kva > LEAST_KVA, lines_kva, np.nan), np.abs(factor)
    by_apparent = _log_ratio(power, apparent * factor)
    by_lines = _log_ratio(power, lines * factor), _log_ratio(apparent, lines)
    return both(*(_of_points(frame, meter, one) for one in (by_lines, (by_apparent, -by_apparent))))


def _of_points(frame: pd.DataFrame, meter: Meter, values: tuple[FloatArray, FloatArray]) -> pd.DataFrame:
    return pd.DataFrame(np.column_stack(values), index=frame.index, columns=[meter.power, meter.apparent])


def _log_ratio(measured: FloatArray, expected: FloatArray) -> FloatArray:
    """Return the logarithm of a ratio about its median: conventions of V and I cancel out."""
    there = (measured > 0) & (expected > 0)
    log = np.log(np.where(there, measured, np.nan) / np.where(there, expected, 1.0))
    past = log[: max(len(log) // 2, 1)]
    known = past[np.isfinite(past)]
    return np.asarray(log - (np.median(known) if known.size else np.nan))
