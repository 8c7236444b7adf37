"""The states that a plan chooses from: those of a plant's grid, the setpoints in force among them.

The grid shifts a little with every training of the models. What is in force then lies between its levels, and to stay would not
be among the choices: a plan would leave for a level of nearly the same cost, and come back as soon as noise says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from facility.plan.inputs import PlantNow
from models.cooling import JointState

_SAME_K = 1e-6


def with_present(grid: Sequence[JointState], now: PlantNow) -> tuple[JointState, ...]:
    """Return the states of a grid, and where none of them holds the setpoints in force, these in the present mode.

    They are added with each number of chillers. Levels that lie near are not moved there: the grid's lie as far apart as
    setpoints may move in a step, and one that is moved has a neighbour out of reach. Beyond the grid's range setpoints in force
    are taken to its end: to hold what may not be asked for is no choice.
    """
    settings = np.array([(state.leaving_water_degc, *state.supply_air_degc) for state in grid])
    present = np.clip([now.leaving_water_degc, *now.supply_air_degc], settings.min(axis=0), settings.max(axis=0))
    if (np.abs(settings - present) < _SAME_K).all(axis=1).any():
        return tuple(grid)
    water, *air = present.tolist()
    as_now = [state for state in grid if (state.mode, state.dampers_open) == (now.mode, now.dampers_open)]
    held = (replace(state, leaving_water_degc=water, supply_air_degc=tuple(air)) for state in as_now)
    return tuple(dict.fromkeys([*grid, *held]))
