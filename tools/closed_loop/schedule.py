"""Setpoints over a whole run, as an arm wrote them or as somebody thought them up, and driving a plant by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import isnan

import numpy as np

from facility.records import FloatArray
from tools.closed_loop.drive import CONTROL_EVERY, MINUTE_S, Watcher
from tools.closed_loop.plant import Key, Plant, RefusedError, Truth

MINUTES = round(CONTROL_EVERY.total_seconds() / MINUTE_S)


@dataclass(frozen=True, slots=True, eq=False)
class Schedule:
    """One value a setpoint and control interval from `start` (aware); NaN leaves what is in force. It is a controller too."""

    start: datetime
    keys: tuple[Key, ...]
    values: FloatArray  # (keys, intervals)

    def decide(self, time: datetime, measured: Mapping[Key, float]) -> Mapping[Key, float]:  # noqa: ARG002 - it knows
        """Return the setpoints of a time, whatever is measured; the last ones hold after the end."""
        now = self.values[:, min(max(int((time - self.start) // CONTROL_EVERY), 0), self.values.shape[1] - 1)].tolist()
        return {key: value for key, value in zip(self.keys, now, strict=True) if not isnan(value)}

    def rows(self, keys: Sequence[Key]) -> list[int]:
        """Return where some setpoints stand; those that are not here are left out."""
        return [self.keys.index(key) for key in keys if key in self.keys]

    def extended(self, missing: Mapping[Key, float]) -> Schedule:
        """Return the same with values for setpoints, or for the time before their first write."""
        new = tuple(key for key in missing if key not in self.keys)
        keys = self.keys + new
        values = np.vstack([self.values, np.full((len(new), self.values.shape[1]), np.nan)])
        for row, key in enumerate(keys):
            if key in missing:
                values[row] = np.where(np.isnan(values[row]), missing[key], values[row])
        return Schedule(self.start, keys, values)

    def ordered(self, keys: Sequence[Key]) -> Schedule:
        """Return the same with its setpoints in another order; all must be here."""
        return Schedule(self.start, tuple(keys), self.values[[self.keys.index(key) for key in keys]])

    def with_rows(self, rows: Sequence[int], values: FloatArray) -> Schedule:
        """Return some rows from other values of the same shape."""
        mixed = self.values.copy()
        mixed[rows] = values[rows]
        return self.with_values(mixed)

    def with_values(self, values: FloatArray) -> Schedule:
        """Return other values for the same setpoints."""
        return replace(self, values=values)


class WriteRecorder:
    """A watcher that keeps what an arm wrote from a time on; writes before it count as in force at its beginning."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self._start, self._intervals = start, round((end - start) / CONTROL_EVERY)
        self._rows: dict[Key, FloatArray] = {}

    def saw(self, truth: Truth, seconds: float) -> None:
        """Take no notice: only writes are kept."""

    def wrote(self, time: datetime, key: Key, before: float | None, after: float) -> None:
        """Keep a write: it holds to the end, or to the next one."""
        at = max(round((time - self._start) / CONTROL_EVERY), 0)
        if key not in self._rows:
            self._rows[key] = np.full(self._intervals, np.nan if before is None else before)
        self._rows[key][at:] = after

    def refused(self, time: datetime, key: Key, value: float, reason: str) -> None:
        """Take no notice: the value in force stayed."""

    def schedule(self) -> Schedule:
        """Return what was in force."""
        values = np.array(list(self._rows.values())).reshape(len(self._rows), self._intervals)
        return Schedule(self._start, tuple(self._rows), values)


def replay(plant: Plant, schedule: Schedule, watchers: Sequence[Watcher], intervals: int) -> None:
    """Drive a plant by a schedule for some control intervals. Sensors are not read: a schedule does not look at them."""
    in_force: dict[Key, float] = {}
    for _ in range(intervals):
        _put(plant, schedule.decide(plant.time, {}), in_force, watchers)
        for _minute in range(MINUTES):
            plant.step(MINUTE_S)
            truth = plant.truth()
            for watcher in watchers:
                watcher.saw(truth, MINUTE_S)


def _put(plant: Plant, wanted: Mapping[Key, float], in_force: dict[Key, float], watchers: Sequence[Watcher]) -> None:
    for key, value in wanted.items():
        before = in_force.get(key)
        if before == value:
            continue
        try:
            plant.set(*key, value)
        except RefusedError as error:
            for watcher in watchers:
                watcher.refused(plant.time, key, value, str(error))
            continue
        in_force[key] = value
        for watcher in watchers:
            watcher.wrote(plant.time, key, before, value)
