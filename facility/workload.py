"""What crosses packages about the computing itself: jobs with deadlines, when they run, and which servers sleep."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta


class JobKind(enum.StrEnum):
    """How a job may be run."""

    WHOLE = "whole"  # once begun it goes on at its power
    PREEMPTIBLE = "preemptible"  # at its power or not at all, and may pause
    DIVISIBLE = "divisible"  # at any power up to its own


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work with a deadline, handed in or announced."""

    id: str
    pool: str
    power_kw: float  # of IT, while it runs
    energy_kwh: float  # still to do
    arrives: datetime
    due: datetime
    kind: JobKind = JobKind.WHOLE
    tier: str = ""  # one of the pool's; none: after all of them
    running: bool = False  # a whole job that has begun


@dataclass(frozen=True, slots=True)
class JobRun:
    """When a plan runs a job; None: not within the horizon. `late` is by how much, None where it is not known yet."""

    job: Job
    begins: datetime | None
    ends: datetime | None
    late: timedelta | None


@dataclass(frozen=True, slots=True)
class ServerMoves:
    """Named servers of a pool that wake and go to sleep at a time, and what holds no awake server from then on."""

    pool: str
    at: datetime
    wake: tuple[str, ...]
    sleep: tuple[str, ...]
    empty_rows: tuple[int, ...] = ()  # of the pool's hall
    idle_crahs: tuple[str, ...] = ()  # that blow mostly at racks without an awake server
