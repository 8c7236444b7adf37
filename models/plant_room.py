"""What chillers, economizer, condenser pumps and towers or dry coolers have in common: the equipment and what it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models import economizer, pump
from models.answers import Correction
from models.cooling import Mode
from models.heat_exchanger import WATER_KJ_PER_LK, HeatExchanger
from models.nameplate import Chiller, Pump, WatersideEconomizer
from models.outside import OpenAir, Outside, Weather

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """What the chilled water asks of the plant room, and the weather, (n,).

    `pumped_lps` is what the pumps move: more than passes the plant room while a tank gives the rest. None: the same.
    """

    leaving_degc: FloatArray
    heat_kw: FloatArray
    flow_lps: FloatArray
    weather: Weather
    pumped_lps: FloatArray | None = None
    may_cycle: bool = False  # one chiller may run now and then, where dampers leave it little or nothing

    @property
    def moved_lps(self) -> FloatArray:
        """What the pumps move."""
        return self.flow_lps if self.pumped_lps is None else self.pumped_lps

    @property
    def return_degc(self) -> FloatArray:
        """Chilled water coming back."""
        return self.leaving_degc + self.heat_kw / (WATER_KJ_PER_LK * self.flow_lps)


@dataclass(frozen=True, slots=True, eq=False)
class Rejection:
    """Steady answer of the plant room, (n,).

    `fan_kw` and `fan_speed_frac` are those of towers or dry coolers; `rejected_kw` is what the condenser water takes. Where none
    flows, `condenser_water_degc` is NaN.
    """

    chiller_kw: FloatArray
    fan_kw: FloatArray
    condenser_pump_kw: FloatArray
    fan_speed_frac: FloatArray
    condenser_water_degc: FloatArray
    entering_condenser_degc: FloatArray
    part_load_frac: FloatArray
    economizer_kw: FloatArray
    rejected_kw: FloatArray
    makeup_lps: FloatArray
    pads_wet: BoolArray
    sink_degc: FloatArray
    fan_extrapolated: BoolArray
    chiller_extrapolated: BoolArray

    def chiller_drivers(self, leaving_degc: FloatArray) -> dict[str, FloatArray]:
        """Return what the correction of the chillers depends on beside their power."""
        return {
            "part_load_frac": self.part_load_frac,
            "leaving_water_degc": leaving_degc,
            "entering_condenser_degc": self.entering_condenser_degc,
        }


@dataclass(frozen=True, slots=True)
class PlantRoom:
    """Equipment in service; `chillers_installed` are those that the condenser pumps were sized for."""

    plant_id: str
    chillers: tuple[Chiller, ...]
    outside: Outside
    condenser_pump: Pump | None  # None: no condenser water
    economizer: WatersideEconomizer | None
    chillers_installed: int
    water_rise_k: float  # of the chilled water at rating
    corrections: Mapping[str, Correction] = field(default_factory=dict)

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

    def condenser_lps(self, mode: Mode, chillers: tuple[Chiller, ...]) -> float:
        """Return the condenser water that a mode and the chillers on take [L/s]."""
        if self.condenser_pump is None:
            return 0.0
        rated_lps = self.condenser_pump.rated_flow_lps
        for_economizer = 0.0 if mode is Mode.MECHANICAL else min(self.economizer_flow_lps, rated_lps)
        cooled_by_it = sum(not chiller.air_cooled for chiller in chillers)
        return max(for_economizer, rated_lps * cooled_by_it / max(self.chillers_installed, 1))

    def outside_at(self, condenser_lps: float) -> Outside:
        """Return what the condenser water meets outdoors; where none flows, the air."""
        return self.outside if condenser_lps > 0 else OpenAir()

    def condenser_pump_kw(self, flow_lps: npt.ArrayLike) -> FloatArray:
        """Return condenser pump power [kW]; none at no flow."""
        group, flow = self.condenser_pump, np.asarray(flow_lps, float)
        if group is None:
            return np.zeros_like(flow)
        power = pump.power_kw(flow / group.rated_flow_lps, group.rated_kw, group.static_head_frac)
        return np.where(flow > 0, power, 0.0)

    def corrected_kw(self, component: str, law_kw: FloatArray, drivers: Mapping[str, FloatArray]) -> FloatArray:
        """Return a component's power after its learned correction, any shape; the law's where there is none."""
        if component not in self.corrections:
            return law_kw
        flat = {name: np.broadcast_to(values, law_kw.shape).ravel() for name, values in drivers.items()}
        return self.corrections[component].corrected_kw(law_kw.ravel(), flat).reshape(law_kw.shape)
