"""The dry coolers of a plant as one, dry or behind wet pads, behind the face of `models.outside`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from models import dry_cooler, fan
from models.crossflow import CrossflowExchanger
from models.heat_exchanger import WATER_KJ_PER_LK
from models.nameplate import DryCooler
from models.outside import FAN_TRIALS, Weather

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class DryCoolers:
    """All coolers as one (`models.nameplate.group_dry_coolers`); implements `models.outside.Outside`.

    Attributes
    ----------
    cooler
        The coolers.
    wetted_frac
        Share of the pads, or of the time, that water runs over them where the air is warm enough [-], a number or (n,).
    cycles
        Cycles of concentration of the pads' water.
    """

    cooler: DryCooler
    wetted_frac: float | FloatArray = 0.0
    cycles: float = 3.0
    component: ClassVar[str] = "dry_cooler"
    sink: ClassVar[str] = "air_on_coil_degc"

    @property
    def pads_on(self) -> bool:
        """Whether water runs over pads."""
        return bool(np.any(np.asarray(self.wetted_frac) > 0))

    @property
    def fan_speeds(self) -> FloatArray:
        """Fan speeds to try [-]."""
        return np.linspace(self.cooler.min_fan_speed_frac, 1.0, FAN_TRIALS)

    @property
    def coldest_degc(self) -> float:
        """Coldest fluid: near frost, or where glycol grows thick."""
        return dry_cooler.GLYCOL_LEAVING_DEGC if self.cooler.glycol else dry_cooler.FROST_LEAVING_DEGC

    @property
    def _fluid_kj_per_lk(self) -> float:
        return dry_cooler.GLYCOL_KJ_PER_LK if self.cooler.glycol else WATER_KJ_PER_LK

    @property
    def _used_frac(self) -> FloatArray:
        return np.asarray(self.wetted_frac * self.cooler.adiabatic_effectiveness_frac)

    @property
    def _exchanger(self) -> CrossflowExchanger:
        plate = self.cooler
        return dry_cooler.rated_exchanger(
            plate.rated_rejection_kw, plate.rated_approach_k, plate.rated_flow_lps, self._fluid_kj_per_lk
        )

    def reached_degc(
        self, speed_frac: FloatArray, flow_lps: npt.ArrayLike, weather: Weather
    ) -> Callable[[FloatArray], FloatArray]:
        """Return the fluid that the coolers reach [degC]."""
        flow = np.asarray(flow_lps, float)
        air_degc, flow_frac = self.sink_degc(weather), flow / self.cooler.rated_flow_lps
        kw_per_k = self._fluid_kj_per_lk * flow

        def reached(rejected_kw: FloatArray) -> FloatArray:
            return dry_cooler.leaving_degc(self._exchanger, rejected_kw / kw_per_k, air_degc, speed_frac, flow_frac)

        return reached

    def fan_kw(self, speed_frac: FloatArray, _flow_lps: npt.ArrayLike) -> FloatArray:
        """Return fan power [kW]."""
        return fan.power_kw(speed_frac, self.cooler.rated_fan_kw)

    def makeup_lps(
        self, speed_frac: FloatArray, _flow_lps: float, weather: Weather, _rejected_kw: FloatArray
    ) -> FloatArray:
        """Return what wet pads take [L/s]; nothing while they are dry."""
        plate = self.cooler
        if not self.pads_on:
            return np.zeros_like(speed_frac)
        range_k = plate.rated_rejection_kw / (self._fluid_kj_per_lk * plate.rated_flow_lps)
        rated_m3ps = dry_cooler.rated_airflow_m3ps(plate.rated_rejection_kw, plate.rated_approach_k, range_k)
        return dry_cooler.pad_water_lps(
            rated_m3ps * speed_frac,
            weather.outdoor_degc,
            weather.wet_bulb_degc,
            self._used_frac,
            cycles=self.cycles,
            off_below_degc=plate.adiabatic_min_outdoor_degc,
        )

    def extrapolated(self, _flow_lps: float, _weather: Weather, rejected_kw: FloatArray) -> BoolArray:
        """Return False: a law of exchangers has no range."""
        return np.zeros(rejected_kw.shape, bool)

    def sink_degc(self, weather: Weather) -> FloatArray:
        """Return the air at the coil [degC]: outdoor air, or what wet pads make of it."""
        return dry_cooler.air_on_coil_degc(
            weather.outdoor_degc, weather.wet_bulb_degc, self._used_frac, self.cooler.adiabatic_min_outdoor_degc
        )

    def may_wet(self, weather: Weather) -> BoolArray:
        """Return where its pads, if it has any, may be wet, (n,)."""
        warm = dry_cooler.pads_wet(weather.outdoor_degc, self.cooler.adiabatic_min_outdoor_degc)
        return warm & (self.cooler.adiabatic_effectiveness_frac > 0)
