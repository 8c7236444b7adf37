"""Power and apparent power of each device against what its lines carry: V x I and the power factor."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from facility.site_file import LoadedSite
from facility.trust.alike import Group, both
from facility.trust.electrical import Meter, meter_kva, meters_of, power_factor

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
    lines_kva = lines_kva.where(lines_kva > LEAST_KVA)
    factor = power_factor(frame, meter)
    power, apparent = frame[meter.power], frame[meter.apparent]
    by_apparent = _log_ratio(power, apparent * factor)
    witnesses = {meter.power: by_apparent, meter.apparent: -by_apparent}
    by_lines = {meter.power: _log_ratio(power, lines_kva * factor), meter.apparent: _log_ratio(apparent, lines_kva)}
    return both(pd.DataFrame(by_lines), pd.DataFrame(witnesses))


def _log_ratio(measured: pd.Series, expected: pd.Series) -> pd.Series:
    """Return the logarithm of a ratio about its median: conventions of V and I cancel out."""
    ratio = (measured / expected).where((measured > 0) & (expected > 0))
    log = pd.Series(np.log(ratio.to_numpy(float)), index=ratio.index)
    return log - log.iloc[: max(len(log) // 2, 1)].median()
