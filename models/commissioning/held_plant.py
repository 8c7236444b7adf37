"""A cooling plant with every setpoint held: nothing is chosen, so that the effect of each setpoint by itself can be asked.

The plan's answer (`CoolingPlant.evaluate`) picks airflow and condenser water for itself; a plant under fixed setpoints does not.
The laws and the learned corrections are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models import cdu, chiller, economizer, hall_air
from models.answers import corrected
from models.chilled_by_machine import entering_degc
from models.cooling import Load, Mode
from models.dry_cooler_bank import DryCoolers
from models.free_cooling import reject_free, speed_reaching
from models.heat_exchanger import WATER_KJ_PER_LK
from models.limits import LimitLog
from models.nameplate import LiquidLoop, group_cdus, group_chillers
from models.outside import Weather
from models.plant_model import CoolingPlant
from models.plant_room import Demand, PlantRoom
from models.terminals import outdoor_air

FloatArray = npt.NDArray[np.float64]

SUPPLY_AIR, FAN_SPEED = "supply_air_temperature_setpoint_degc", "fan_speed_setpoint_frac"
SECONDARY_SUPPLY, SECONDARY_FLOW = "secondary_supply_temperature_setpoint_degc", "secondary_flow_setpoint_lps"
LEAVING_WATER = "leaving_chilled_water_temperature_setpoint_degc"
CONDENSER_WATER = "condenser_water_temperature_setpoint_degc"
_HEAT_PASSES = 3  # compressor heat moves the tower's range by tenths of a kelvin
_LEAST_DROP_K = 1e-6


@dataclass(frozen=True, slots=True)
class Held:
    """A plant as it is held.

    Attributes
    ----------
    mode, chillers_on
        Economizer mode, and chillers running.
    setpoints
        By hall, loop or plant and quantity: of each CRAH of a hall, each CDU of a loop, or the plant.
    wetted_frac
        Share of the time that the pads of dry coolers are wet [-].
    dampers_open
        Whether halls may breathe outdoor air.
    """

    mode: Mode
    chillers_on: int
    setpoints: Mapping[tuple[str, str], float]
    wetted_frac: float = 0.0
    dampers_open: bool = False

    def moved(self, equipment: str, quantity: str, value: float) -> Held:
        """Return it with one setpoint elsewhere."""
        return replace(self, setpoints={**self.setpoints, (equipment, quantity): value})


@dataclass(frozen=True, slots=True, eq=False)
class HeldAnswer:
    """Steady answer, (n,) each: power by component, what servers draw beyond their reference, and hottest inlet by hall."""

    power_kw: Mapping[str, FloatArray]
    server_fan_kw: Mapping[str, FloatArray]
    hottest_degc: Mapping[str, FloatArray]

    @property
    def cooling_kw(self) -> FloatArray:
        """Power of all that cools; without server fans."""
        return np.asarray(sum(self.power_kw.values()))


def held_answer(plant: CoolingPlant, held: Held, load: Load) -> HeldAnswer:
    """Return what a plant does, the loads being those at the reference inlet; limits are not asked."""
    rows, of = load.wet_bulb_degc.size, held.setpoints
    water_degc = of[plant.plant_id, LEAVING_WATER]
    air = {
        hall.id: hall_air.answer(
            hall, load.it_air_kw[:, i], of[hall.id, SUPPLY_AIR], water_degc, plant.water_rise_k,
            speed_frac=np.full((1, rows), of[hall.id, FAN_SPEED]),
            outdoor=outdoor_air(hall, load), dampers_open=held.dampers_open,
        )
        for i, hall in enumerate(plant.hall_parts)
    }  # fmt: skip
    loops = {loop.id: _loop(plant, loop, held, load.it_liquid_kw[:, j]) for j, loop in enumerate(plant.loop_parts)}
    laws = {f"crah_fan.{hall}": part.fan_kw[0] for hall, part in air.items()}
    laws |= {f"airside.{hall}": part.breath.power_kw[0] for hall, part in air.items()}
    laws |= {f"cdu_pump.{loop}": part.pump_kw for loop, part in loops.items()}
    parts_lps = [*(part.water_lps[0] for part in air.values()), *(part.water_lps for part in loops.values())]
    parts_kw = [*(part.heat_kw[0] for part in air.values()), *(part.heat_kw for part in loops.values())]
    flow_lps = plant.plant_flow_lps(held.chillers_on, np.sum(parts_lps, axis=0), LimitLog(rows))
    laws["chilled_pump"] = plant.chilled_pump_kw(flow_lps)
    heat_kw = np.sum(parts_kw, axis=0) + laws["chilled_pump"]
    weather = Weather(load.outdoor_degc, load.wet_bulb_degc)
    rejected, drivers = _rejection(plant, held, Demand(np.full(rows, water_degc), heat_kw, flow_lps, weather))
    return HeldAnswer(
        power_kw=corrected(laws | rejected, drivers, {}, plant.corrections, rows).by_component,
        server_fan_kw={hall: part.server_fan_kw[0] for hall, part in air.items()},
        hottest_degc={
            hall.id: hall.inlets.hottest(of[hall.id, SUPPLY_AIR], air[hall.id].air_rise_k[0])[0]
            for hall in plant.hall_parts
        },
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Loop:
    """A loop's pumps, its heat into the facility water, and how much of that its CDUs take, (n,)."""

    pump_kw: FloatArray
    heat_kw: FloatArray
    water_lps: FloatArray


def _loop(plant: CoolingPlant, loop: LiquidLoop, held: Held, it_kw: FloatArray) -> _Loop:
    group = group_cdus(loop.cdus)
    water_kw_per_k = group.rated_heat_kw / plant.water_rise_k
    exchanger = cdu.rated_exchanger(group.rated_heat_kw, group.rated_flow_lps, group.approach_k, water_kw_per_k)
    flow_lps = len(loop.cdus) * held.setpoints[loop.id, SECONDARY_FLOW]
    flow = np.full(it_kw.shape, flow_lps / group.rated_flow_lps)
    pump_kw = cdu.pump_kw(flow, group.rated_pump_kw)
    drop_k = it_kw / (flow_lps * WATER_KJ_PER_LK)
    above_k = held.setpoints[loop.id, SECONDARY_SUPPLY] - held.setpoints[plant.plant_id, LEAVING_WATER]
    needed = drop_k / np.maximum(drop_k + above_k, _LEAST_DROP_K)
    water_lps = exchanger.cold_flow_for(flow, needed) * water_kw_per_k / WATER_KJ_PER_LK
    return _Loop(pump_kw, it_kw + pump_kw, water_lps)


def _rejection(
    plant: CoolingPlant, held: Held, demand: Demand
) -> tuple[dict[str, FloatArray], dict[str, dict[str, FloatArray]]]:
    """Return the laws' powers of chillers, towers or dry coolers and condenser pumps, and what their corrections depend on."""
    room, on = _room(plant, held), held.chillers_on
    wanted_degc = held.setpoints.get((plant.plant_id, CONDENSER_WATER), np.inf)  # none: no condenser water
    if held.mode is Mode.FREE or not on:
        free = reject_free(room, demand, LimitLog(demand.heat_kw.size), held_degc=wanted_degc)
        laws = {"chiller": free.chiller_kw, room.outside.component: free.fan_kw}
        laws["condenser_pump"] = free.condenser_pump_kw
        return laws, {room.outside.component: {room.outside.sink: free.sink_degc}}
    group = group_chillers(room.chillers[:on])
    condenser_lps = room.condenser_lps(held.mode, room.chillers[:on])
    outside, weather = room.outside_at(condenser_lps), demand.weather
    speeds = outside.fan_speeds
    leaving = demand.leaving_degc
    compressor_kw = demand.heat_kw / group.rated_cop
    free_kw = np.zeros_like(leaving)
    reached_degc = outside.reached_degc(speeds[:, None], condenser_lps, weather)
    for _ in range(_HEAT_PASSES):
        rejected_kw = free_kw if group.air_cooled else demand.heat_kw + compressor_kw
        reached = reached_degc(rejected_kw)
        speed = speed_reaching(np.full(leaving.shape, wanted_degc), reached, speeds)
        water = np.maximum(wanted_degc, reached[-1])
        entering = entering_degc(group, water, weather.outdoor_degc)
        capacity_kw = chiller.available_capacity_kw(group.rated_cooling_kw, leaving, entering, group.curves)
        least_kw = group.min_part_load_frac * capacity_kw
        able_kw = _economizer_kw(room, held, demand, water, condenser_lps)
        free_kw = np.clip(able_kw, 0.0, np.maximum(demand.heat_kw - least_kw, 0.0))
        cooling_kw = demand.heat_kw - free_kw
        compressor_kw = chiller.power_kw(
            cooling_kw, leaving, entering,
            rated_cooling_kw=group.rated_cooling_kw, rated_cop=group.rated_cop,
            min_part_load_frac=group.min_part_load_frac, curves=group.curves,
        )  # fmt: skip
    laws = {
        "chiller": compressor_kw,
        outside.component: outside.fan_kw(speed, condenser_lps),
        "condenser_pump": np.full(leaving.shape, float(room.condenser_pump_kw(condenser_lps))),
    }
    of_chiller = {
        "part_load_frac": cooling_kw / capacity_kw,
        "leaving_water_degc": leaving,
        "entering_condenser_degc": entering,
    }
    return laws, {"chiller": of_chiller, outside.component: {outside.sink: outside.sink_degc(weather)}}


def _room(plant: CoolingPlant, held: Held) -> PlantRoom:
    """Return the plant room with pads as they are held."""
    room = plant.room
    if isinstance(room.outside, DryCoolers):
        return replace(room, outside=replace(room.outside, wetted_frac=held.wetted_frac))
    return room


def _economizer_kw(
    room: PlantRoom, held: Held, demand: Demand, water_degc: FloatArray, condenser_lps: float
) -> FloatArray:
    """Return what the economizer can take of the heat before the chillers do."""
    if held.mode is not Mode.PARTIAL:
        return np.zeros(demand.heat_kw.size)
    return economizer.heat_kw(
        room.economizer_exchanger,
        return_degc=demand.return_degc,
        condenser_degc=water_degc,
        chilled_flow_lps=demand.flow_lps,
        condenser_flow_lps=condenser_lps,
        rated_flow_lps=room.economizer_flow_lps,
    )
