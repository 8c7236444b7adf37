"""The trainer's process: trains at once when there is no model, then each night."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta

import structlog

from facility.environment import open_environment
from facility.errors import FacilityError
from facility.learn.model_store import ModelStore
from facility.learn.training import train_site
from facility.log import get_logger
from facility.service.night import next_night
from facility.service.worker import Worker

RETRY = timedelta(hours=1)  # while there is no model: history grows
LOOK_S = 20.0
_log = get_logger(__name__)


def run(worker: Worker) -> None:
    """Train until the process is ended. A training may be cut off anywhere: a version of the models is kept whole or not at all."""
    worker.heartbeat.keep_beating()
    models = ModelStore(worker.state.models)
    while True:
        if models.serving() is None:
            train_once(worker)
        now = worker.clock.now()
        due = next_night(now.astimezone(worker.loaded.site.zone))
        if models.serving() is None:
            due = min(due, now + RETRY)
        worker.heartbeat.say("waiting", next_training=due, serving=models.serving())
        while worker.clock.now() < due:  # not one long sleep: the machine's clock may be put right meanwhile
            time.sleep(LOOK_S)
        if models.serving() is not None:
            train_once(worker)


def train_once(worker: Worker) -> None:
    """Train under a correlation id of its own; what is missing is said and left for the next time."""
    with structlog.contextvars.bound_contextvars(correlation_id=uuid.uuid4().hex[:12]):
        worker.heartbeat.say("training", site_revision=worker.loaded.revision)
        began = time.monotonic()
        try:
            with open_environment(worker.loaded, worker.state, worker.clock) as environment:
                train_site(worker.loaded, environment.telemetry, environment.models, worker.clock.now())
        except FacilityError as error:
            _log.warning("not trained", kind=type(error).__name__, reason=str(error))
            worker.heartbeat.say("waiting", last_error=str(error), last_error_kind=type(error).__name__)
            return
        seconds = round(time.monotonic() - began, 1)
        _log.info("trained", serving=ModelStore(worker.state.models).serving(), seconds=seconds)
        worker.heartbeat.say("waiting", last_success=worker.clock.now(), training_s=seconds, last_error=None)
