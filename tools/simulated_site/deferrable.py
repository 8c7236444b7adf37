"""Work that may wait: lots in the order in which they came, run as commanded, and counted when they are late."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from facility.site import DeferrableWork
from tools.simulated_site.noise import Hidden, SmoothNoise
from tools.simulated_site.physics.constants import SECONDS_PER_HOUR
from tools.simulated_site.setpoints import Key, Setpoints

LOT_S = 900.0  # arrivals are kept in lots of this length, oldest first
UNEVEN_S = 7200.0
CRUMB_KWH = 1e-9  # what is left of a lot by rounding


@dataclass(slots=True)
class QueueState:
    """What a class of work remembers."""

    lots: list[list[float]] = field(default_factory=list)  # [arrived_s, kWh that is left]
    power_kw: float = 0.0
    done_kwh: float = 0.0
    late_kwh: float = 0.0  # work that was still there when it was due
    late_until_s: float = 0.0  # lots that came before then have been counted as late


class DeferrableQueue:
    """One class of work."""

    def __init__(self, work: DeferrableWork, hidden: Hidden, setpoints: Setpoints, zone: ZoneInfo) -> None:
        self.work, self._setpoints, self._zone = work, setpoints, zone
        self._uneven = SmoothNoise(f"{hidden.seed}/{work.id}", UNEVEN_S)
        self._command = (work.id, "deferrable_power_command_kw")
        self._from_h = work.arrives_from.hour + work.arrives_from.minute / 60.0
        until_h = work.arrives_until.hour + work.arrives_until.minute / 60.0
        self._length_h = (until_h - self._from_h) % 24.0 or 24.0
        self._due_s = work.due_within_h * SECONDS_PER_HOUR
        self.state = QueueState()

    def step(self, dt_s: float, time: datetime, spare_kw: float) -> float:
        """Return the power that goes into the work; overdue work runs whatever the command says."""
        state, now_s, hours = self.state, time.timestamp(), dt_s / SECONDS_PER_HOUR
        self._arrive(dt_s, time, now_s)
        overdue = bool(state.lots) and now_s - state.lots[0][0] > self._due_s
        if overdue:
            self._count_late(now_s)
        command_kw = self.work.max_power_kw if overdue else self._setpoints[self._command]
        done_kwh = self._take(min(command_kw, spare_kw) * hours)
        state.power_kw = done_kwh / hours
        state.done_kwh += done_kwh
        return state.power_kw

    def _take(self, most_kwh: float) -> float:
        """Take work from the oldest lots; return how much there was."""
        lots, left_kwh = self.state.lots, most_kwh
        while lots and left_kwh >= lots[0][1] - CRUMB_KWH:
            left_kwh = max(left_kwh - lots.pop(0)[1], 0.0)
        if lots:
            lots[0][1] -= left_kwh
            left_kwh = 0.0
        return most_kwh - left_kwh

    def _count_late(self, now_s: float) -> None:
        state, due_s = self.state, now_s - self._due_s
        state.late_kwh += sum(kwh for came_s, kwh in state.lots if state.late_until_s <= came_s < due_s)
        state.late_until_s = due_s

    def _arrive(self, dt_s: float, time: datetime, now_s: float) -> None:
        local = time.astimezone(self._zone)
        if (local.hour + local.minute / 60.0 - self._from_h) % 24.0 >= self._length_h:
            return
        uneven = 1.0 + 0.2 * math.tanh(self._uneven.at(now_s))
        kwh = self.work.energy_kwh_per_day * uneven * dt_s / (self._length_h * SECONDS_PER_HOUR)
        lots = self.state.lots
        if lots and now_s - lots[-1][0] < LOT_S:
            lots[-1][1] += kwh
        else:
            lots.append([now_s, kwh])

    @property
    def backlog_kwh(self) -> float:
        """Work that waits."""
        return sum(kwh for _, kwh in self.state.lots)

    def values(self) -> dict[Key, float]:
        """Return the true values."""
        return {
            (self.work.id, "deferrable_power_kw"): self.state.power_kw,
            (self.work.id, "deferrable_backlog_kwh"): self.backlog_kwh,
        }
