"""The planner's process: a cycle every `planning.interval_min`, and at once when there is a new model or a changed site."""

from __future__ import annotations

import time
import uuid

import structlog

from facility.cycle import run_cycle
from facility.environment import open_environment
from facility.errors import FacilityError, NotEnoughDataError
from facility.heartbeat import BEAT_S
from facility.learn.model_store import ModelStore
from facility.log import get_logger
from facility.records import Event
from facility.service.events import record_event
from facility.service.override_watch import notice_overrides
from facility.service.worker import Worker
from facility.site_file import LoadedSite

RETRY_S = 60.0  # after a cycle that gave no plan
_log = get_logger(__name__)


def run(worker: Worker) -> None:
    """Plan until the process is ended. A cycle may be cut off anywhere: the journal takes a plan whole or not at all."""
    worker.heartbeat.keep_beating()
    while True:
        began, loaded = time.monotonic(), worker.loaded
        planned = plan_once(worker)
        interval_s = 60.0 * loaded.site.planning.interval_min
        _wait(worker, loaded, began + (interval_s if planned else min(RETRY_S, interval_s)))


def plan_once(worker: Worker) -> bool:
    """Run one cycle under a correlation id of its own; tell whether it gave a plan."""
    correlation_id = uuid.uuid4().hex[:12]
    with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
        worker.heartbeat.say("planning", correlation_id=correlation_id, site_revision=worker.loaded.revision)
        began = time.monotonic()
        try:
            with open_environment(worker.loaded, worker.state, worker.clock) as environment:
                notice_overrides(worker.loaded, worker.state, environment.telemetry, worker.clock)
                outcome = run_cycle(environment, correlation_id)
        except FacilityError as error:
            _failed(worker, error, correlation_id)
            return False
        seconds = round(time.monotonic() - began, 2)
        plan, recommendations = outcome.plan, outcome.recommendations
        _log.info(
            "planned", plan=plan.id, recommendations=len(recommendations), gap=round(plan.gap, 5), seconds=seconds
        )
        worker.heartbeat.say("waiting", last_plan=plan.id, last_success=plan.created, cycle_s=seconds, last_error=None)
        return True


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


def _wait(worker: Worker, planned_with: LoadedSite, until: float) -> None:
    """Wait until a time of the monotonic clock, a new model or a changed site."""
    models = ModelStore(worker.state.models)
    serving = models.serving()
    while (left := until - time.monotonic()) > 0 and models.serving() == serving and worker.loaded is planned_with:
        time.sleep(min(BEAT_S, left))
