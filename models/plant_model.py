"""A cooling plant from its nameplates and laws, with learned corrections where they have qualified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from models import hall_air, liquid_side, pump, tower
from models.cooling import JointState, Load, Mode, PlantResponse
from models.hall_air import AirAnswer, Hall
from models.heat_exchanger import WATER_KJ_PER_LK
from models.heat_rejection import PlantRoom, Rejection
from models.limits import LimitLog
from models.liquid_side import LiquidAnswer
from models.nameplate import Chiller, LiquidLoop, Pump, Tower, WatersideEconomizer, group_pumps
from models.operating_states import enumerate_states
from models.prior_width import half_width_kw

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_MIN_EVAPORATOR_FLOW_FRAC = 0.4  # of a chiller's share of the pumps' rated flow; a bypass keeps it
_WATER_RISE_RANGE_K = (4.0, 12.0)  # outside it a nameplate is more likely wrong than the plant unusual
_ASSUMED_COP = 6.0  # weighs heat against fan and pump power when the airflow is chosen


class Correction(Protocol):
    """A learned component: takes the law's power and its drivers, returns power, 90 % half-width and where it was unseen."""

    def correct(
        self, prior_kw: FloatArray, drivers: Mapping[str, FloatArray]
    ) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Return (power [kW], half-width [kW], outside the range seen), shapes as `prior_kw`."""
        ...


@dataclass(frozen=True, slots=True)
class CoolingPlant:
    """Everything between the racks of some halls and the outside air; implements `models.cooling.PlantModel`.

    Attributes
    ----------
    plant_id
        Id of the plant.
    hall_parts, loop_parts
        Halls and technology loops on it, with the units in service.
    chillers, towers, pumps, economizer
        The plant room, units in service only.
    leaving_water_min_degc, leaving_water_max_degc, leaving_water_max_step_k
        Range of the leaving-water setpoint [degC] and its largest change a step [K], which sets the grid of states.
    chillers_installed
        Chillers that the pumps were sized for; None: those in service.
    cycles
        Cycles of concentration of the tower water.
    corrections
        Learned components by name: `chiller`, `tower`, `chilled_pump`, `condenser_pump`, `crah_fan.<hall>`,
        `cdu_pump.<loop>`.
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

    @property
    def halls(self) -> tuple[str, ...]:
        """Ids of the halls it cools, in array order."""
        return tuple(hall.id for hall in self.hall_parts)

    @property
    def loops(self) -> tuple[str, ...]:
        """Ids of the liquid loops it cools, in array order."""
        return tuple(loop.id for loop in self.loop_parts)

    @property
    def chilled_pump(self) -> Pump:
        """The chilled-water pumps as one."""
        return group_pumps(self.pumps, "chilled_water")

    @property
    def water_rise_k(self) -> float:
        """Rise of the chilled water at rating [K]: the lesser of coils with CDUs and chillers over what the pumps move."""
        installed = self.chillers_installed or len(self.chillers)
        chillers_kw = sum(chiller.rated_cooling_kw for chiller in self.chillers) * installed / len(self.chillers)
        coils_kw = sum(hall.group.rated_cooling_kw for hall in self.hall_parts)
        cdus_kw = sum(cdu.rated_heat_kw for loop in self.loop_parts for cdu in loop.cdus)
        rise_k = min(chillers_kw, coils_kw + cdus_kw) / (WATER_KJ_PER_LK * self.chilled_pump.rated_flow_lps)
        return float(np.clip(rise_k, *_WATER_RISE_RANGE_K))

    @property
    def room(self) -> PlantRoom:
        """Its chillers, towers, condenser pumps and economizer."""
        return PlantRoom(
            plant_id=self.plant_id,
            chillers=self.chillers,
            towers=self.towers,
            condenser_pump=group_pumps(self.pumps, "condenser_water"),
            economizer=self.economizer,
            chillers_installed=self.chillers_installed or len(self.chillers),
            water_rise_k=self.water_rise_k,
        )

    def states(self) -> tuple[JointState, ...]:
        """Return mode x leaving water x chillers on x supply-air level; water in steps that the ramp limit allows."""
        return enumerate_states(
            water_range_degc=(self.leaving_water_min_degc, self.leaving_water_max_degc),
            water_step_k=self.leaving_water_max_step_k,
            supply_ranges_degc=tuple(hall.supply_range_degc for hall in self.hall_parts),
            chillers=len(self.chillers),
            economizer_kind=self.economizer.kind if self.economizer else None,
        )

    def evaluate(self, state: JointState, load: Load) -> PlantResponse:
        """Return the steady answer; airflow and condenser water are the cheapest within the state."""
        limits = LimitLog(load.wet_bulb_degc.size)
        air, liquid = self._terminals(state, load, limits)
        trial = self._cheapest_airflow(air, liquid)
        heat_kw, flow_lps = self._chilled_water(state, air, liquid, trial, limits)
        room = self.room.answer(
            state.mode,
            state.chillers_on,
            state.leaving_water_degc,
            heat_kw,
            flow_lps,
            load.wet_bulb_degc,
            limits,
        )
        return self._response(state, load, air, liquid, trial, flow_lps, room, limits)

    def _terminals(
        self, state: JointState, load: Load, limits: LimitLog
    ) -> tuple[tuple[AirAnswer, ...], tuple[LiquidAnswer, ...]]:
        water, rise = state.leaving_water_degc, self.water_rise_k
        air = tuple(
            hall_air.answer(hall, load.it_air_kw[:, i], state.supply_air_degc[i], water, rise)
            for i, hall in enumerate(self.hall_parts)
        )
        liquid = tuple(
            liquid_side.answer(loop, load.it_liquid_kw[:, j], water, rise) for j, loop in enumerate(self.loop_parts)
        )
        for hall, hall_answer in zip(self.hall_parts, air, strict=True):
            limits.require(~hall_answer.too_hot, f"{hall.id}: rack inlet max")
            limits.require(~hall_answer.coil_short, f"{hall.id}: coil capacity")
        for loop, loop_answer in zip(self.loop_parts, liquid, strict=True):
            limits.require(~loop_answer.over_capacity, f"{loop.id}: CDU capacity")
            limits.require(~loop_answer.too_warm, f"{loop.id}: secondary supply max")
        return air, liquid

    def _cheapest_airflow(self, air: tuple[AirAnswer, ...], liquid: tuple[LiquidAnswer, ...]) -> npt.NDArray[np.intp]:
        """Return the airflow trial, the same for all halls, with the least fan, server-fan, pump and heat-lifting power."""
        liquid_lps = sum((answer.water_lps for answer in liquid), np.zeros(air[0].too_hot.size))
        flow = liquid_lps[:, None] + sum(answer.water_lps for answer in air)
        fans = sum(answer.fan_kw + answer.server_fan_kw for answer in air)
        cost = self._chilled_pump_kw(flow) + fans * (1 + 1 / _ASSUMED_COP)
        return np.argmin(cost, axis=1)

    def _chilled_pump_kw(self, flow_lps: FloatArray) -> FloatArray:
        group = self.chilled_pump
        return pump.power_kw(flow_lps / group.rated_flow_lps, group.rated_kw, group.static_head_frac)

    def _chilled_water(
        self,
        state: JointState,
        air: tuple[AirAnswer, ...],
        liquid: tuple[LiquidAnswer, ...],
        trial: npt.NDArray[np.intp],
        limits: LimitLog,
    ) -> tuple[FloatArray, FloatArray]:
        """Return heat [kW] and flow [L/s] of the chilled water, pump heat included, with the evaporators' least flow."""
        rows, rated_lps = np.arange(trial.size), self.chilled_pump.rated_flow_lps
        heat = sum((a.heat_kw[rows, trial] for a in air), np.zeros(trial.size)) + sum(a.heat_kw for a in liquid)
        flow = sum((a.water_lps[rows, trial] for a in air), np.zeros(trial.size)) + sum(a.water_lps for a in liquid)
        limits.require(flow <= rated_lps * (1 + 1e-9), f"{self.plant_id}: chilled-water flow max")
        share = state.chillers_on / (self.chillers_installed or len(self.chillers))
        floor = rated_lps * (_MIN_EVAPORATOR_FLOW_FRAC * share if state.mode is not Mode.FREE else 0.05)
        flow = np.clip(flow, floor, rated_lps)
        return heat + self._chilled_pump_kw(flow), flow

    def _response(
        self,
        state: JointState,
        load: Load,
        air: tuple[AirAnswer, ...],
        liquid: tuple[LiquidAnswer, ...],
        trial: npt.NDArray[np.intp],
        flow_lps: FloatArray,
        room: Rejection,
        limits: LimitLog,
    ) -> PlantResponse:
        rows = np.arange(trial.size)
        laws = {f"crah_fan.{hall.id}": a.fan_kw[rows, trial] for hall, a in zip(self.hall_parts, air, strict=True)}
        laws |= {f"cdu_pump.{loop.id}": a.pump_kw for loop, a in zip(self.loop_parts, liquid, strict=True)}
        laws |= {
            "chilled_pump": self._chilled_pump_kw(flow_lps),
            "condenser_pump": room.condenser_pump_kw,
            "chiller": room.chiller_kw,
            "tower": room.tower_kw,
        }
        drivers = {
            "chiller": {
                "part_load_frac": room.part_load_frac,
                "leaving_water_degc": np.full(trial.size, state.leaving_water_degc),
                "entering_condenser_degc": room.entering_condenser_degc,
            },
            "tower": {"wet_bulb_degc": load.wet_bulb_degc},
        }
        unsure = {"chiller": room.chiller_extrapolated, "tower": room.extrapolated}
        powers, half_width, unseen = self._corrected(laws, drivers, unsure)
        inlets = [
            hall.inlets.hottest(state.supply_air_degc[i], air[i].air_rise_k[rows, trial])
            for i, hall in enumerate(self.hall_parts)
        ]
        for i, hall in enumerate(self.hall_parts):
            unseen |= hall.inlets.unseen(state.supply_air_degc[i], air[i].air_rise_k[rows, trial])
        return PlantResponse(
            feasible=limits.feasible,
            limit=limits.names,
            binding=np.where(limits.feasible, self._binding(state, air, trial, room), ""),
            crah_fan_kw=_columns([powers[f"crah_fan.{hall}"] for hall in self.halls], trial.size),
            cdu_pump_kw=_columns([powers[f"cdu_pump.{loop}"] for loop in self.loops], trial.size),
            chilled_pump_kw=powers["chilled_pump"],
            condenser_pump_kw=powers["condenser_pump"],
            chiller_kw=powers["chiller"],
            tower_kw=powers["tower"],
            server_fan_kw=_columns([a.server_fan_kw[rows, trial] for a in air], trial.size),
            fan_speed_frac=_columns([a.speed_frac[rows, trial] for a in air], trial.size),
            condenser_water_degc=room.condenser_water_degc,
            inlet_max_degc=_columns([inlet for inlet, _ in inlets], trial.size),
            inlet_margin_k=_columns([margin for _, margin in inlets], trial.size),
            secondary_supply_degc=_columns([a.supply_degc for a in liquid], trial.size),
            makeup_water_lps=tower.makeup_lps(room.rejected_kw, room.condenser_flow_lps, cycles=self.cycles),
            half_width_kw=half_width,
            extrapolated=unseen,
        )

    def _corrected(
        self,
        laws: Mapping[str, FloatArray],
        drivers: Mapping[str, Mapping[str, FloatArray]],
        unsure: Mapping[str, BoolArray],
    ) -> tuple[dict[str, FloatArray], FloatArray, BoolArray]:
        """Return powers after learned corrections, the half-width of their sum, and where anything is extrapolated."""
        powers, squares, unseen = dict(laws), 0.0, np.zeros(laws["chiller"].size, bool)
        for name, law_kw in laws.items():
            if name in self.corrections:
                powers[name], width, outside = self.corrections[name].correct(law_kw, drivers.get(name, {}))
                unseen = unseen | (outside & (law_kw > 0))
            else:
                stretched = unsure.get(name, np.zeros(law_kw.size, bool)) & (law_kw > 0)
                width = half_width_kw(name, law_kw, stretched)
                unseen = unseen | stretched
            squares = squares + width**2
        return powers, np.sqrt(squares), unseen

    def _binding(
        self, state: JointState, air: tuple[AirAnswer, ...], trial: npt.NDArray[np.intp], room: Rejection
    ) -> npt.NDArray[np.str_]:
        """Return what decided each row: the need of the hall whose fans turn fastest, else the plant room."""
        if not air:
            return np.full(trial.size, f"{self.plant_id}: leaving water")
        speeds = np.stack([a.speed_frac[np.arange(trial.size), trial] for a in air], axis=1)
        names = np.stack([a.bound_by for a in air], axis=1)
        hall = names[np.arange(trial.size), np.argmax(speeds, axis=1)]
        least = max(group.min_entering_condenser_degc for group in self.chillers)
        held = (state.mode is not Mode.FREE) & (room.entering_condenser_degc <= least + 1e-9)
        relaxed = np.char.endswith(hall, "fan speed min")
        return np.where(relaxed & held, f"{self.plant_id}: entering condenser water min", hall)


def _columns(parts: list[FloatArray], rows: int) -> FloatArray:
    """Return columns side by side; (rows, 0) for none."""
    return np.stack(parts, axis=1) if parts else np.zeros((rows, 0))
