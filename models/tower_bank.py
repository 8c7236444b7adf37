"""The towers of a plant as one, behind the face of `models.outside`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from models import economizer, fan, tower
from models.heat_exchanger import WATER_KJ_PER_LK
from models.nameplate import Tower
from models.outside import FAN_TRIALS, Weather

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Towers:
    """All cells as one (`models.nameplate.group_towers`), at `cycles` of concentration; implements `models.outside.Outside`."""

    cells: Tower
    cycles: float = 3.0
    component: ClassVar[str] = "tower"
    sink: ClassVar[str] = "wet_bulb_degc"
    pads_on: ClassVar[bool] = False
    coldest_degc: ClassVar[float] = economizer.FROST_BASIN_DEGC

    @property
    def fan_speeds(self) -> FloatArray:
        """Fan speeds to try [-]."""
        return np.linspace(self.cells.min_fan_speed_frac, 1.0, FAN_TRIALS)

    def reached_degc(
        self, speed_frac: FloatArray, flow_lps: npt.ArrayLike, weather: Weather
    ) -> Callable[[FloatArray], FloatArray]:
        """Return the water that the towers reach [degC]; cells are shut rather than run drier than the correlation knows."""
        ratio = np.maximum(self._flow_ratio(flow_lps), tower.WATER_RATIO_RANGE[0])
        at_range = tower.leaving_water_degc(speed_frac, ratio, weather.wet_bulb_degc)
        kw_per_k = WATER_KJ_PER_LK * np.asarray(flow_lps, float)
        return lambda rejected_kw: at_range(rejected_kw / kw_per_k)

    def fan_kw(self, speed_frac: FloatArray, flow_lps: npt.ArrayLike) -> FloatArray:
        """Return fan power of the wet cells [kW]."""
        wet_share = np.minimum(1.0, self._flow_ratio(flow_lps) / tower.WATER_RATIO_RANGE[0])
        return fan.power_kw(speed_frac, self.cells.rated_fan_kw * wet_share)

    def makeup_lps(
        self, _speed_frac: FloatArray, flow_lps: float, _weather: Weather, rejected_kw: FloatArray
    ) -> FloatArray:
        """Return evaporation, blow-down and drift [L/s]."""
        return tower.makeup_lps(rejected_kw, flow_lps, cycles=self.cycles)

    def sink_degc(self, weather: Weather) -> FloatArray:
        """Return the wet bulb."""
        return weather.wet_bulb_degc

    def extrapolated(self, flow_lps: float, weather: Weather, rejected_kw: FloatArray) -> BoolArray:
        """Return where the tower correlation does not reach."""
        ratio = np.maximum(self._flow_ratio(flow_lps), tower.WATER_RATIO_RANGE[0])
        return tower.extrapolated(ratio, weather.wet_bulb_degc, rejected_kw / (WATER_KJ_PER_LK * flow_lps))

    def _flow_ratio(self, flow_lps: npt.ArrayLike) -> FloatArray:
        return np.asarray(flow_lps, float) / tower.design_flow_lps(self.cells.rated_rejection_kw)
