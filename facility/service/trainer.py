"""The trainer's process: trains at once when there is no model, each night, and when the plant no longer does as the models say."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from facility.environment import open_environment
from facility.errors import FacilityError, ModelError
from facility.learn.changes import note_change
from facility.learn.drift_watch import find_drift
from facility.learn.learned import equipment_changes
from facility.learn.model_events import drift_event, training_events
from facility.learn.model_store import ModelStore
from facility.learn.training import train_site
from facility.log import get_logger
from facility.service.events import record_events
from facility.service.night import next_night
from facility.service.worker import Worker
from facility.site_file import LoadedSite

RETRY = timedelta(hours=1)  # while there is no model: history grows
DRIFT_EVERY = timedelta(hours=1)
LOOK_S = 20.0
_log = get_logger(__name__)


def run(worker: Worker) -> None:
    """Train until the process is ended. A training may be cut off anywhere: a version of the models is kept whole or not at all."""
    worker.heartbeat.keep_beating()
    reasons = Reasons(worker)
    while True:
        while not (why := reasons.due(worker.clock.now())):
            time.sleep(LOOK_S)  # not one long sleep: the machine's clock may be put right meanwhile
        train_once(worker, why)


@dataclass(slots=True)
class Reasons:
    """Why to train: none has been made, a night has come, equipment has changed, or a part has left its model."""

    worker: Worker
    night: datetime | None = None
    retry: datetime | None = None
    drift_due: datetime | None = None
    site: LoadedSite | None = None  # the last one that was looked at

    def due(self, now: datetime) -> str:
        """Return why to train now, in words; nothing where there is no reason."""
        models = ModelStore(self.worker.state.models)
        reason = self._due(models, now)
        if not reason:
            self.worker.heartbeat.say("waiting", next_training=self.night or self.retry, serving=models.serving())
        return reason

    def _due(self, models: ModelStore, now: datetime) -> str:
        loaded = self.worker.loaded
        if models.serving() is None:
            if self.retry is not None and now < self.retry:
                return ""
            self.retry = now + RETRY
            return "no model yet"
        if self.night is None or now >= self.night:
            first, self.night = self.night is None, next_night(now.astimezone(loaded.site.zone))
            if not first:
                drift = notice_drift(self.worker)
                return f"night, and drift of {drift}" if drift else "night"
        if loaded is not self.site:
            self.site = loaded
            if why := _unfit(models, loaded):
                return why
        if self.drift_due is None or now >= self.drift_due:
            self.drift_due = now + DRIFT_EVERY
            if drift := notice_drift(self.worker):
                return f"drift of {drift}"
        return ""


def _unfit(models: ModelStore, loaded: LoadedSite) -> str:
    """Return in words why the version in service cannot serve the site as it is; empty where it can."""
    try:
        changed = equipment_changes(models, loaded.site)
    except ModelError as error:
        return str(error)
    return f"equipment changed: {changed}" if changed else ""


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
        _log.info("trained", version=outcome.version, serves=outcome.serves, reason=outcome.reason, seconds=seconds)
        worker.heartbeat.say("waiting", last_success=now, training_s=seconds, last_error=None)


def notice_drift(worker: Worker) -> str:
    """Compare the last days with the models in service; journal and keep what has drifted, and return it in words."""
    loaded, now = worker.loaded, worker.clock.now()
    models = ModelStore(worker.state.models)
    try:
        with open_environment(loaded, worker.state, worker.clock) as environment:
            found = find_drift(loaded, environment.telemetry, models, now)
        for drift in found:
            note_change(models.folder, drift.part, drift.since)
    except FacilityError as error:
        _log.warning("drift not looked for", kind=type(error).__name__, reason=str(error))
        return ""
    record_events(loaded, worker.state, [drift_event(drift, "trainer", now) for drift in found])
    return ", ".join(str(drift) for drift in found)
