"""Heat that a hall gives to the outdoors by its dampers, as much as they let through, and what relief fans take for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from tools.simulated_site.airside import SimulatedAirside
from tools.simulated_site.least_power.boxes import Box

SHARES = 8  # cells of outdoor air
TOLERANCE_K = 0.2  # of the envelope


@dataclass(frozen=True, slots=True, eq=False)
class OutdoorAir:
    """A hall's dampers in a step; shut ones let a little through."""

    airside: SimulatedAirside | None
    outdoor_degc: float
    is_open: bool
    uneven: float = 0.0  # how much more outdoor air than the mean the CRAH nearest to the dampers draws

    def options(self, moved_kwpk: float, hot_degc: FloatArray, heat_kw: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what dampers can do for a hall in a cell of airflow: power and heat removed, (options, supply cells).

        Parameters
        ----------
        moved_kwpk
            The most air that CRAHs move in the cell.
        hot_degc, heat_kw
            (supply cells,) Air that leaves, and heat that there is to remove.
        """
        if self.airside is None:
            return np.zeros((1, len(heat_kw))), np.zeros((1, len(heat_kw)))
        rated, least = self.airside.rated_kwpk, self.airside.economizer.min_outdoor_frac
        most = moved_kwpk / rated if self.is_open else min(least, moved_kwpk / rated)
        edges = np.linspace(0.0, min(most, 1.0), (SHARES if self.is_open else 1) + 1)
        power_kw = self.airside._rated_relief_kw * np.array(
            [self.airside._relief.power(share, 0.0) for share in edges[:-1].tolist()]
        )
        spread_k = np.maximum(hot_degc - self.outdoor_degc, 0.0)
        removed_kw = np.minimum((1.0 + self.uneven) * rated * edges[1:, None] * spread_k, heat_kw)
        return np.broadcast_to(power_kw[:, None], removed_kw.shape), removed_kw


NO_OUTDOOR_AIR = OutdoorAir(None, 0.0, False)


def outdoor_air(airside: SimulatedAirside | None, uneven: float, box: Box, step_degc: float) -> OutdoorAir:
    """Return a hall's dampers in a step's weather, its temperature rounded down to steps; open where any of it lets them."""
    if airside is None:
        return NO_OUTDOOR_AIR
    one = airside.economizer
    inside = (
        box.dry_low_degc <= one.outdoor_max_degc + TOLERANCE_K
        and box.dew_low_degc <= one.outdoor_dew_point_max_degc + TOLERANCE_K
        and box.dew_high_degc >= one.outdoor_dew_point_min_degc - TOLERANCE_K
    )
    return OutdoorAir(airside, step_degc * np.floor(box.dry_low_degc / step_degc), bool(inside), uneven)
