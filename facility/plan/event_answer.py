"""What a site does when the grid asks something of it: a plan made at the notice, beside the plan in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from facility.errors import InfeasibleError
from facility.plan.baseline import carried_out
from facility.plan.bases import Bases
from facility.plan.case import ItCase
from facility.plan.decisions import CHARGE, WORK_VALUE, decisions_of
from facility.plan.in_force import coming
from facility.plan.inputs import PlanInputs
from facility.plan.later import begin_later
from facility.plan.planner import make_plan
from facility.plan.vertices import IntArray
from facility.promises import Commitment
from facility.records import FloatArray, Plan

RECOVERY = timedelta(hours=4)  # after the event, in which what was put off comes back
SITE_KW, HALF_WIDTH_KW = "site.power_kw", "site.power_half_width_kw"
# From half of a two-sided 90 % interval to what is not exceeded in nine of ten cases, of a normal error.
_ONE_SIDED = 1.2816 / 1.6449
_SOURCES = {"it": "site.it_power_kw", "cooling": "site.cooling_power_kw", "losses": "site.electrical_loss_kw"}


@dataclass(frozen=True, slots=True, eq=False)
class EventAnswer:
    """A plan that answers an event, and the one in force as it stood at the notice; arrays have a value a step of `plan`.

    Attributes
    ----------
    inputs
        Of the answer, from the notice on.
    baseline
        The series of the plan in force.
    plan
        The answer.
    asked
        What was asked.
    """

    inputs: PlanInputs
    baseline: Mapping[str, FloatArray]
    plan: Plan
    asked: Commitment

    @property
    def less_kw(self) -> FloatArray:
        """How much less the site draws than it would have."""
        return np.asarray(self.baseline[SITE_KW] - self._answered(SITE_KW))

    @property
    def during(self) -> IntArray:
        """The steps of the event."""
        return self._steps(self.asked.start, self.asked.end)

    @property
    def after(self) -> IntArray:
        """The steps in which what was put off comes back."""
        return self._steps(self.asked.end, self.asked.end + RECOVERY)

    @property
    def recovery_kwh(self) -> float:
        """How much more the site draws then."""
        return float(-self.less_kw[self.after].sum() * self.inputs.step_h)

    @property
    def recovery_peak_kw(self) -> float:
        """How much higher its power gets then than it would have been."""
        highest = [course[self.after].max(initial=0.0) for course in (self._answered(SITE_KW), self.baseline[SITE_KW])]
        return max(float(highest[0] - highest[1]), 0.0)

    def cost(self) -> float:
        """Return what the answer costs more than the plan in force, what is paid or fined for the event left out.

        It may be a little less than nothing: a plan made later is no worse than what remains of an older one.
        """
        value = self.plan.schedule[WORK_VALUE][0]  # what is left undone counts alike in both
        kept = decisions_of(self.inputs, {key: tuple(course) for key, course in self.baseline.items()})
        (held,) = carried_out([(ItCase.of(self.inputs), kept)], value)
        fined = sum(one.cost for one in self.plan.commitments if one.id == self.asked.id)
        return self.plan.cost.total_cost - fined - held.cost.total_cost

    def by_source_kw(self, steps: IntArray) -> dict[str, float]:
        """Return the mean reduction in some steps by what gives it: `it`, `cooling`, `losses`, `battery`, `other`."""
        less = {name: self._mean_less_kw(key, steps) for name, key in _SOURCES.items()}
        charges = [f"{battery.id}.{CHARGE}" for battery in self.inputs.site.batteries]
        less["battery"] = sum((self._mean_less_kw(key, steps) for key in charges if key in self.plan.schedule), 0.0)
        less["other"] = self._mean_less_kw(SITE_KW, steps) - sum(less.values())
        return less

    def margin_kw(self, steps: IntArray) -> float:
        """Return by how much it may deliver less in one case of ten: for the load, and for what models err."""
        half_width_kw = float(self._answered(HALF_WIDTH_KW)[steps].mean())
        return float(np.hypot(self._load_margin_kw(steps), _ONE_SIDED * half_width_kw))

    def _load_margin_kw(self, steps: IntArray) -> float:
        """Return how much more the site draws in the mean if the load comes at the highest of its scenarios."""
        inputs = self.inputs
        it, decisions = ItCase.of(inputs), decisions_of(inputs, self.plan.schedule)
        cases = [it, *(it.under(replace(inputs, it_power_kw=load)) for load in inputs.load_scenarios)]
        expected, *others = carried_out([(case, decisions) for case in cases], 0.0)
        return max((float((one.site_kw - expected.site_kw)[steps].mean()) for one in others), default=0.0)

    def _mean_less_kw(self, key: str, steps: IntArray) -> float:
        return float((self.baseline[key] - self._answered(key))[steps].mean())

    def _answered(self, key: str) -> FloatArray:
        return np.array(self.plan.schedule[key])

    def _steps(self, start: datetime, end: datetime) -> IntArray:
        step = self.inputs.site.step
        first, last = (start - self.inputs.start) // step, -((self.inputs.start - end) // step)
        return np.arange(max(first, 0), min(last, self.plan.steps))


def answer(
    inputs: PlanInputs, plan: Plan, asked: Commitment, notice: timedelta, bases: Bases | None = None
) -> EventAnswer:
    """Return what the site would do if it were asked something, `notice` before, with a plan in force that began with `inputs`.

    A baseline has a value a step of `inputs`.

    Raises
    ------
    facility.errors.PlanError
        If the event begins before the plan or ends after it.
    facility.errors.InfeasibleError, facility.errors.NoPlanFoundError
        If there is no plan from the notice on.
    """
    at_step = told_step(inputs, asked.start - notice)
    then = begin_later(inputs, plan, at_step)
    if asked.baseline_kw is not None:
        asked = replace(asked, baseline_kw=asked.baseline_kw[at_step:])
    answered = make_plan(replace(then, commitments=(*then.commitments, asked)), bases).plan
    if answered.end < asked.end:  # cut short before what cannot be met
        raise InfeasibleError(answered.unmet)
    baseline = {key: np.array(coming(then, plan, key))[: answered.steps] for key in plan.schedule}
    return EventAnswer(then, baseline, answered, asked)


def course_of(inputs: PlanInputs, plan: Plan) -> FloatArray:
    """Return what a plan has the site draw in each step of its inputs; where it was cut short, its last step goes on."""
    course = np.array(plan.schedule[SITE_KW])
    return np.pad(course, (0, inputs.steps - len(course)), mode="edge")


def told_step(inputs: PlanInputs, told: datetime) -> int:
    """Return the first step that may answer what is told then: the one after."""
    return max(0, -((inputs.start - told) // inputs.site.step))
