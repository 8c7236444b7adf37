"""Days of the closed loop's toy under good practice, to look back on: readings, and the plant as it was at each midnight."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from facility.environment import Environment
from facility.history.issued_forecasts import IssuedForecasts
from facility.history.journal import open_journal
from facility.history.journal_database import open_database
from facility.learn.model_store import ModelStore
from facility.records import Plan
from facility.signals.outlook import SiteSignals
from facility.state import StateFolder
from tests.closed_loop.making import START, case_of
from tools.closed_loop.baselines import GoodPractice
from tools.closed_loop.case import Case
from tools.closed_loop.conditions import Conditions
from tools.closed_loop.dispatcher import Dispatcher
from tools.closed_loop.drive import CONTROL_EVERY, Drive
from tools.closed_loop.memory_telemetry import MemoryTelemetry
from tools.closed_loop.ours import PlantClock
from tools.closed_loop.plant import Key, Truth
from tools.closed_loop.prologue import new_plant

DAY = timedelta(days=1)


def case_with_weather(days: int) -> Case:
    """Return the toy in weather and work that change from hour to hour and from day to day."""
    case = case_of(days=days)
    hours = np.arange(len(case.conditions.dry_bulb_degc))
    swing, drift = np.sin(2 * np.pi * (hours - 9) / 24), np.sin(2 * np.pi * hours / 131)
    dry_bulb, busy = 15 + 5 * swing + 4 * drift, 0.5 + 0.12 * swing + 0.08 * np.sin(2 * np.pi * hours / 97)
    conditions = Conditions(
        case.conditions.start, timedelta(hours=1), dry_bulb, dry_bulb - 6.0 - 2.0 * swing, {"pool-1": np.asarray(busy)}
    )
    return replace(case, conditions=conditions)


@dataclass(slots=True)
class Meter:
    """Adds up what the plant really draws, and keeps the last truth."""

    kwh: float = 0.0
    last: Truth | None = None

    def saw(self, truth: Truth, seconds: float) -> None:
        self.kwh += truth.facility_kw * seconds / 3600.0
        self.last = truth

    def wrote(self, time: datetime, key: Key, before: float | None, after: float) -> None:
        """Take no notice."""

    def refused(self, time: datetime, key: Key, value: float, reason: str) -> None:
        """Take no notice."""


@dataclass(frozen=True, slots=True)
class Midnight:
    """All there is at the begin of a day: the plant's memory, the controller and what it has in force; and the day's meter."""

    memory: Any
    local: GoodPractice
    in_force: dict[Key, float]
    meter: Meter


@dataclass(slots=True)
class _Heard:
    local: GoodPractice
    readings: MemoryTelemetry
    in_force: dict[Key, float]

    def decide(self, time: datetime, measured: Mapping[Key, float]) -> Mapping[Key, float]:
        if time >= START - CONTROL_EVERY:
            self.readings.record(time, measured)
        found = self.local.decide(time, measured)
        self.in_force |= found
        return found


@dataclass(frozen=True, slots=True)
class ToyDays:
    """Some days from `START` on."""

    case: Case
    readings: MemoryTelemetry
    midnights: Mapping[datetime, Midnight]

    @classmethod
    def lived(cls, days: int) -> ToyDays:
        """Let them pass."""
        case = case_with_weather(days)
        plant: Any = new_plant(case, START - DAY)
        readings = MemoryTelemetry(case.loaded.points, case.loaded.revision)
        heard = _Heard(GoodPractice(case.loaded), readings, {})
        Drive(plant, heard, []).run(START)
        midnights = {}
        for time in (START + number * DAY for number in range(days)):
            meter = Meter()
            was = copy.deepcopy((plant.memory(), heard.local, heard.in_force))
            midnights[time] = Midnight(*was, meter)
            Drive(plant, heard, [meter]).run(time + DAY)
        return cls(case, readings, midnights)

    def true_saving_kwh(self, plan: Plan) -> float:
        """Return what the day of a plan draws less if the plan is followed, with what is left to charge and to do counted."""
        was = self.midnights[plan.start]
        plant: Any = new_plant(self.case, plan.start)
        plant.recall(copy.deepcopy(was.memory))
        followed = Meter()
        local, in_force = copy.deepcopy((was.local, was.in_force))
        Drive(plant, Following(Dispatcher(self.case.loaded), plan, local, in_force), [followed]).run(plan.start + DAY)
        return was.meter.kwh - followed.kwh - _owed_kwh(followed, was.meter)


@dataclass(slots=True)
class Following:
    """Does what a plan says; what it does not lead stays with good practice."""

    dispatcher: Dispatcher
    plan: Plan
    local: GoodPractice
    in_force: dict[Key, float]

    def decide(self, time: datetime, measured: Mapping[Key, float]) -> Mapping[Key, float]:
        self.in_force |= {key: measured[key] for key in self.in_force if math.isfinite(measured.get(key, math.nan))}
        led = self.dispatcher.leads(self.plan)
        self.local.adopt({key: self.in_force[key] for key in led if key in self.in_force})
        found = {key: value for key, value in self.local.decide(time, measured).items() if key not in led}
        found |= self.dispatcher.writes(time, self.plan, self.in_force)
        self.in_force |= found
        return found


def _owed_kwh(followed: Meter, done: Meter) -> float:
    assert followed.last is not None and done.last is not None
    mine, theirs = followed.last.stored_kwh, done.last.stored_kwh
    battery_kwh = 0.95 * (theirs["battery-1"] - mine["battery-1"])
    return battery_kwh + 1.25 * (mine["backlog"] - theirs["backlog"])  # the toy's power ratio


@contextmanager
def environment(
    days: ToyDays, folder: Path, now: datetime, readings: MemoryTelemetry | None = None
) -> Iterator[Environment]:
    """Open what a backtest works with, over readings of the toy."""
    state, loaded, telemetry = StateFolder(folder), days.case.loaded, readings or days.readings
    with (
        closing(open_journal(None, state)) as journal,
        closing(IssuedForecasts(open_database(None, state), loaded.site.id, timedelta(days=700))) as archive,
    ):
        signals, models = SiteSignals(loaded, telemetry), ModelStore(state.models)
        yield Environment(loaded, telemetry, journal, signals, models, PlantClock(now), state.findings, archive)
