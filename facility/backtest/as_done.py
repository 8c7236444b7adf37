"""What was really decided, measured: the joint state of each plant, servers awake, work and charging of each step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from facility.backtest.measured import Measured
from facility.errors import NotEnoughDataError
from facility.learn.twin import LEAVING_WATER, SUPPLY_AIR
from facility.plan.case import ItCase
from facility.plan.decisions import Decisions, crahs_of, dampers_of
from facility.plan.inputs import PlanInputs
from facility.records import FloatArray
from models.cooling import JointState, Mode, PlantModel

_OPEN = 0.5  # dampers: 0 shut, 1 open


def decisions_as_done(it: ItCase, measured: Measured, planned: Decisions) -> tuple[Decisions, list[str]]:
    """Return what was done, and notes on what was not measured.

    Work and charging that are not measured count as the plan has them, so that nothing is claimed for them.

    Raises
    ------
    NotEnoughDataError
        If setpoints or modes were not measured.
    """
    states = {plant.plant_id: _states(it.inputs, plant, measured) for plant in it.inputs.plants}
    awake = {pool: measured.mean(f"{pool}.awake_servers") for pool in planned.awake}
    work, notes = _or_as_planned(measured, "deferrable_power_kw", planned.work_kw)
    charge, more = _or_as_planned(measured, "charge_power_kw", planned.charge_kw)
    free = {name: np.full(it.inputs.steps, case.array.rated_kw) for name, case in it.arrays.items()}
    cold, of_tanks = _or_as_planned(measured, "charge_power_kw", planned.cold_kw)
    heat, of_pumps = _or_as_planned(measured, "heat_output_kw", planned.heat_kw)
    done = Decisions(states, awake, work, charge, free, cold_kw=cold, heat_kw=heat)
    return done, [*notes, *more, *of_tanks, *of_pumps]


def _or_as_planned(
    measured: Measured, quantity: str, planned: Mapping[str, FloatArray]
) -> tuple[dict[str, FloatArray], list[str]]:
    known = {name: bool(measured.points(f"{name}.{quantity}")) for name in planned}
    done = {name: measured.mean(f"{name}.{quantity}") if known[name] else values for name, values in planned.items()}
    return done, [f"{name}: {quantity} is not measured; nothing is claimed for it" for name in known if not known[name]]


def _states(inputs: PlanInputs, plant: PlantModel, measured: Measured) -> tuple[JointState, ...]:
    mode, chillers = _mode_and_chillers(inputs, plant.plant_id, measured)
    water = measured.mean(f"{plant.plant_id}.{LEAVING_WATER}")
    air = np.stack([_supply_air(inputs, plant, hall, measured) for hall in plant.halls], axis=1)
    dampers = [measured.state(f"{one}.economizer_mode") >= _OPEN for one in dampers_of(inputs, plant)]
    is_open = np.any(dampers, axis=0) if dampers else np.zeros(inputs.steps, bool)
    return tuple(
        JointState(
            Mode(int(mode[step])),
            float(water[step]),
            tuple(map(float, air[step])),
            int(chillers[step]),
            bool(is_open[step]),
        )
        for step in range(inputs.steps)
    )


def _mode_and_chillers(inputs: PlanInputs, plant_id: str, measured: Measured) -> tuple[FloatArray, FloatArray]:
    """Return modes and chillers on that go together: a change of mode takes minutes, in which they do not."""
    described = next(one for one in inputs.site.plants if one.id == plant_id)
    mode = np.full(inputs.steps, float(Mode.MECHANICAL))
    if described.economizer is not None:
        mode = measured.state(f"{plant_id}.economizer_mode")
    chillers = np.clip(measured.state(f"{plant_id}.chillers_staged"), 1.0, len(described.chillers))
    return mode, np.where(mode == Mode.FREE, 0.0, chillers)


def _supply_air(inputs: PlanInputs, plant: PlantModel, hall: str, measured: Measured) -> FloatArray:
    """Return the mean setpoint of a hall's CRAHs in service, of those that tell theirs."""
    keys = [f"{crah.id}.{SUPPLY_AIR}" for crah in crahs_of(inputs, plant, hall)]
    known = [measured.mean(key) for key in keys if measured.points(key)]
    if not known:
        raise NotEnoughDataError([f"{SUPPLY_AIR} of a CRAH of {hall}"])
    return np.asarray(np.mean(known, axis=0))
