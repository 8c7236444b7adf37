"""A cooling plant from its nameplates and laws, with learned corrections where they have qualified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from models import pump, terminals
from models.answers import Correction, Powers, columns, corrected
from models.cooling import JointState, Load, Mode, PlantResponse, Stage
from models.dry_cooler_bank import DryCoolers
from models.hall_air import Hall
from models.heat_exchanger import WATER_KJ_PER_LK
from models.limits import LimitLog
from models.nameplate import (
    Chiller,
    DryCooler,
    LiquidLoop,
    Pump,
    Tower,
    WatersideEconomizer,
    group_dry_coolers,
    group_pumps,
    group_towers,
)
from models.operating_states import enumerate_states
from models.outside import OpenAir, Outside, Weather
from models.plant_room import Demand, PlantRoom, Rejection
from models.rejecting import reject
from models.rows import at_rows
from models.settings import Asked, Settings, alike_at_racks, together
from models.terminals import Terminals
from models.tower_bank import Towers

__all__ = ["CoolingPlant", "Correction"]

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int_]
_MIN_EVAPORATOR_FLOW_FRAC = 0.4  # of a chiller's share of the pumps' rated flow; a bypass keeps it
_WATER_RISE_RANGE_K = (4.0, 12.0)  # outside it a nameplate is more likely wrong than the plant unusual
_LEAST_FLOW_FRAC = 0.05
_ROUNDING_KW = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """What halls and loops answer to water and air at their setpoints, whatever the mode and the stage."""

    heat_kw: FloatArray  # into the chilled water
    flow_lps: FloatArray  # of it
    tightest: IntArray  # the hall whose fans turn fastest
    idle: BoolArray  # even those turn at their least speed
    humidified_lps: FloatArray  # make-up water
    half_width_kw: FloatArray
    beyond: FloatArray
    told: Mapping[str, npt.NDArray[Any]]  # what a `PlantResponse` tells of halls and loops, by name
    limits: LimitLog
    losses: LimitLog | None = None  # what could not be borne beside, whatever the stage


@dataclass(frozen=True)  # without slots: what follows from the nameplates is asked for often, and kept
class CoolingPlant:
    """Everything between the racks of some halls and the outside air; implements `models.cooling.PlantModel`.

    Attributes
    ----------
    plant_id
        Id of the plant.
    hall_parts, loop_parts
        Halls and technology loops on it, with the units in service.
    chillers, towers, dry_coolers, pumps, economizer
        The plant room, units in service only; what has neither towers nor dry coolers has air-cooled chillers.
    leaving_water_min_degc, leaving_water_max_degc, leaving_water_max_step_k
        Range of the leaving-water setpoint [degC] and its largest change a step [K], which sets the grid of states.
    supply_air_max_step_k
        Largest change of supply air a step [K], a hall; none: not known.
    chillers_installed
        Chillers that the pumps were sized for; None: those in service.
    cycles
        Cycles of concentration of the water of towers and pads.
    corrections
        Learned components by name: `chiller`, `tower` or `dry_cooler`, `chilled_pump`, `condenser_pump`, `crah_fan.<hall>`,
        `cdu_pump.<loop>`.
    water_kwh_per_m3
        What water is worth in electricity: pads of dry coolers are wet where they save more.
    rated_rise_k
        Rise of the chilled water at rating [K], which a plant keeps when a unit of it stops; None: as the nameplates say.
    """

    plant_id: str
    hall_parts: tuple[Hall, ...]
    loop_parts: tuple[LiquidLoop, ...]
    chillers: tuple[Chiller, ...]
    towers: tuple[Tower, ...]
    pumps: tuple[Pump, ...]
    economizer: WatersideEconomizer | None = None
    leaving_water_min_degc: float = 6.0
    leaving_water_max_degc: float = 20.0
    leaving_water_max_step_k: float = 2.0
    chillers_installed: int | None = None
    cycles: float = 3.0
    corrections: Mapping[str, Correction] = field(default_factory=dict)
    dry_coolers: tuple[DryCooler, ...] = ()
    water_kwh_per_m3: float = 0.0
    rated_rise_k: float | None = None
    supply_air_max_step_k: tuple[float, ...] = ()

    @property
    def plain(self) -> CoolingPlant:
        """The plant without anything that it must bear beside its load."""
        return self

    @property
    def halls(self) -> tuple[str, ...]:
        """Ids of the halls it cools, in array order."""
        return tuple(hall.id for hall in self.hall_parts)

    @property
    def loops(self) -> tuple[str, ...]:
        """Ids of the liquid loops it cools, in array order."""
        return tuple(loop.id for loop in self.loop_parts)

    @cached_property
    def chilled_pump(self) -> Pump:
        """The chilled-water pumps as one."""
        return group_pumps(self.pumps, "chilled_water")

    @cached_property
    def water_rise_k(self) -> float:
        """Rise of the chilled water at rating [K]: what coils and CDUs give it, no more than the plant takes, over its flow.

        The plant takes what its chillers do, or its economizer where chillers only trim.
        """
        if self.rated_rise_k is not None:
            return self.rated_rise_k
        installed = self.chillers_installed or len(self.chillers)
        in_service_kw = [chiller.rated_cooling_kw for chiller in self.chillers]
        chillers_kw = installed * sum(in_service_kw) / len(in_service_kw) if in_service_kw else np.inf
        coils_kw = sum(hall.group.rated_cooling_kw for hall in self.hall_parts)
        cdus_kw = sum(cdu.rated_heat_kw for loop in self.loop_parts for cdu in loop.cdus)
        free_kw = self.economizer.rated_kw if self.economizer else 0.0
        rise_k = min(max(chillers_kw, free_kw), coils_kw + cdus_kw) / (
            WATER_KJ_PER_LK * self.chilled_pump.rated_flow_lps
        )
        return float(np.clip(rise_k, *_WATER_RISE_RANGE_K))

    @cached_property
    def room(self) -> PlantRoom:
        """Its chillers, condenser pumps and economizer, and what is outdoors."""
        return PlantRoom(
            plant_id=self.plant_id,
            chillers=self.chillers,
            outside=self._outside,
            condenser_pump=group_pumps(self.pumps, "condenser_water") if self.has_condenser_water else None,
            economizer=self.economizer,
            chillers_installed=self.chillers_installed or len(self.chillers),
            water_rise_k=self.water_rise_k,
            corrections=self.corrections,
        )

    @property
    def has_condenser_water(self) -> bool:
        """Whether towers or dry coolers take its heat, or some of it."""
        return bool(self.towers or self.dry_coolers)

    @cached_property
    def _outside(self) -> Outside:
        if self.towers:
            return Towers(group_towers(self.towers), self.cycles)
        if self.dry_coolers:
            return DryCoolers(group_dry_coolers(self.dry_coolers), cycles=self.cycles)
        return OpenAir()

    def states(self) -> tuple[JointState, ...]:
        """Return mode x leaving water x chillers on x supply-air level; water in steps that the ramp limit allows."""
        return enumerate_states(
            water_range_degc=(self.leaving_water_min_degc, self.leaving_water_max_degc),
            water_step_k=self.leaving_water_max_step_k,
            supply_ranges_degc=tuple(hall.supply_range_degc for hall in self.hall_parts),
            chillers=len(self.chillers),
            economizer_kind=self.economizer.kind if self.economizer else None,
            dampers=any(hall.airside and not hall.breathes_by_itself for hall in self.hall_parts),
            supply_steps_k=self.supply_air_max_step_k,
        )

    def evaluate(self, state: JointState, load: Load) -> PlantResponse:
        """Return the steady answer; airflow and condenser water are the cheapest within the state."""
        ((_, response),) = self.evaluate_all([(state, load)])
        return response

    def evaluate_all(self, asked: Asked) -> Iterator[tuple[int, PlantResponse]]:
        """Yield places of questions and their answers; halls and loops, the same for all modes and stages, are asked once."""
        for some in together(asked):
            ends = self.at_racks(some.settings, some.load)
            for part in some.parts:
                settings, load, at_part = some.settings, some.load, ends
                if len(part.settings) < len(settings.each):
                    rows, settings = settings.rows_of(part.settings), settings.some(part.settings)
                    load, at_part = at_rows(load, rows), at_rows(ends, rows)
                response = self.rejecting(part.stage, settings, load, at_part)
                yield from (
                    (place, response.at(block)) for place, block in zip(part.places, settings.blocks, strict=True)
                )

    def at_racks(self, settings: Settings, load: Load) -> Ends:
        """Return what halls and loops answer to water and air; rows that are alike to them share one answer."""
        own, like = alike_at_racks(settings, load)
        if own.all():
            return self._asked_racks(settings, load)
        return at_rows(self._asked_racks(settings.at(own), load.at(np.flatnonzero(own))), like)

    def _asked_racks(self, settings: Settings, load: Load) -> Ends:
        limits = LimitLog(load.rows)
        answer = terminals.answer(
            self.hall_parts,
            self.loop_parts,
            settings,
            load,
            limits,
            water_rise_k=self.water_rise_k,
            pump_kw=self.chilled_pump_kw,
        )
        terminals.check_air(self.hall_parts, answer.halls, limits, told_to_open=settings.dampers_open)
        laws = {f"crah_fan.{hall}": part.fan_kw for hall, part in zip(self.halls, answer.halls, strict=True)}
        laws |= {
            f"airside.{hall.id}": part.breath.power_kw
            for hall, part in zip(self.hall_parts, answer.halls, strict=True)
            if hall.airside
        }
        laws |= {f"cdu_pump.{loop}": part.pump_kw for loop, part in zip(self.loops, answer.loops, strict=True)}
        powers = corrected(laws, {}, {}, self.corrections, load.rows)
        unseen = [
            hall.inlets.unseen(settings.supply_air_degc(at), part.air_rise_k)
            for at, (hall, part) in enumerate(zip(self.hall_parts, answer.halls, strict=True))
        ]
        tightest, idle = answer.tightest()
        return Ends(
            heat_kw=answer.heat_kw,
            flow_lps=answer.flow_lps,
            tightest=tightest,
            idle=idle,
            humidified_lps=sum((part.breath.water_lps for part in answer.halls), np.zeros(load.rows)),
            half_width_kw=powers.half_width_kw,
            beyond=np.maximum.reduce([powers.beyond, *(one.astype(float) for one in unseen)]),
            told=self._told_at_racks(settings, answer, powers),
            limits=limits,
        )

    def _told_at_racks(self, settings: Settings, answer: Terminals, powers: Powers) -> dict[str, npt.NDArray[Any]]:
        """Return what a response tells of halls and loops, one column each."""
        power, halls, loops, rows = powers.by_component, answer.halls, answer.loops, answer.heat_kw.size
        inlets = [
            (hall.inlets, settings.supply_air_degc(at), part.air_rise_k)
            for at, (hall, part) in enumerate(zip(self.hall_parts, halls, strict=True))
        ]
        hottest = [model.hottest(supply, rise_k) for model, supply, rise_k in inlets]
        return {
            "crah_fan_kw": columns([power[f"crah_fan.{hall}"] for hall in self.halls], rows),
            "cdu_pump_kw": columns([power[f"cdu_pump.{loop}"] for loop in self.loops], rows),
            "server_fan_kw": columns([part.server_fan_kw for part in halls], rows),
            "fan_speed_frac": columns([part.speed_frac for part in halls], rows),
            "airside_kw": columns([part.breath.power_kw for part in halls], rows),
            "outdoor_air_frac": columns([part.breath.outdoor_frac for part in halls], rows),
            "dampers_open": columns([part.breath.open.astype(float) for part in halls], rows) > 0,
            "coil_kw": columns([part.heat_kw for part in halls], rows),
            "dew_point_degc": columns([part.breath.dew_point_degc for part in halls], rows),
            "inlet_mean_degc": columns([model.mean_degc(supply, rise_k) for model, supply, rise_k in inlets], rows),
            "inlet_max_degc": columns([inlet for inlet, _ in hottest], rows),
            "inlet_margin_k": columns([margin for _, margin in hottest], rows),
            "secondary_supply_degc": columns([part.supply_degc for part in loops], rows),
            "secondary_flow_lps": columns([part.flow_lps for part in loops], rows),
        }

    def rejecting(self, stage: Stage, settings: Settings, load: Load, ends: Ends) -> PlantResponse:
        """Return the whole answer of a stage, given that of halls and loops."""
        limits = ends.limits.copy()
        if (
            stage.mode is not Mode.MECHANICAL and self.economizer is None
        ):  # was measured, or said before it was locked out
            limits.require(np.zeros(load.rows, dtype=bool), f"{self.plant_id}: economizer in service")
            stage = Stage(Mode.MECHANICAL, max(stage.chillers_on, 1))
        asked_lps, made_lps, asked_kw = ends.flow_lps, ends.flow_lps, ends.heat_kw
        if load.direct_kw is not None:
            limits.require(asked_kw + load.direct_kw >= -_ROUNDING_KW, f"{self.plant_id}: heat left to remove")
            made_lps = asked_lps * np.maximum(1.0 + load.direct_kw / np.maximum(asked_kw, _ROUNDING_KW), 0.0)
            asked_kw = np.maximum(asked_kw + load.direct_kw, 0.0)
        flow_lps = self.plant_flow_lps(stage.chillers_on, made_lps, limits)
        pumped_lps = self.plant_flow_lps(stage.chillers_on, np.maximum(asked_lps, made_lps), limits)
        demand = Demand(
            settings.leaving_water_degc,
            asked_kw + self.chilled_pump_kw(pumped_lps),
            flow_lps,
            Weather(load.outdoor_degc, load.wet_bulb_degc),
            pumped_lps,
            may_cycle=settings.dampers_open or any(hall.breathes_by_itself for hall in self.hall_parts),
        )
        rejection = reject(self.room, stage, demand, limits, self.water_kwh_per_m3)
        return self._response(stage, demand, ends, rejection, limits)

    def chilled_pump_kw(self, flow_lps: FloatArray) -> FloatArray:
        """Return chilled-pump power [kW] at a flow [L/s]."""
        group = self.chilled_pump
        return pump.power_kw(flow_lps / group.rated_flow_lps, group.rated_kw, group.static_head_frac)

    def plant_flow_lps(self, chillers_on: int, flow_lps: FloatArray, limits: LimitLog) -> FloatArray:
        """Return the pumps' flow: what the valves ask, not below what the evaporators need."""
        rated_lps = self.chilled_pump.rated_flow_lps
        limits.require(flow_lps <= rated_lps * (1 + 1e-9), f"{self.plant_id}: chilled-water flow max")
        return np.clip(flow_lps, self.least_flow_lps(chillers_on), rated_lps)

    def least_flow_lps(self, chillers_on: int) -> float:
        """Return the least flow of the pumps [L/s]: what the evaporators need, through a bypass where no valve asks for it."""
        on_frac = chillers_on / (self.chillers_installed or len(self.chillers) or 1)
        return self.chilled_pump.rated_flow_lps * max(_MIN_EVAPORATOR_FLOW_FRAC * on_frac, _LEAST_FLOW_FRAC)

    def _powers(self, demand: Demand, room: Rejection) -> Powers:
        """Return the powers of the plant room, chilled pumps included."""
        outside = self._outside
        laws = {
            "chilled_pump": self.chilled_pump_kw(demand.moved_lps),
            "condenser_pump": room.condenser_pump_kw,
            "chiller": room.chiller_kw,
            outside.component: room.fan_kw,
        }
        drivers = {
            "chiller": room.chiller_drivers(demand.leaving_degc),
            outside.component: {outside.sink: room.sink_degc},
        }
        beyond = {"chiller": room.chiller_extrapolated, outside.component: room.fan_extrapolated}
        return corrected(laws, drivers, beyond, self.corrections, demand.heat_kw.size)

    def _response(self, stage: Stage, demand: Demand, ends: Ends, room: Rejection, limits: LimitLog) -> PlantResponse:
        powers = self._powers(demand, room)
        power = powers.by_component
        return PlantResponse(
            **ends.told,
            feasible=limits.feasible,
            limit=limits.names,
            binding=self._binding(stage, ends, room, limits.feasible),
            chilled_pump_kw=power["chilled_pump"],
            condenser_pump_kw=power["condenser_pump"],
            chiller_kw=power["chiller"],
            tower_kw=power[self._outside.component],
            condenser_water_degc=room.condenser_water_degc,
            makeup_water_lps=room.makeup_lps + ends.humidified_lps,
            pads_wet=room.pads_wet,
            half_width_kw=np.hypot(ends.half_width_kw, powers.half_width_kw),
            beyond=np.maximum(ends.beyond, powers.beyond),
        )

    def _binding(self, stage: Stage, ends: Ends, room: Rejection, feasible: BoolArray) -> npt.NDArray[np.str_]:
        """Return what decided each feasible row: the hall whose fans turn fastest, else the machines' cold-water limit."""
        if not self.halls:
            return np.where(feasible, f"{self.plant_id}: leaving water", "")
        least = max((chiller.min_entering_condenser_degc for chiller in self.chillers), default=-np.inf)
        held = (stage.mode is not Mode.FREE) & (room.entering_condenser_degc <= least + 1e-9)
        of_halls = [f"{hall}: {what}" for what in ("rack inlet max", "fan speed min") for hall in self.halls]
        names = np.array(["", f"{self.plant_id}: entering condenser water min", *of_halls])
        of_hall = 2 + ends.tightest + len(self.halls) * ends.idle
        return np.asarray(names[np.where(feasible, np.where(ends.idle & held, 1, of_hall), 0)])
