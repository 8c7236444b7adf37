"""What local controls make of setpoints that a plant cannot hold: the nearest that it can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

import numpy as np

from facility.plan.inputs import PlanInputs
from facility.plan.simulate import Path, PlantRun, answered_run, evaluate_path
from models.cooling import JointState, Load, PlantModel, PlantResponse, answers

# Local controls stage chillers before they change the economizer, and change that before an operator moves a setpoint.
_CHILLER_AWAY, _MODE_AWAY, _KELVIN_AWAY = 1.0, 10.0, 100.0
# States asked about together, twice as many whenever none of them is feasible: a call costs what some thousand rows cost.
_AT_ONCE = 8


def by_local_controls(
    inputs: PlanInputs, plant: PlantModel, paths: Sequence[Path], loads: Sequence[Load]
) -> Iterator[PlantRun]:
    """Yield the run of each path: where a wanted state is infeasible, of the nearest that is feasible."""
    states, response = _nearest(plant, tuple(chain(*paths)), Load.of(loads))
    for place, load in enumerate(loads):
        rows = slice(place * inputs.steps, (place + 1) * inputs.steps)
        yield answered_run(inputs, plant, states[rows], load, response.at(rows))


def _nearest(plant: PlantModel, wanted: Path, load: Load) -> tuple[Path, PlantResponse]:
    states, response, every = list(wanted), evaluate_path(plant, wanted, load), plant.states()
    infeasible = np.flatnonzero(~response.feasible)
    stuck = [
        (infeasible[[wanted[row] == state for row in infeasible]], iter(_nearest_first(state, every)))
        for state in dict.fromkeys(wanted[row] for row in infeasible)
    ]
    at_once = _AT_ONCE
    while asked := [(rows, other) for rows, others in stuck if rows.size for other in islice(others, at_once)]:
        at_once *= 2
        told = dict(answers(plant, [(other, load.at(rows)) for rows, other in asked]))
        places, begin = np.arange(load.rows), load.rows
        for place, (rows, other) in enumerate(asked):
            found = told[place].feasible & (places[rows] == rows)
            places[rows[found]] = begin + np.flatnonzero(found)
            begin += rows.size
            for row in rows[found]:
                states[row] = other
        response = PlantResponse.of([response, *(told[place] for place in range(len(asked)))]).at(places)
        stuck = [(rows[~response.feasible[rows]], others) for rows, others in stuck]
    return tuple(states), response


def _nearest_first(wanted: JointState, states: Sequence[JointState]) -> list[JointState]:
    def away(state: JointState) -> float:
        kelvin = abs(state.leaving_water_degc - wanted.leaving_water_degc)
        kelvin += sum(abs(a - b) for a, b in zip(state.supply_air_degc, wanted.supply_air_degc, strict=True))
        chillers = abs(state.chillers_on - wanted.chillers_on)
        modes = (state.mode != wanted.mode) + (state.dampers_open != wanted.dampers_open)
        return _KELVIN_AWAY * kelvin + _MODE_AWAY * modes + _CHILLER_AWAY * chillers

    return sorted(states, key=away)
