"""The states that a plan chooses from: those of a plant's grid, the setpoints in force among them.

The grid shifts a little with every training of the models. What is in force then lies between its levels, and to stay would not
be among the choices: a plan would leave for a level of nearly the same cost, and come back as soon as noise says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from facility.plan.inputs import PlantNow
from facility.units import DEADBAND
from models.cooling import JointState

_ALIKE_K = DEADBAND["degC"]  # no write would tell less


def with_present(grid: Sequence[JointState], now: PlantNow) -> tuple[JointState, ...]:
    """Return the states of a grid, with levels that hardly differ from the setpoints in force put there.

    Where none of the grid then holds these setpoints, they are added in the present mode, with each number of chillers. Beyond
    the grid's range they are taken to its end: to hold what may not be asked for is no choice.
    """
    settings = np.array([(state.leaving_water_degc, *state.supply_air_degc) for state in grid])
    present = np.clip([now.leaving_water_degc, *now.supply_air_degc], settings.min(axis=0), settings.max(axis=0))
    alike = np.abs(settings - present) < _ALIKE_K
    water, *air = present.tolist()
    states = dict.fromkeys(
        replace(
            state,
            leaving_water_degc=water if row[0] else state.leaving_water_degc,
            supply_air_degc=tuple(air) if row[1:].all() else state.supply_air_degc,
        )
        for state, row in zip(grid, alike, strict=True)
    )
    if not alike.all(axis=1).any():
        as_now = [state for state in grid if (state.mode, state.dampers_open) == (now.mode, now.dampers_open)]
        held = (replace(state, leaving_water_degc=water, supply_air_degc=tuple(air)) for state in as_now)
        states |= dict.fromkeys(held)
    return tuple(states)
