"""What the site would do now if the grid asked something of it: beside what it has promised already. Nothing of it is kept."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from facility.environment import Environment
from facility.findings import read_findings
from facility.inputs_now import inputs_now
from facility.plan.bases import Bases
from facility.plan.event_answer import EventAnswer, answer, course_of
from facility.plan.inputs import PlanInputs
from facility.plan.offers import Call, offer
from facility.plan.planner import make_plan
from facility.prepare.stood_in import planned_with
from facility.promises import Commitment, CommitmentKind, Offer
from facility.records import Plan
from facility.trust.believed import BelievedTelemetry

HOUR = timedelta(hours=1)
PRICE_FOLDS = (1.0, 3.0, 10.0)  # of the mean price of energy: a little, much, whatever it takes
WORTH_MORE_FOLD = 1.01  # so much more a dearer offer must bring


@dataclass(frozen=True, eq=False)
class Offering:
    """The inputs of a plan made now, the plan, and what follows if the grid asks; each answer takes some seconds."""

    inputs: PlanInputs

    @classmethod
    def of(cls, environment: Environment) -> Offering:
        """Measure and expect as a cycle does.

        Raises
        ------
        facility.errors.NotEnoughDataError, facility.errors.SignalError, facility.errors.PlanError
            When a plan cannot be made.
        """
        found = [finding for finding, _ in read_findings(environment.findings)]
        measured, last = BelievedTelemetry(environment.telemetry, found), environment.journal.latest_plan()
        now, points = environment.clock.now(), environment.loaded.points
        telemetry = planned_with(measured, environment.stand_ins, points, now)
        return cls(inputs_now(environment, telemetry, last, uuid.uuid4().hex[:12], archive=None))

    @cached_property
    def bases(self) -> Bases:
        """Where solvers begin, plan after plan."""
        return Bases()

    @cached_property
    def plan(self) -> Plan:
        """The plan without an event."""
        return make_plan(self.inputs, self.bases).plan

    @property
    def prices_per_kwh(self) -> tuple[float, ...]:
        """What a kWh less may be worth: folds of the mean price of energy."""
        return tuple(fold * self.inputs.price_scale_per_kwh for fold in PRICE_FOLDS)

    def calls(self, hours: int, duration: timedelta, notice: timedelta) -> Iterator[Call]:
        """Yield what the grid might ask in each of the coming whole hours that the plan covers."""
        first = self.inputs.start + (-self.inputs.start.timestamp() % 3600.0) * timedelta(seconds=1)
        for ahead in range(hours):
            start = first + ahead * HOUR
            if start + duration > self.plan.end:
                return
            yield from (Call(start, start + duration, notice, price) for price in self.prices_per_kwh)

    def offer(self, call: Call) -> Offer:
        """Return what can be offered for a call; raises as `facility.plan.offers.offer`."""
        return offer(self.inputs, self.plan, call, self.bases)

    def simulate(
        self, kw: float, start: datetime, end: datetime, notice: timedelta, penalty_per_kwh: float | None
    ) -> EventAnswer:
        """Return what would happen if the site were asked for so much less; None: it must deliver, whatever that costs.

        Raises
        ------
        facility.errors.PlanError
            If the event begins before the plan or ends after it.
        facility.errors.InfeasibleError, facility.errors.NoPlanFoundError
            If there is no plan that delivers, where it must.
        """
        baseline_kw = course_of(self.inputs, self.plan)
        asked = Commitment("event", CommitmentKind.REDUCTION, start, end, kw, baseline_kw, penalty_per_kwh)
        return answer(self.inputs, self.plan, asked, notice, self.bases)


def worthwhile(offers: Iterable[Offer]) -> Iterator[Offer]:
    """Yield offers but those that bring no more than a cheaper one of the same hours."""
    most: dict[tuple[datetime, datetime], float] = {}
    for one in sorted(offers, key=lambda one: (one.start, one.price_per_kwh)):
        hours = one.start, one.end
        if one.expected_kw > most.get(hours, -1.0) * WORTH_MORE_FOLD:
            most[hours] = one.expected_kw
            yield one
