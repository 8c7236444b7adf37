"""Ours as a controller: the product itself trains and plans on what was measured; a dispatcher follows its plans."""

from __future__ import annotations

import math
import time as wall
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from facility.cycle import CycleOutcome, run_cycle
from facility.environment import Environment
from facility.errors import FacilityError
from facility.follow import Follower, condition_now
from facility.history.grid_event_book import GridEventBook
from facility.history.issued_forecasts import IssuedForecasts
from facility.history.journal import open_journal
from facility.history.journal_database import open_database
from facility.learn.drift_watch import note_drift
from facility.learn.model_events import drift_event, training_events
from facility.learn.model_store import ModelStore
from facility.learn.new_ground import new_ground
from facility.learn.training import train_site
from facility.plan.bases import Bases
from facility.plan.decisions import CHARGE
from facility.ports import Signals
from facility.prepare.condition import Condition
from facility.records import Event, Plan
from facility.respond.settings import RespondSettings
from facility.service.training_due import Reasons
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tools.closed_loop.baselines import GoodPractice, commissioned_setpoints
from tools.closed_loop.dispatcher import Dispatcher
from tools.closed_loop.grid_calls import GridEar
from tools.closed_loop.memory_telemetry import MemoryTelemetry
from tools.closed_loop.plant import Key

NOBODY = RespondSettings()  # asks anything
FOLLOWED_INTERVALS = 2  # a plan outlives one cycle that failed, not two


@dataclass(slots=True)
class PlantClock:
    """The plant's time, as the product sees it."""

    time: datetime

    def now(self) -> datetime:
        """Return it."""
        return self.time


@dataclass(slots=True)
class Diary:
    """What planning took and what went wrong."""

    plan_seconds: list[float] = field(default_factory=list)
    train_seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)  # of plans: when and why
    notes: list[str] = field(default_factory=list)


@contextmanager
def open_product(
    loaded: LoadedSite,
    telemetry: MemoryTelemetry,
    signals: Signals,
    folder: Path,
    start: datetime,
    *,
    respond: RespondSettings = NOBODY,
) -> Iterator[Environment]:
    """Open what a cycle works with: the product's own journal and model store in a folder, history in memory."""
    state = StateFolder(folder)
    journal = open_journal(None, state)
    book = GridEventBook(open_database(None, state), loaded.site.id, respond, loaded.site.zone)
    archive = IssuedForecasts(open_database(None, state), loaded.site.id, timedelta(days=1))
    try:
        clock = PlantClock(start)
        models = ModelStore(state.models)
        yield Environment(loaded, telemetry, journal, signals, models, clock, state.findings, archive, grid_events=book)
    finally:
        book.close()
        journal.close()
        archive.close()


class Ours:
    """Trains when the service does, plans every `replan`, and follows the plan in between, corrected by the fast layer.

    Setpoints that the plan does not lead, and all of them while there is no plan or the site is in an abnormal state, stay with
    the plant's own controls, which are good practice. Batteries and tanks that a plan lets go of stand idle, where their device
    or gateway sees to that.
    """

    def __init__(
        self,
        environment: Environment,
        telemetry: MemoryTelemetry,
        local: GoodPractice,
        replan: timedelta,
        *,
        plans_alone: bool = False,
        ear: GridEar | None = None,
    ) -> None:
        self.diary = Diary()
        self._ear = ear
        self._environment, self._telemetry, self._local, self._replan = environment, telemetry, local, replan
        self._dispatcher = Dispatcher(environment.loaded)
        self._settable = set(commissioned_setpoints(environment.loaded.site))
        self._in_force: dict[Key, float] = {}
        self._led: set[Key] = set()
        self._last: CycleOutcome | None = None
        self._bases = Bases()
        self._next_plan: datetime | None = None
        self._condition = Condition()
        self._reasons = Reasons(environment.models, self._drift, self._new_ground)
        self._follower = None if plans_alone else Follower(environment.loaded)

    def decide(self, time: datetime, measured: Mapping[Key, float]) -> Mapping[Key, float]:
        """Return the setpoints to put in force."""
        clock = self._environment.clock
        assert isinstance(clock, PlantClock)
        clock.time = time
        self._telemetry.record(time, measured)
        self._in_force |= {key: value for key in self._settable if math.isfinite(value := measured.get(key, math.nan))}
        self._train_when_due(time)
        if self._ear is not None and self._ear.hear(time):
            self._next_plan = None  # what is asked is planned for at once
        self._plan_when_due(time)
        plan = self._followed(time)
        led = self._dispatcher.leads(plan) if plan is not None else set()
        self._local.adopt({key: self._in_force[key] for key in led if key in self._in_force})
        self._local.adopt({key: 0.0 for key in self._led - led if self._reverts_to_idle(key)})
        self._led = led
        found = {key: value for key, value in self._local.decide(time, measured).items() if key not in led}
        if plan is not None:
            found |= self._dispatcher.writes(time, plan, self._in_force, self._corrected(plan))
        self._in_force |= found
        return found

    def _reverts_to_idle(self, key: Key) -> bool:
        point = self._environment.loaded.points.one(*key)
        return (
            key[1] == CHARGE and point is not None and point.writable is not None and point.writable.reversion != "none"
        )

    def _corrected(self, plan: Plan) -> Mapping[str, float]:
        """Return what the fast layer has in place of the plan now; where it fails, the diary says why."""
        if self._follower is None:
            return {}
        try:
            return self._follower.follow(self._environment, plan).setpoints()
        except FacilityError as error:
            self.diary.notes.append(f"{self._environment.clock.now():%Y-%m-%d %H:%M} not followed: {error}")
            return {}

    def _followed(self, time: datetime) -> Plan | None:
        """Return the plan to follow, unless it is too old, of another condition, or the site is in an abnormal state."""
        last = self._last
        if last is None or time - last.plan.created >= FOLLOWED_INTERVALS * self._replan:
            return None
        return None if self._condition.abnormal or self._condition != last.condition else last.plan

    def _plan_when_due(self, time: datetime) -> None:
        before, self._condition = self._condition, condition_now(self._environment)
        if self._next_plan is not None and time < self._next_plan and self._condition == before:
            return
        self._next_plan = time + self._replan
        began = wall.perf_counter()
        correlation = f"{time:%Y%m%dT%H%M}"
        try:
            self._last = run_cycle(self._environment, correlation, bases=self._bases, timer=wall.process_time)
        except FacilityError as error:
            self._failed(time, error, correlation)
        else:
            self.diary.plan_seconds.append(wall.perf_counter() - began)

    def _failed(self, time: datetime, error: FacilityError, correlation: str) -> None:
        reason = f"{type(error).__name__}: {error}"
        self.diary.failures.append(f"{time:%Y-%m-%d %H:%M} {reason}")
        detail = {"reason": reason}
        site = self._environment.loaded.site.id
        self._environment.journal.append(Event(time, "cycle.failed", site, "planner", detail, correlation))

    def _train_when_due(self, time: datetime) -> None:
        environment = self._environment
        why = self._reasons.due(environment.loaded, time)
        if not why:
            return
        began = wall.perf_counter()
        try:
            outcome = train_site(environment.loaded, self._telemetry, environment.models, time, why)
        except FacilityError as error:
            self.diary.notes.append(f"{time:%Y-%m-%d %H:%M} not trained: {error}")
            return
        self.diary.train_seconds.append(wall.perf_counter() - began)
        for event in training_events(outcome, "trainer", time):
            environment.journal.append(event)

    def _drift(self) -> str:
        """Look for drift and keep it, as the service's trainer does; return it in words."""
        environment, now = self._environment, self._environment.clock.now()
        found = note_drift(environment.loaded, self._telemetry, environment.models, now)
        for drift in found:
            environment.journal.append(drift_event(drift, "trainer", now))
            self.diary.notes.append(f"{now:%Y-%m-%d %H:%M} drift of {drift}")
        return ", ".join(map(str, found))

    def _new_ground(self) -> str:
        environment = self._environment
        found = new_ground(environment.loaded, self._telemetry, environment.models, environment.clock.now())
        return ", ".join(found)
