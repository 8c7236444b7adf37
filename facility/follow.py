"""Between two plans: the one in force, corrected by what is measured. The little brother of `facility.cycle`.

Each `planning.track_min` minutes batteries, work that may wait, awake servers and the air of the halls are held to the plan's
course and to the limits that it was made for. What differs from the plan becomes a recommendation of now, with its reason.
While the site is in an abnormal state nothing is followed: the plant stays on its own controls.
"""

from __future__ import annotations

from facility.advise.corrected import corrections_of
from facility.corrections import Tracking
from facility.environment import Environment
from facility.errors import NoPlanFoundError
from facility.findings import read_findings
from facility.prepare.condition import Condition, condition_of
from facility.prepare.locked_out import with_lock_outs
from facility.prepare.setpoint_log import SetpointLog
from facility.prepare.stood_in import planned_with
from facility.prepare.tracking import Memory, track_inputs
from facility.records import Event, Plan
from facility.site_file import LoadedSite
from facility.track.correct import Tracker
from facility.trust.believed import BelievedTelemetry
from facility.units import DEADBAND


class Follower:
    """Follows the plans of a site; keeps between calls what is too dear to be found anew each few minutes."""

    def __init__(self, loaded: LoadedSite) -> None:
        self._loaded, self._tracker, self._memory = loaded, Tracker(), Memory(SetpointLog(loaded))
        self._last: Tracking | None = None
        self.condition = Condition()  # of the plant at the last call

    def follow(self, environment: Environment, plan: Plan, made_under: Condition | None = None) -> Tracking:
        """Correct the plan now and journal what has changed: corrections as recommendations, passed limits and notes as an event.

        A plan that was `made_under` another condition is not followed, and none is in an abnormal state: what was corrected is
        taken back.

        Raises
        ------
        NoPlanFoundError
            If the plan is too old to be followed.
        facility.errors.HistoryError, facility.errors.JournalError
            If readings cannot be read, or the journal takes nothing.
        """
        now = environment.clock.now()
        loaded = with_lock_outs(self._loaded, environment.lock_outs, now)
        if now >= plan.end:
            raise NoPlanFoundError(f"plan {plan.id} has ended; `facility recommend SITE` makes a new one")
        telemetry = _believed(environment)
        self.condition = condition_of(loaded, telemetry, now)
        against = self.condition.against(made_under)
        if against:
            tracking = Tracking(plan.id, now, notes=tuple(f"not followed: {reason}" for reason in against))
        else:
            present = planned_with(telemetry, environment.stand_ins, loaded.points, now)
            tracking = self._tracker.correct(track_inputs(loaded, present, plan, self._memory, now))
        self._memory.remember(tracking)
        if not _alike(self._last, tracking):
            environment.journal.correct_plan(plan, corrections_of(tracking, plan, loaded), now)
        said = (*map(str, tracking.shortfalls), *tracking.notes)
        if said and (self._last is None or not _of(tracking) <= _of(self._last)):
            detail = {"plan": plan.id, "said": "; ".join(said)}
            environment.journal.append(Event(now, "plan.followed", loaded.site.id, "planner", detail, plan.id))
        self._last = tracking
        return tracking


def condition_now(environment: Environment) -> Condition:
    """Return what the plant says of itself now; a plan made under another condition is to be made anew."""
    now = environment.clock.now()
    return condition_of(with_lock_outs(environment.loaded, environment.lock_outs, now), _believed(environment), now)


def _believed(environment: Environment) -> BelievedTelemetry:
    return BelievedTelemetry(environment.telemetry, [finding for finding, _ in read_findings(environment.findings)])


def _alike(last: Tracking | None, tracking: Tracking) -> bool:
    """Tell whether nothing worth a write has changed since the last call."""
    before, after = ({} if last is None else last.setpoints()), tracking.setpoints()
    units = {target: one.unit for one in tracking.corrections for target in one.targets}
    same_plan = last is None or last.plan_id == tracking.plan_id
    return (
        same_plan
        and before.keys() == after.keys()
        and all(abs(after[target] - before[target]) < DEADBAND[unit] for target, unit in units.items())
    )


def _of(tracking: Tracking) -> set[str]:
    """Return what is said without figures and times, which change with every call."""
    limits = {one.limit.rstrip("0123456789:") for one in tracking.shortfalls}
    return limits | {note.partition(":")[0] for note in tracking.notes}
