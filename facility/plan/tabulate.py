"""Tabulated states of every plant for the steps of a plan, over the heat that its servers and work can ask for."""

from __future__ import annotations

import numpy as np

from facility.plan.case import ItCase
from facility.plan.present_states import with_present
from models.surrogate import StateTable, build_state_table

KNOTS, WIDE_KNOTS = 8, 12  # heats sampled; more where tanks and heat pumps widen their range
_LEAST_SPAN_KW = 1e-3


def tables_of(it: ItCase) -> dict[str, StateTable]:
    """Return the tables given with the inputs, and make those that are missing."""
    tables = {}
    for plant in it.inputs.plants:
        given = it.inputs.tables.get(plant.plant_id)
        if given is None:
            low, high = it.room_range(plant.plant_id)
            own = it.plant_range(plant.plant_id)
            direct = not all(np.array_equal(one, other) for one, other in zip(own, (low, high), strict=True))
            forecast = it.heat.load(plant, it.heat.base_kw())
            high = np.maximum(high, low + _LEAST_SPAN_KW)
            # Not pruned: ramps of supply air may need a state on the way that a better one dominates.
            given = build_state_table(
                plant,
                forecast,
                states=with_present(plant.states(), it.inputs.plants_now[plant.plant_id]),
                heat_low_kw=low,
                heat_high_kw=high,
                it_range_kw=own if direct else None,
                knots=WIDE_KNOTS if direct else KNOTS,
                prune=False,
            )
        tables[plant.plant_id] = given
    return tables
