"""What a plan decides, apart from what follows from it; and its way into a schedule of named setpoints and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from facility.errors import PlanError
from facility.plan.inputs import PlanInputs
from facility.points import QUANTITIES
from facility.records import FloatArray
from facility.site import Cdu, Crah
from facility.units import DEADBAND
from models.cooling import JointState, Mode, PlantModel

LEAVING_WATER = "leaving_chilled_water_temperature_setpoint_degc"
CONDENSER_WATER = "condenser_water_temperature_setpoint_degc"
PADS = "adiabatic_enable_command"
CHILLERS = "chillers_staged_command"
MODE = "economizer_mode_command"
DAMPERS = "outdoor_air_dampers_command"  # of several halls that move as one
SUPPLY_AIR = "supply_air_temperature_setpoint_degc"
FAN_SPEED = "fan_speed_setpoint_frac"
SECONDARY_SUPPLY = "secondary_supply_temperature_setpoint_degc"
SECONDARY_FLOW = "secondary_flow_setpoint_lps"
AWAKE = "awake_servers_command"
SLOWED = ("level_2_servers_command", "level_3_servers_command", "level_4_servers_command")
WORK = "deferrable_power_command_kw"
CHARGE = "charge_power_setpoint_kw"
JOB = "job_power_command_kw"
EXPECTED_IT = "expected_it_power_kw"  # a forecast of the inputs, kept so that the next plan can say what moved
HEAT = "heat_output_setpoint_kw"
ARRAY_LIMIT = "power_limit_setpoint_kw"
WORK_VALUE = "site.unfinished_work_value_per_kwh"
_LEAST_CHANGE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """Setpoints a step.

    The joint state of each plant, servers awake, deferrable work, charging power (negative: discharging) of batteries and of
    chilled-water tanks, heat that heat pumps deliver, and the most that photovoltaics may deliver. `slowed` holds, for
    pools with several frequencies, how many awake servers run at each slower one (L-1, T).
    """

    states: Mapping[str, tuple[JointState, ...]]
    awake: Mapping[str, FloatArray]
    work_kw: Mapping[str, FloatArray]
    charge_kw: Mapping[str, FloatArray]
    array_limit_kw: Mapping[str, FloatArray] = field(default_factory=dict)
    slowed: Mapping[str, FloatArray] = field(default_factory=dict)
    jobs_kw: Mapping[str, FloatArray] = field(default_factory=dict)
    cold_kw: Mapping[str, FloatArray] = field(default_factory=dict)
    heat_kw: Mapping[str, FloatArray] = field(default_factory=dict)


def worth_a_write(name: str) -> float:
    """Return the least change of `equipment.quantity` that counts; jobs have no quantity: no device is asked for their power."""
    quantity = QUANTITIES.get(name.rpartition(".")[2])
    return _LEAST_CHANGE if quantity is None else DEADBAND.get(quantity.unit, _LEAST_CHANGE)


def crahs_of(inputs: PlanInputs, plant: PlantModel, hall: str) -> Iterator[Crah]:
    """Yield the CRAHs of a hall on a plant that are in service."""
    for crah in inputs.site.crahs:
        if crah.hall == hall and crah.plant == plant.plant_id and inputs.site.in_service(crah.id, inputs.start):
            yield crah


def cdus_of(inputs: PlanInputs, loop_id: str) -> Iterator[tuple[Cdu, float]]:
    """Yield the CDUs of a loop that are in service, each with its share of the loop's flow."""
    loop = next(loop for loop in inputs.site.liquid_loops if loop.id == loop_id)
    cdus = [cdu for cdu in loop.cdus if inputs.site.in_service(cdu.id, inputs.start)]
    rated_lps = sum(cdu.rated_flow_lps for cdu in cdus)
    yield from ((cdu, cdu.rated_flow_lps / rated_lps) for cdu in cdus)


def coolers_of(inputs: PlanInputs, plant_id: str) -> list[str]:
    """Return the dry coolers of a plant with pads that are in service."""
    plant = next(plant for plant in inputs.site.plants if plant.id == plant_id)
    return [
        cooler.id
        for cooler in plant.dry_coolers
        if cooler.adiabatic_effectiveness_frac > 0 and inputs.site.in_service(cooler.id, inputs.start)
    ]


def dampers_of(inputs: PlanInputs, plant: PlantModel) -> list[str]:
    """Return the airside economizers that a plan moves in the halls of a plant."""
    halls = (hall for hall in inputs.site.halls if hall.id in plant.halls)
    units = [hall.economizer.id for hall in halls if hall.economizer is not None]
    return [unit for unit in units if unit in inputs.dampers_open]


def schedule_of(inputs: PlanInputs, decisions: Decisions) -> dict[str, FloatArray]:
    """Return the decisions as `equipment.quantity` -> value a step."""
    schedule: dict[str, FloatArray] = {}
    for plant in inputs.plants:
        schedule |= _plant_schedule(inputs, plant, decisions.states[plant.plant_id])
    by_equipment = (
        (AWAKE, decisions.awake),
        (WORK, decisions.work_kw),
        (CHARGE, decisions.charge_kw),
        (ARRAY_LIMIT, decisions.array_limit_kw),
        (JOB, decisions.jobs_kw),
        (CHARGE, decisions.cold_kw),
        (HEAT, decisions.heat_kw),
    )
    for quantity, values in by_equipment:
        schedule |= {f"{equipment}.{quantity}": value for equipment, value in values.items()}
    for pool, counts in decisions.slowed.items():
        schedule |= {f"{pool}.{quantity}": row for quantity, row in zip(SLOWED, counts, strict=False)}
    return schedule


def _plant_schedule(inputs: PlanInputs, plant: PlantModel, states: tuple[JointState, ...]) -> dict[str, FloatArray]:
    schedule = {
        f"{plant.plant_id}.{LEAVING_WATER}": np.array([state.leaving_water_degc for state in states]),
        f"{plant.plant_id}.{CHILLERS}": np.array([float(state.chillers_on) for state in states]),
        f"{plant.plant_id}.{MODE}": np.array([float(state.mode) for state in states]),
    }
    for index, hall in enumerate(plant.halls):
        air = np.array([state.supply_air_degc[index] for state in states])
        schedule |= {f"{crah.id}.{SUPPLY_AIR}": air for crah in crahs_of(inputs, plant, hall)}
    is_open = np.array([float(state.dampers_open) for state in states])
    return schedule | {f"{one}.{MODE}": is_open for one in dampers_of(inputs, plant)}


def decisions_of(inputs: PlanInputs, schedule: Mapping[str, tuple[float, ...]]) -> Decisions:
    """Read the decisions back from a schedule.

    Raises
    ------
    PlanError
        If a setpoint is missing, or two CRAHs that move as one differ.
    """
    charge_kw, tanks = (
        _by_equipment(schedule, CHARGE),
        [one.tank.id for one in inputs.site.plants if one.tank is not None],
    )
    return Decisions(
        states={plant.plant_id: _states(inputs, plant, schedule) for plant in inputs.plants},
        awake=_by_equipment(schedule, AWAKE),
        work_kw=_by_equipment(schedule, WORK),
        charge_kw={name: kw for name, kw in charge_kw.items() if name not in tanks},
        array_limit_kw=_by_equipment(schedule, ARRAY_LIMIT),
        slowed=_slowed(schedule),
        jobs_kw=_by_equipment(schedule, JOB),
        cold_kw={name: kw for name, kw in charge_kw.items() if name in tanks},
        heat_kw=_by_equipment(schedule, HEAT),
    )


def _by_equipment(schedule: Mapping[str, tuple[float, ...]], quantity: str) -> dict[str, FloatArray]:
    keys = [key for key in schedule if key.endswith(f".{quantity}")]
    return {key.removesuffix(f".{quantity}"): np.asarray(schedule[key]) for key in keys}


def _slowed(schedule: Mapping[str, tuple[float, ...]]) -> dict[str, FloatArray]:
    by_level = [_by_equipment(schedule, quantity) for quantity in SLOWED]
    return {pool: np.stack([level[pool] for level in by_level if pool in level]) for pool in by_level[0]}


def _states(inputs: PlanInputs, plant: PlantModel, schedule: Mapping[str, tuple[float, ...]]) -> tuple[JointState, ...]:
    water, chillers, mode = (
        _series(schedule, f"{plant.plant_id}.{quantity}") for quantity in (LEAVING_WATER, CHILLERS, MODE)
    )
    air = [_air(inputs, plant, hall, schedule) for hall in plant.halls]
    is_open = _dampers(inputs, plant, schedule)
    return tuple(
        JointState(
            Mode(round(mode[t])), water[t], tuple(values[t] for values in air), round(chillers[t]), bool(is_open[t])
        )
        for t in range(inputs.steps)
    )


def _air(
    inputs: PlanInputs, plant: PlantModel, hall: str, schedule: Mapping[str, tuple[float, ...]]
) -> tuple[float, ...]:
    series = {crah.id: _series(schedule, f"{crah.id}.{SUPPLY_AIR}") for crah in crahs_of(inputs, plant, hall)}
    if not series:
        raise PlanError(f"{hall} has no CRAH in service on {plant.plant_id}")
    return _alike(series, "supply-air setpoints")


def _dampers(inputs: PlanInputs, plant: PlantModel, schedule: Mapping[str, tuple[float, ...]]) -> tuple[float, ...]:
    """Return the command to the dampers; plans kept before they were planned count them as shut."""
    shut = (0.0,) * inputs.steps
    series = {one: schedule.get(f"{one}.{MODE}", shut) for one in dampers_of(inputs, plant)}
    return _alike(series, "damper commands") if series else shut


def _alike(series: Mapping[str, tuple[float, ...]], what: str) -> tuple[float, ...]:
    """Return the one course of what moves as one."""
    first, *others = series
    for other in others:
        if series[other] != series[first]:
            raise PlanError(f"{other} and {first} move as one but have different {what}")
    return series[first]


def _series(schedule: Mapping[str, tuple[float, ...]], key: str) -> tuple[float, ...]:
    if key not in schedule:
        raise PlanError(f"the schedule lacks {key}")
    return schedule[key]
