"""What a chiller's own protection allows: surge, evaporator flow, condenser and leaving water, starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.chiller_curves import CENTRIFUGAL, ChillerCurves

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ChillerLimits:
    """Limits of one chiller; makers state them, the defaults are common ones.

    Attributes
    ----------
    min_part_load_frac
        Least part load at any lift [-]: unloading mechanism, oil return.
    surge_part_load_frac
        Part load at which a centrifugal compressor surges at rated lift [-]; 0 for screws and scrolls, which do not.
    min_evaporator_flow_frac, max_evaporator_flow_frac
        Evaporator flow over rated flow [-]: freezing and laminar flow below, erosion of the tubes above.
    max_flow_change_frac_per_min
        Fastest change of the evaporator flow, of rated flow [1/min].
    min_entering_condenser_degc
        Colder water gives too little refrigerant head to feed valves and return oil.
    max_leaving_degc
        Warmest leaving water: motor cooling and evaporating pressure.
    max_starts_per_h, restart_min
        Starts an hour, and minutes from a stop to the next start.
    """

    min_part_load_frac: float = 0.1
    surge_part_load_frac: float = 0.4
    min_evaporator_flow_frac: float = 0.35
    max_evaporator_flow_frac: float = 1.5
    max_flow_change_frac_per_min: float = 0.3
    min_entering_condenser_degc: float = 16.0
    max_leaving_degc: float = 22.0
    max_starts_per_h: float = 4.0
    restart_min: float = 5.0

    def least_part_load_frac(
        self, leaving_degc: npt.ArrayLike, entering_degc: npt.ArrayLike, curves: ChillerCurves = CENTRIFUGAL
    ) -> FloatArray:
        """Return the least part load [-] without surge or cycling at leaving and entering condenser water [degC].

        The head an impeller holds goes with the square of its speed and the flow at which it stalls with the speed: the surging
        load goes with the square root of the lift.

        References
        ----------
        ASHRAE Handbook, HVAC Systems and Equipment, compressors: surge of centrifugal compressors and its affinity.
        """
        ratio = curves.lift_k(leaving_degc, entering_degc) / curves.lift_k(*curves.rated_degc)
        least: FloatArray = np.maximum(self.surge_part_load_frac * np.sqrt(ratio), self.min_part_load_frac)
        return least

    def may_run(
        self, leaving_degc: npt.ArrayLike, entering_degc: npt.ArrayLike, evaporator_flow_frac: npt.ArrayLike
    ) -> BoolArray:
        """Return where temperatures [degC] and evaporator flow over rated flow [-] are within limits."""
        flow = np.asarray(evaporator_flow_frac, float)
        allowed: BoolArray = (
            (flow >= self.min_evaporator_flow_frac)
            & (flow <= self.max_evaporator_flow_frac)
            & (np.asarray(entering_degc, float) >= self.min_entering_condenser_degc)
            & (np.asarray(leaving_degc, float) <= self.max_leaving_degc)
        )
        return allowed

    def may_start(self, minutes_since_stop: npt.ArrayLike, starts_last_h: npt.ArrayLike) -> BoolArray:
        """Return where a stopped chiller may start again."""
        rested: BoolArray = np.asarray(minutes_since_stop, float) >= self.restart_min
        return rested & (np.asarray(starts_last_h, float) < self.max_starts_per_h)
