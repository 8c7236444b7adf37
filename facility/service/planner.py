"""The planner's process: a cycle every `planning.interval_min`, and at once when the model, the site or its condition changes.

So it is when what the site has promised to the grid changes, and the plan that is being made then is begun again. The condition
changes when a machine fails or returns, and when an abnormal state begins or ends. In between the plan in force is followed: every
`planning.track_min` it is corrected by what was measured.
"""

from __future__ import annotations

import time
import uuid

import structlog

from facility.cycle import CycleOutcome, run_cycle
from facility.environment import open_environment
from facility.errors import FacilityError, NotEnoughDataError
from facility.follow import Follower
from facility.keeping_up import KeepingUp
from facility.learn.model_store import ModelStore
from facility.log import get_logger
from facility.plan.bases import Bases
from facility.records import Event
from facility.service.events import record_event
from facility.service.override_watch import notice_overrides
from facility.service.promise_watch import PromiseWatch
from facility.service.signal_watch import keep_fetching
from facility.service.worker import Worker
from facility.site_file import LoadedSite

RETRY_S = 60.0  # after a cycle that gave no plan
LOOK_S = 1.0  # for what has changed
_log = get_logger(__name__)


def run(worker: Worker) -> None:
    """Plan until the process is ended. A cycle may be cut off anywhere: the journal takes a plan whole or not at all."""
    worker.heartbeat.keep_beating()
    keep_fetching(worker)
    keeping_up = KeepingUp(PromiseWatch(worker))
    loaded, follower, last, bases = worker.loaded, Follower(worker.loaded), None, Bases()
    while True:
        began = time.monotonic()
        if worker.loaded is not loaded:
            loaded, last, bases = worker.loaded, None, Bases()
            follower = Follower(loaded)
        fresh = plan_once(worker, bases, keeping_up)
        last = fresh or last
        interval_s = 60.0 * loaded.site.planning.interval_min
        until = began + (interval_s if fresh else min(RETRY_S, interval_s))
        _follow_until(worker, follower, last, until, planned_with=loaded, promises=keeping_up)


def plan_once(worker: Worker, bases: Bases | None = None, keeping_up: KeepingUp | None = None) -> CycleOutcome | None:
    """Run one cycle under a correlation id of its own; return what it gave, if it gave a plan."""
    correlation_id = uuid.uuid4().hex[:12]
    with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
        worker.heartbeat.say("planning", correlation_id=correlation_id, site_revision=worker.loaded.revision)
        began = time.monotonic()
        try:
            with open_environment(worker.loaded, worker.state, worker.clock) as environment:
                notice_overrides(worker.loaded, worker.state, environment.telemetry, worker.clock)
                outcome = run_cycle(environment, correlation_id, bases=bases, keeping_up=keeping_up)
        except FacilityError as error:
            _failed(worker, error, correlation_id)
            return None
        seconds = round(time.monotonic() - began, 2)
        plan, recommendations = outcome.plan, outcome.recommendations
        _log.info(
            "planned", plan=plan.id, recommendations=len(recommendations), gap=round(plan.gap, 5), seconds=seconds
        )
        unmet = [str(one) for one in plan.unmet]
        if unmet:
            _log.warning("planned in part", plan=plan.id, until=plan.end.isoformat(), unmet=unmet)
        worker.heartbeat.say(
            "waiting", last_plan=plan.id, last_success=plan.created, cycle_s=seconds, last_error=None, unmet=unmet
        )
        return outcome


def follow_once(worker: Worker, follower: Follower, outcome: CycleOutcome) -> bool:
    """Correct the plan in force by what was measured; a plan that outlived two intervals is followed no more.

    Return whether the plan still stands: not once machines have failed or returned, or the site's state has changed.
    """
    plan = outcome.plan
    if worker.clock.now() - plan.created >= worker.loaded.site.planning.valid_for:
        return True
    try:
        with open_environment(worker.loaded, worker.state, worker.clock) as environment:
            tracking = follower.follow(environment, plan, outcome.condition)
    except FacilityError as error:
        _log.error("plan not followed", kind=type(error).__name__, reason=str(error))
        worker.heartbeat.say("waiting", follow_error=str(error))
        return True
    stands, corrected = follower.condition == outcome.condition, sorted(tracking.setpoints())
    if not stands:
        _log.warning("the plan stands no more", plan=plan.id, reasons=list(tracking.notes))
    _log.info("followed", plan=plan.id, corrected=len(corrected), short=[str(one) for one in tracking.shortfalls])
    worker.heartbeat.say("waiting", last_followed=tracking.at, corrected=corrected, follow_error=None)
    return stands


def _failed(worker: Worker, error: FacilityError, correlation_id: str) -> None:
    if isinstance(error, NotEnoughDataError):
        _log.warning("no plan yet", reason=str(error))
    else:
        _log.error("no plan; the plant stays on its own controls", kind=type(error).__name__, reason=str(error))
    worker.heartbeat.say("waiting", last_error=str(error), last_error_kind=type(error).__name__)
    event = Event(
        worker.clock.now(),
        "cycle.failed",
        worker.loaded.site.id,
        "planner",
        {"kind": type(error).__name__, "reason": str(error)},
        correlation_id,
    )
    record_event(worker.loaded, worker.state, event)


def _follow_until(
    worker: Worker,
    follower: Follower,
    last: CycleOutcome | None,
    until: float,
    *,
    planned_with: LoadedSite,
    promises: PromiseWatch | KeepingUp,
) -> None:
    """Follow a plan until a time of the monotonic clock, a new model, site or promise, or until it stands no more."""
    models = ModelStore(worker.state.models)
    serving, track_s = models.serving(), 60.0 * planned_with.site.planning.track_min
    next_follow = time.monotonic() + track_s
    while (left := until - time.monotonic()) > 0 and models.serving() == serving and worker.loaded is planned_with:
        if last is not None and time.monotonic() >= next_follow:
            if not follow_once(worker, follower, last):
                return
            next_follow += track_s
        if promises.changed():
            _log.info("planning at once: what is promised to the grid has changed")
            return
        time.sleep(min(LOOK_S, left))
