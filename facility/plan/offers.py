"""Offers to the grid: how much less the site could draw for some hours, at what cost, with what confidence.

An offer is a plan: what the site would decide if it were told, `notice` before, that each kWh less in these hours is worth a price.
Everything that can move is in it, with all limits. Its baseline is the plan in force as it stands at the notice. Where it gives
much in some hours and little in others, as a battery does that does not last, the level is offered for which it lasts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from facility.plan.bases import Bases
from facility.plan.event_answer import EventAnswer, answer, course_of
from facility.plan.inputs import PlanInputs
from facility.plan.vertices import IntArray
from facility.promises import Commitment, CommitmentKind, Offer
from facility.records import Plan

_RAMPED_FRAC = 0.9  # of the median reduction: what a step brings less is on its way there
_LEVEL_FRAC = 0.9  # of the mean reduction: where a step brings less, it is no level


@dataclass(frozen=True, slots=True)
class Call:
    """What the grid might ask: hours, how long before it tells, and what a kWh less is worth."""

    start: datetime
    end: datetime
    notice: timedelta
    price_per_kwh: float


def offer(inputs: PlanInputs, plan: Plan, call: Call, bases: Bases | None = None) -> Offer:
    """Return what a site with a plan could offer for a call.

    Raises
    ------
    facility.errors.PlanError
        If the call begins before the plan or ends after it.
    facility.errors.InfeasibleError, facility.errors.NoPlanFoundError
        If there is no plan from the notice on.
    """
    # To draw nothing, or be fined for each kWh: what the site then still draws is worth more to it than the price.
    nothing = Commitment(
        "offer", CommitmentKind.IMPORT_CAP, call.start, call.end, 0.0, penalty_per_kwh=call.price_per_kwh
    )
    given = answer(inputs, plan, nothing, call.notice, bases)
    less_kw = given.less_kw[given.during]
    if less_kw.min() < _LEVEL_FRAC * less_kw.mean():
        level = replace(
            nothing,
            kind=CommitmentKind.REDUCTION,
            amount_kw=float(less_kw.mean()),
            baseline_kw=course_of(inputs, plan),
        )
        given = answer(inputs, plan, level, call.notice, bases)
    return _offer(call, given)


def _offer(call: Call, given: EventAnswer) -> Offer:
    ramped = _ramped(given)
    expected_kw = max(float(given.less_kw[ramped].min()), 0.0)
    return Offer(
        start=call.start,
        end=call.end,
        notice=call.notice,
        price_per_kwh=call.price_per_kwh,
        kw=max(expected_kw - given.margin_kw(ramped), 0.0),
        expected_kw=expected_kw,
        cost=given.cost(),
        ramp=int(ramped[0] - given.during[0]) * given.inputs.site.step,
        by_source_kw=given.by_source_kw(ramped),
        recovery_peak_kw=given.recovery_peak_kw,
        recovery_kwh=given.recovery_kwh,
    )


def _ramped(given: EventAnswer) -> IntArray:
    """Return the steps of an event after those in which the reduction only comes; all of them, where it never does."""
    during, less_kw = given.during, given.less_kw[given.during]
    there = np.flatnonzero(less_kw >= _RAMPED_FRAC * np.median(less_kw))
    return during[there[0] :] if there.size else during
