"""When a plan that recommends nothing now will first change something: it says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from facility.plan.decisions import Decisions, schedule_of, worth_a_write
from facility.plan.inputs import PlanInputs
from facility.records import LeverSaving


def nothing_now(
    inputs: PlanInputs, levers: Sequence[LeverSaving], decisions: Decisions, held: Decisions
) -> Iterator[str]:
    """Yield a note where no lever moves now: decisions differ from present operation later, if at all."""
    if any(lever.moves for lever in levers):
        return
    planned, present = schedule_of(inputs, decisions), schedule_of(inputs, held)
    differ = [np.abs(course - present[name]) >= worth_a_write(name) for name, course in planned.items()]
    later = np.flatnonzero(np.any(differ, axis=0))
    if later.size:
        yield f"nothing to change now; first at {inputs.times[later[0]]:%Y-%m-%d %H:%M} UTC, as forecasts stand"
    else:
        yield "nothing to change: the plan is present operation within what is worth a write"
