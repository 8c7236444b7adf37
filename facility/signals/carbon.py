"""Grid carbon intensity: a constant, a file, or what a provider publishes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from facility.errors import SignalError
from facility.records import FloatArray
from facility.signals.series_file import held_values, read_series_file
from facility.site import Carbon

# From hydro to old lignite; anything beyond is a unit error (kg or lb for g), which typed-in data often has.
PLAUSIBLE_GCO2_PER_KWH = (0.0, 2000.0)


def carbon_intensities(carbon: Carbon, times: pd.DatetimeIndex, folder: Path) -> FloatArray:
    """Return gCO2 per kWh in force at each time.

    Raises
    ------
    facility.errors.SignalError
        If the file is missing, wrong, ends too early, or holds values no grid has; if intensities come from a provider: what it
        published stands in the archive (`facility.signals.outlook`, `facility.signals.past`).
    """
    if carbon.intensity_source is not None:
        label = carbon.intensity_source.label
        raise SignalError(f"carbon intensities are those of {label}; they stand in the archive of what was fetched")
    if carbon.intensity_file is None:
        return np.full(len(times), carbon.gco2_per_kwh)
    path = folder / carbon.intensity_file
    values = held_values(read_series_file(path, ["gco2_per_kwh"]), "gco2_per_kwh", times, str(path))
    low, high = PLAUSIBLE_GCO2_PER_KWH
    if (values < low).any() or (values > high).any():
        raise SignalError(f"{path}: gco2_per_kwh outside {low:.0f}..{high:.0f}; is the unit g per kWh?")
    return values
