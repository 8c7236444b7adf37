"""What chillers, economizer, condenser pumps and towers have in common: the shared equipment and what it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models import economizer, fan, pump, tower
from models.answers import Correction
from models.heat_exchanger import WATER_KJ_PER_LK, HeatExchanger
from models.nameplate import Chiller, Pump, Tower, WatersideEconomizer, group_towers

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_FAN_TRIALS = 11


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """What the chilled water asks of the plant room, (n,)."""

    leaving_degc: float
    heat_kw: FloatArray
    flow_lps: FloatArray
    wet_bulb_degc: FloatArray

    @property
    def return_degc(self) -> FloatArray:
        """Chilled water coming back."""
        return self.leaving_degc + self.heat_kw / (WATER_KJ_PER_LK * self.flow_lps)


@dataclass(frozen=True, slots=True, eq=False)
class Rejection:
    """Steady answer of the plant room, (n,)."""

    chiller_kw: FloatArray
    tower_kw: FloatArray
    condenser_pump_kw: FloatArray
    tower_speed_frac: FloatArray
    condenser_water_degc: FloatArray
    entering_condenser_degc: FloatArray
    part_load_frac: FloatArray
    economizer_kw: FloatArray
    rejected_kw: FloatArray
    condenser_flow_lps: float
    tower_extrapolated: BoolArray
    chiller_extrapolated: BoolArray


@dataclass(frozen=True, slots=True)
class PlantRoom:
    """Equipment in service; `chillers_installed` are those that the condenser pumps were sized for."""

    plant_id: str
    chillers: tuple[Chiller, ...]
    towers: tuple[Tower, ...]
    condenser_pump: Pump
    economizer: WatersideEconomizer | None
    chillers_installed: int
    water_rise_k: float  # of the chilled water at rating
    corrections: Mapping[str, Correction] = field(default_factory=dict)

    @property
    def cells(self) -> Tower:
        """Its towers as one."""
        return group_towers(self.towers)

    @property
    def fan_speeds(self) -> FloatArray:
        """Tower fan speeds to try [-]."""
        return np.linspace(self.cells.min_fan_speed_frac, 1.0, _FAN_TRIALS)

    @property
    def economizer_flow_lps(self) -> float:
        """Rated flow of either side of the economizer."""
        rated_kw = self.economizer.rated_kw if self.economizer else 0.0
        return rated_kw / (WATER_KJ_PER_LK * self.water_rise_k)

    @property
    def economizer_exchanger(self) -> HeatExchanger:
        """The economizer's exchanger."""
        if self.economizer is None:
            raise ValueError(f"{self.plant_id} has no waterside economizer")
        return economizer.rated_exchanger(
            self.economizer.rated_kw, self.economizer.approach_k, self.economizer_flow_lps
        )

    def tower_water_degc(
        self, speed_frac: FloatArray, condenser_lps: float, wet_bulb_degc: FloatArray, rejected_kw: FloatArray
    ) -> FloatArray:
        """Return the water that the towers reach [degC]: rows along the first axis, fan speeds along the second.

        Cells are shut rather than run drier than the correlation knows.
        """
        ratio = max(self._flow_ratio(condenser_lps), tower.WATER_RATIO_RANGE[0])
        range_k = rejected_kw / (WATER_KJ_PER_LK * condenser_lps)
        return tower.leaving_water_degc(speed_frac, ratio, wet_bulb_degc[:, None], range_k)

    def tower_kw(self, speed_frac: FloatArray, condenser_lps: float) -> FloatArray:
        """Return fan power of the wet cells [kW]."""
        wet_share = min(1.0, self._flow_ratio(condenser_lps) / tower.WATER_RATIO_RANGE[0])
        return fan.power_kw(speed_frac, self.cells.rated_fan_kw * wet_share)

    def tower_extrapolated(self, condenser_lps: float, wet_bulb_degc: FloatArray, rejected_kw: FloatArray) -> BoolArray:
        """Return where the tower correlation does not reach."""
        ratio = max(self._flow_ratio(condenser_lps), tower.WATER_RATIO_RANGE[0])
        return tower.extrapolated(ratio, wet_bulb_degc, rejected_kw / (WATER_KJ_PER_LK * condenser_lps))

    def condenser_pump_kw(self, flow_lps: npt.ArrayLike) -> FloatArray:
        """Return condenser pump power [kW]."""
        group = self.condenser_pump
        return pump.power_kw(np.asarray(flow_lps, float) / group.rated_flow_lps, group.rated_kw, group.static_head_frac)

    def corrected_kw(self, component: str, law_kw: FloatArray, drivers: Mapping[str, FloatArray]) -> FloatArray:
        """Return a component's power after its learned correction, any shape; the law's where there is none."""
        if component not in self.corrections:
            return law_kw
        flat = {name: np.broadcast_to(values, law_kw.shape).ravel() for name, values in drivers.items()}
        power, _, _ = self.corrections[component].correct(law_kw.ravel(), flat)
        return power.reshape(law_kw.shape)

    def _flow_ratio(self, condenser_lps: float) -> float:
        return condenser_lps / tower.design_flow_lps(self.cells.rated_rejection_kw)
