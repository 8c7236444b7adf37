"""Nameplates: what is known of a plant before the first reading. Field names and units are those of the site file.

Only units in service are listed: a locked-out CRAH or chiller is simply left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from models.air_cooled_chiller import AIR_COOLED
from models.chiller_curves import ChillerCurves, Kind, of_kind


@dataclass(frozen=True, slots=True)
class Crah:
    """A computer-room air handler; `coil_effectiveness` is that of the air side at rated flows."""

    id: str
    rated_airflow_m3ps: float
    rated_fan_kw: float
    rated_cooling_kw: float
    coil_effectiveness: float = 0.65
    min_fan_speed_frac: float = 0.4
    supply_air_min_degc: float = 16.0
    supply_air_max_degc: float = 27.0


@dataclass(frozen=True, slots=True)
class Cdu:
    """A coolant distribution unit; `approach_k` is secondary minus primary supply at rated heat."""

    id: str
    rated_heat_kw: float
    rated_flow_lps: float
    rated_pump_kw: float
    approach_k: float = 4.0
    min_flow_frac: float = 0.4


@dataclass(frozen=True, slots=True)
class LiquidLoop:
    """A technology loop with its CDUs; `dew_point_degc` is the highest room dew point to stay clear of.

    `supply_max_degc` is the servers' limit, `setpoint_max_degc` what may be set.
    """

    id: str
    cdus: tuple[Cdu, ...]
    supply_min_degc: float = 18.0
    supply_max_degc: float = 40.0
    setpoint_max_degc: float = math.inf
    dew_point_margin_k: float = 2.0
    dew_point_degc: float = 15.0

    @property
    def supply_floor_degc(self) -> float:
        """Coldest secondary supply allowed: the makers' minimum, or the dew point with its margin."""
        return max(self.supply_min_degc, self.dew_point_degc + self.dew_point_margin_k)


@dataclass(frozen=True, slots=True)
class Chiller:
    """A chiller.

    Water-cooled: rated at 6.67 degC leaving chilled and 29.4 degC entering condenser water, warm_water at 18 / 30. Air-cooled: at
    7 degC leaving water and 35 degC outdoors, its fans included; what enters its condenser is outdoor air.
    """

    id: str
    rated_cooling_kw: float
    rated_cop: float = 5.5
    min_part_load_frac: float = 0.2
    min_entering_condenser_degc: float = 16.0
    kind: Kind = "centrifugal"
    condenser: Literal["water", "air"] = "water"
    max_leaving_water_degc: float = 22.0

    @property
    def curves(self) -> ChillerCurves:
        """The published curves of its kind."""
        return AIR_COOLED if self.air_cooled else of_kind(self.kind)

    @property
    def air_cooled(self) -> bool:
        """Whether outdoor air takes its heat."""
        return self.condenser == "air"


@dataclass(frozen=True, slots=True)
class Tower:
    """A cooling tower, rated at 25.6 degC wet bulb, 5.6 K range and 3.9 K approach."""

    id: str
    rated_rejection_kw: float
    rated_fan_kw: float
    rated_flow_lps: float
    min_fan_speed_frac: float = 0.2


@dataclass(frozen=True, slots=True)
class DryCooler:
    """A dry cooler; `rated_approach_k` is leaving fluid minus outdoor air at rated rejection, flow and fan speed."""

    id: str
    rated_rejection_kw: float
    rated_fan_kw: float
    rated_flow_lps: float
    rated_approach_k: float = 5.0
    min_fan_speed_frac: float = 0.15
    adiabatic_effectiveness_frac: float = 0.0  # of its pads; 0: it has none
    adiabatic_min_outdoor_degc: float = 4.0
    glycol: bool = True


@dataclass(frozen=True, slots=True)
class Pump:
    """A pump group; `static_head_frac` is the head that flow does not lower."""

    id: str
    duty: Literal["chilled_water", "condenser_water"]
    rated_flow_lps: float
    rated_kw: float
    static_head_frac: float = 0.3


@dataclass(frozen=True, slots=True)
class WatersideEconomizer:
    """A plate exchanger between condenser and chilled water; integrated: upstream of the chillers, in series."""

    id: str
    rated_kw: float
    kind: Literal["integrated", "non_integrated"] = "integrated"
    approach_k: float = 1.5


@dataclass(frozen=True, slots=True)
class AirsideEconomizer:
    """Dampers and relief fans of a hall, and the envelope of outdoor air outside which their own control shuts them."""

    id: str
    rated_airflow_m3ps: float
    rated_relief_fan_kw: float = 0.0
    min_outdoor_frac: float = 0.02
    outdoor_max_degc: float = 24.0
    outdoor_dew_point_min_degc: float = -9.0
    outdoor_dew_point_max_degc: float = 15.0
    mixed_air_min_degc: float = 8.0


@dataclass(frozen=True, slots=True)
class Humidifier:
    """A humidifier under its own control: it holds `dew_point_min_degc` as far as its rating goes."""

    id: str
    rated_kg_per_h: float
    kwh_per_kg: float = 0.75
    dew_point_min_degc: float = 5.5


def group_crahs(crahs: Sequence[Crah]) -> Crah:
    """Return CRAHs that run at one speed as one: sums, and what binds the group first."""
    cooling = sum(crah.rated_cooling_kw for crah in crahs)
    return Crah(
        id="+".join(crah.id for crah in crahs),
        rated_airflow_m3ps=sum(crah.rated_airflow_m3ps for crah in crahs),
        rated_fan_kw=sum(crah.rated_fan_kw for crah in crahs),
        rated_cooling_kw=cooling,
        coil_effectiveness=sum(crah.coil_effectiveness * crah.rated_cooling_kw for crah in crahs) / cooling,
        min_fan_speed_frac=max(crah.min_fan_speed_frac for crah in crahs),
        supply_air_min_degc=max(crah.supply_air_min_degc for crah in crahs),
        supply_air_max_degc=min(crah.supply_air_max_degc for crah in crahs),
    )


def group_cdus(cdus: Sequence[Cdu]) -> Cdu:
    """Return the CDUs of a loop as one, sharing heat by rating."""
    heat = sum(cdu.rated_heat_kw for cdu in cdus)
    return Cdu(
        id="+".join(cdu.id for cdu in cdus),
        rated_heat_kw=heat,
        rated_flow_lps=sum(cdu.rated_flow_lps for cdu in cdus),
        rated_pump_kw=sum(cdu.rated_pump_kw for cdu in cdus),
        approach_k=sum(cdu.approach_k * cdu.rated_heat_kw for cdu in cdus) / heat,
        min_flow_frac=max(cdu.min_flow_frac for cdu in cdus),
    )


def group_chillers(chillers: Sequence[Chiller]) -> Chiller:
    """Return chillers at equal part load as one; of one kind and condenser, as the site file has it."""
    kinds = {chiller.kind for chiller in chillers}
    condensers = {chiller.condenser for chiller in chillers}
    if len(kinds) > 1 or len(condensers) > 1:
        raise ValueError(f"chillers of several kinds cannot act as one: {', '.join(sorted(kinds | condensers))}")
    cooling = sum(chiller.rated_cooling_kw for chiller in chillers)
    return Chiller(
        id="+".join(chiller.id for chiller in chillers),
        rated_cooling_kw=cooling,
        rated_cop=cooling / sum(chiller.rated_cooling_kw / chiller.rated_cop for chiller in chillers),
        min_part_load_frac=max(chiller.min_part_load_frac for chiller in chillers),
        min_entering_condenser_degc=max(chiller.min_entering_condenser_degc for chiller in chillers),
        kind=kinds.pop(),
        condenser=condensers.pop(),
        max_leaving_water_degc=min(chiller.max_leaving_water_degc for chiller in chillers),
    )


def group_towers(towers: Sequence[Tower]) -> Tower:
    """Return towers as one: all cells wet, one fan speed (the cube law makes that cheapest)."""
    return Tower(
        id="+".join(tower.id for tower in towers),
        rated_rejection_kw=sum(tower.rated_rejection_kw for tower in towers),
        rated_fan_kw=sum(tower.rated_fan_kw for tower in towers),
        rated_flow_lps=sum(tower.rated_flow_lps for tower in towers),
        min_fan_speed_frac=max(tower.min_fan_speed_frac for tower in towers),
    )


def group_dry_coolers(coolers: Sequence[DryCooler]) -> DryCooler:
    """Return dry coolers as one: all in the flow, one fan speed."""
    rejection = sum(cooler.rated_rejection_kw for cooler in coolers)

    def weighed(values: Iterable[float]) -> float:
        return sum(value * one.rated_rejection_kw for value, one in zip(values, coolers, strict=True)) / rejection

    return DryCooler(
        id="+".join(cooler.id for cooler in coolers),
        rated_rejection_kw=rejection,
        rated_fan_kw=sum(cooler.rated_fan_kw for cooler in coolers),
        rated_flow_lps=sum(cooler.rated_flow_lps for cooler in coolers),
        rated_approach_k=weighed(cooler.rated_approach_k for cooler in coolers),
        min_fan_speed_frac=max(cooler.min_fan_speed_frac for cooler in coolers),
        adiabatic_effectiveness_frac=weighed(cooler.adiabatic_effectiveness_frac for cooler in coolers),
        adiabatic_min_outdoor_degc=max(cooler.adiabatic_min_outdoor_degc for cooler in coolers),
        glycol=all(cooler.glycol for cooler in coolers),
    )


def group_pumps(pumps: Sequence[Pump], duty: Literal["chilled_water", "condenser_water"]) -> Pump:
    """Return the pumps of one duty as one."""
    of_duty = [pump for pump in pumps if pump.duty == duty]
    if not of_duty:
        raise ValueError(f"no pump with duty {duty} in service")
    power = sum(pump.rated_kw for pump in of_duty)
    return Pump(
        id="+".join(pump.id for pump in of_duty),
        duty=duty,
        rated_flow_lps=sum(pump.rated_flow_lps for pump in of_duty),
        rated_kw=power,
        static_head_frac=sum(pump.static_head_frac * pump.rated_kw for pump in of_duty) / power,
    )
