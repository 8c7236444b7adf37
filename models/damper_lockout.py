"""How long dampers let outdoor air in: shut out at the edge of their envelope, it has to come some way inside it again."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from models import economizer
from models.airside import DEW_POINT_BAND_K, DRY_BULB_BAND_K, OutdoorAir

BoolArray = npt.NDArray[np.bool_]


class Envelope(Protocol):
    """Outdoor air that dampers let in."""

    @property
    def outdoor_max_degc(self) -> float:
        """Dry bulb."""
        ...

    @property
    def outdoor_dew_point_min_degc(self) -> float:
        """Lowest dew point."""
        ...

    @property
    def outdoor_dew_point_max_degc(self) -> float:
        """Highest dew point."""
        ...


def let_in(unit: Envelope, outdoor: OutdoorAir, *, open_now: bool) -> BoolArray:
    """Return when air comes in that dampers are told to let in, a step (T,).

    Parameters
    ----------
    unit
        The dampers' envelope.
    outdoor
        Outdoor air as it is expected, T steps in time order.
    open_now
        Whether they stand open before the first step.
    """
    at_edge, well_inside = (_within(unit, outdoor, part) for part in (0.0, 1.0))
    last_in = np.maximum.accumulate(np.where(well_inside, np.arange(at_edge.size), -1))
    last_out = np.maximum.accumulate(np.where(at_edge, -1, np.arange(at_edge.size)))
    began_in = open_now & (last_out < 0)
    return np.asarray(at_edge & ((last_in > last_out) | began_in))


def _within(unit: Envelope, outdoor: OutdoorAir, part: float) -> BoolArray:
    """Return where outdoor air is inside the envelope by a part of the bands."""
    return economizer.airside_allowed(
        outdoor.degc,
        outdoor.dew_point_degc,
        return_air_degc=unit.outdoor_max_degc - part * DRY_BULB_BAND_K,
        dew_point_min_degc=unit.outdoor_dew_point_min_degc + part * DEW_POINT_BAND_K,
        dew_point_max_degc=unit.outdoor_dew_point_max_degc - part * DEW_POINT_BAND_K,
    )
