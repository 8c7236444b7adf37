"""Driving a plant: a controller decides every few minutes from what sensors say, watchers see the truth every minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from tools.closed_loop.plant import Key, Plant, RefusedError, Truth

MINUTE_S = 60.0
CONTROL_EVERY = timedelta(minutes=5)


class Controller(Protocol):
    """Decides setpoints. It sees measurements and nothing else of the plant."""

    def decide(self, time: datetime, measured: Mapping[Key, float]) -> Mapping[Key, float]:
        """Return the setpoints to put in force now; what is left out stays."""
        ...


class Watcher(Protocol):
    """Sees what happens."""

    def saw(self, truth: Truth, seconds: float) -> None:
        """Take in the truth at the end of so many seconds."""
        ...

    def wrote(self, time: datetime, key: Key, before: float | None, after: float) -> None:
        """Take in that a setpoint changed; `before` is None at the first write."""
        ...

    def refused(self, time: datetime, key: Key, value: float, reason: str) -> None:
        """Take in that the plant refused a setpoint."""
        ...


class Drive:
    """A controller at a plant. Values that are in force already are not written again."""

    def __init__(self, plant: Plant, controller: Controller, watchers: Sequence[Watcher]) -> None:
        self._plant, self._controller, self._watchers = plant, controller, watchers
        self._in_force: dict[Key, float] = {}

    def run(self, until: datetime) -> None:
        """Drive to a time: decide at whole control intervals, watch every minute."""
        while self._plant.time < until:
            if (self._plant.time.timestamp() % CONTROL_EVERY.total_seconds()) < MINUTE_S / 2:
                self._control()
            self._plant.step(MINUTE_S)
            truth = self._plant.truth()
            for watcher in self._watchers:
                watcher.saw(truth, MINUTE_S)

    def _control(self) -> None:
        time = self._plant.time
        for key, value in self._controller.decide(time, self._plant.measured()).items():
            before = self._in_force.get(key)
            if before == value:
                continue
            try:
                self._plant.set(*key, value)
            except RefusedError as error:
                for watcher in self._watchers:
                    watcher.refused(time, key, value, str(error))
                continue
            self._in_force[key] = value
            for watcher in self._watchers:
                watcher.wrote(time, key, before, value)
