"""The trainer's process: trains at once without a model, each night, and when the plant leaves its models or what they saw."""

from __future__ import annotations

import time
import uuid
from functools import partial

import structlog

from facility.environment import open_environment
from facility.errors import FacilityError
from facility.learn.drift_watch import note_drift
from facility.learn.model_events import drift_event, training_events
from facility.learn.model_store import ModelStore
from facility.learn.new_ground import new_ground
from facility.learn.training import train_site
from facility.log import get_logger
from facility.service.events import record_events
from facility.service.training_due import Reasons
from facility.service.worker import Worker

LOOK_S = 20.0
_log = get_logger(__name__)


def run(worker: Worker) -> None:
    """Train until the process is ended. A training may be cut off anywhere: a version of the models is kept whole or not at all."""
    worker.heartbeat.keep_beating()
    reasons = reasons_of(worker)
    while True:
        while not (why := reasons.due(worker.loaded, worker.clock.now())):
            next_training = reasons.night or reasons.retry
            worker.heartbeat.say("waiting", next_training=next_training, serving=reasons.models.serving())
            time.sleep(LOOK_S)  # not one long sleep: the machine's clock may be put right meanwhile
        train_once(worker, why)


def reasons_of(worker: Worker) -> Reasons:
    """Return why this worker trains."""
    return Reasons(ModelStore(worker.state.models), partial(notice_drift, worker), partial(find_new_ground, worker))


def train_once(worker: Worker, why: str) -> None:
    """Train under a correlation id of its own; what is missing is said and left for the next time."""
    correlation_id = uuid.uuid4().hex[:12]
    with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
        worker.heartbeat.say("training", site_revision=worker.loaded.revision)
        began, loaded = time.monotonic(), worker.loaded
        try:
            with open_environment(loaded, worker.state, worker.clock) as environment:
                outcome = train_site(loaded, environment.telemetry, environment.models, worker.clock.now(), why)
        except FacilityError as error:
            _log.warning("not trained", kind=type(error).__name__, reason=str(error))
            worker.heartbeat.say("waiting", last_error=str(error), last_error_kind=type(error).__name__)
            return
        now, seconds = worker.clock.now(), round(time.monotonic() - began, 1)
        record_events(loaded, worker.state, training_events(outcome, "trainer", now, correlation_id))
        said = {"why": why, "version": outcome.version, "serves": outcome.serves, "reason": outcome.reason}
        _log.info("trained", **said, seconds=seconds)
        worker.heartbeat.say("waiting", last_success=now, training_s=seconds, last_error=None)


def notice_drift(worker: Worker) -> str:
    """Compare the last days with the models in service; journal and keep what has drifted, and return it in words."""
    loaded, now = worker.loaded, worker.clock.now()
    try:
        with open_environment(loaded, worker.state, worker.clock) as environment:
            found = note_drift(loaded, environment.telemetry, environment.models, now)
    except FacilityError as error:
        _log.warning("drift not looked for", kind=type(error).__name__, reason=str(error))
        return ""
    for drift in found:
        _log.warning("drift", part=drift.part, drift=str(drift), version=drift.version)
    record_events(loaded, worker.state, [drift_event(drift, "trainer", now) for drift in found])
    return ", ".join(map(str, found))


def find_new_ground(worker: Worker) -> str:
    """Return in words where the plant is and its models have never been."""
    loaded, now = worker.loaded, worker.clock.now()
    try:
        with open_environment(loaded, worker.state, worker.clock) as environment:
            return ", ".join(new_ground(loaded, environment.telemetry, environment.models, now))
    except FacilityError as error:
        _log.warning("new ground not looked for", kind=type(error).__name__, reason=str(error))
        return ""
