"""A plan made as of a time in the past: readings, models and forecasts as they were then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from facility.backtest.recorded import Recorded
from facility.backtest.signals_then import Basis, SignalsThen
from facility.errors import InfeasibleError
from facility.learn.twin import Learned
from facility.plan.inputs import PlanInputs
from facility.plan.planner import make_plan
from facility.prepare.present import inputs_at
from facility.records import Plan


@dataclass(frozen=True, slots=True, eq=False)
class DayPlan:
    """A plan, what it was made from, and the end of what it is judged by."""

    end: datetime
    inputs: PlanInputs
    plan: Plan
    models: str
    basis: Mapping[str, Basis]  # by quantity of the forecasts


def plan_as_of(recorded: Recorded, learned: Learned, models: str, window: tuple[datetime, datetime]) -> DayPlan:
    """Plan as it would have been planned at the begin of a window; `models` says what was learned from.

    Raises
    ------
    facility.errors.FacilityError
        When there would have been no plan of the whole window, or it cannot be known.
    """
    at, end = window
    then = recorded.believed_then(at)
    signals = SignalsThen(recorded, then)
    correlation_id = f"backtest-{at:%Y%m%dT%H%M}"
    inputs = inputs_at(recorded.loaded, then, signals, learned, at, archive=None, correlation_id=correlation_id)
    plan = make_plan(inputs).plan
    if plan.unmet and plan.end < end:
        raise InfeasibleError(plan.unmet)
    return DayPlan(end, inputs, plan, models, signals.basis)
