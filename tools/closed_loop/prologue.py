"""The past that all arms share: good practice for some days before the start, after a day in which the plant settles."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tools.closed_loop.baselines import GoodPractice
from tools.closed_loop.case import Case
from tools.closed_loop.drive import CONTROL_EVERY, Drive
from tools.closed_loop.memory_telemetry import MemoryTelemetry
from tools.closed_loop.plant import Key, Plant, PlantFactory, Rewindable, Truth

SETTLING = timedelta(days=1)


class PlantNameError(ValueError):
    """A plant that cannot be found; the message says what to give."""


@dataclass(frozen=True, slots=True, eq=False)
class Prologue:
    """What is left of the past.

    Attributes
    ----------
    readings
        What sensors said in the days that ours learns from.
    local
        The good-practice controller, with what it remembers.
    month_peak_kw
        Highest demand of the start's calendar month (site time) among those days.
    memory
        Of the plant, where it is `Rewindable`; else None, and the past is driven again for each arm.
    """

    readings: MemoryTelemetry
    local: GoodPractice
    month_peak_kw: float
    memory: Any = None


@dataclass(slots=True)
class _Listening:
    """A controller that also keeps what is measured, from a time on."""

    controller: GoodPractice
    readings: MemoryTelemetry
    begin: datetime

    def decide(self, time: datetime, measured: Mapping[Key, float]) -> Mapping[Key, float]:
        if time >= self.begin:
            self.readings.record(time, measured)
        return self.controller.decide(time, measured)


@dataclass(slots=True)
class _Demand:
    """Mean power by demand window, for the month's peak so far."""

    begin: datetime
    window_s: float
    windows: dict[int, list[float]] = field(default_factory=dict)
    tick: Callable[[datetime], None] = lambda _time: None

    def saw(self, truth: Truth, seconds: float) -> None:
        self.tick(truth.time)
        if truth.time > self.begin:
            window = self.windows.setdefault(int((truth.time.timestamp() - seconds) // self.window_s), [])
            window.append(truth.facility_kw)

    def wrote(self, time: datetime, key: Key, before: float | None, after: float) -> None:
        """Take no notice."""

    def refused(self, time: datetime, key: Key, value: float, reason: str) -> None:
        """Take no notice."""

    def peak_kw(self) -> float:
        return max((sum(one) / len(one) for one in self.windows.values()), default=0.0)


def drive_prologue(case: Case, tick: Callable[[datetime], None] = lambda _time: None) -> Prologue:
    """Drive a new plant through the past; `tick` is told the time every minute."""
    plant, prologue = _driven(case, tick)
    plant.close()
    return prologue


def plant_at_start(case: Case, prologue: Prologue) -> Plant:
    """Return a plant at the start of a case, after its past."""
    if prologue.memory is None:
        return _driven(case, lambda _time: None)[0]
    plant = new_plant(case, case.start)
    assert isinstance(plant, Rewindable)
    plant.recall(copy.deepcopy(prologue.memory))
    return plant


def new_plant(case: Case, start: datetime) -> Plant:
    """Return a plant of a case in its state at a time."""
    return plant_factory(case.plant)(case.loaded, case.conditions, case.seed, start)


def plant_factory(name: str) -> PlantFactory:
    """Return a plant's factory by its name, `module:factory`.

    Raises
    ------
    PlantNameError
        If there is no such module, or no such function in it.
    """
    module_name, colon, function = name.partition(":")
    if not (module_name and colon and function):
        raise PlantNameError(f"--plant {name!r}: expected module:factory, such as tools.energyplus_plant:factory")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise PlantNameError(f"--plant {name!r}: {error}; is its folder on PYTHONPATH?") from error
    factory = getattr(module, function, None)
    if not callable(factory):
        raise PlantNameError(f"--plant {name!r}: {module_name} has no function {function!r}")
    found: PlantFactory = factory
    return found


def _driven(case: Case, tick: Callable[[datetime], None]) -> tuple[Plant, Prologue]:
    plant = new_plant(case, case.history_start - SETTLING)
    readings = MemoryTelemetry(case.loaded.points, case.loaded.revision)
    local = GoodPractice(case.loaded)
    month = case.start.astimezone(case.loaded.site.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    window_s = 60.0 * case.loaded.site.tariff.demand_window_min
    demand = _Demand(max(case.history_start, month), window_s, tick=tick)
    first = case.history_start - CONTROL_EVERY  # three whole days, the last reading being one interval old
    Drive(plant, _Listening(local, readings, first), [demand]).run(case.start)
    memory = plant.memory() if isinstance(plant, Rewindable) else None
    return plant, Prologue(readings, local, demand.peak_kw(), memory)
