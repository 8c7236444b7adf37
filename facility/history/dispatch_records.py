"""What is kept of dispatch: the mode of a site, what holds it up, and each recommendation that was written, point by point."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from facility.records import Interval


class Mode(enum.StrEnum):
    """What facility may do with a recommendation."""

    OBSERVE = "observe"  # show it; nothing is written
    ADVISE = "advise"  # write it when a person orders that
    AUTO = "auto"  # write it by itself, to points whose reversion was proven


@dataclass(frozen=True, slots=True)
class Said:
    """Who decided something, why and when."""

    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Posture:
    """The mode of a site, and what holds dispatch up until a person ends it."""

    mode: Mode = Mode.ADVISE
    set_by: Said | None = None  # None: the mode that a site begins with
    suspended: Said | None = None  # an abnormal state, or a return to local control
    vetoed: Said | None = None


@dataclass(frozen=True, slots=True)
class LockOut:
    """Equipment that nothing is to be written for."""

    equipment: str
    said: Said
    until: datetime

    def holds(self, now: datetime) -> bool:
        """Tell whether it holds now."""
        return now < self.until


@dataclass(frozen=True, slots=True)
class ReversionTest:
    """Whether a point went back to local control when our heartbeat stopped."""

    point: str
    heartbeat: str
    said: Said
    expires: datetime
    passed: bool
    within_s: float  # what the site declares
    took_s: float | None  # None: it did not go back
    note: str

    def holds(self, now: datetime) -> bool:
        """Tell whether it was passed, and not too long ago."""
        return self.passed and now < self.expires


class ApplicationState(enum.StrEnum):
    """How far the writing of a recommendation is."""

    WRITING = "writing"
    WATCHING = "watching"  # all is written; the plant is given time to answer
    VERIFIED = "verified"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"


RELEASED = "returned to local control"  # so begins why what a person has released was rolled back
TIMETABLE = "by the timetable"  # and this what a switchback puts back
LIVE = (ApplicationState.WRITING, ApplicationState.WATCHING, ApplicationState.ROLLING_BACK)


class TargetState(enum.StrEnum):
    """How far the writing of one of its points is."""

    PENDING = "pending"  # nothing was sent yet
    MOVING = "moving"  # on its way, or a write may have been taken
    WRITTEN = "written"
    PUT_BACK = "put_back"
    LEFT = "left"  # not put back: nothing was written, or somebody else has changed it since


@dataclass(frozen=True, slots=True)
class Target:
    """One point of an application; `before` is what the device held before our first write."""

    point: str
    state: TargetState = TargetState.PENDING
    before: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Application:
    """A recommendation that is written, or was; its id is the recommendation's."""

    id: str
    equipment: str
    quantity: str
    value: float
    unit: str
    saving_kw: Interval
    ordered: Said
    state: ApplicationState
    since: datetime  # of the state
    why: str = ""  # of the state
    measured: Mapping[str, float] = field(default_factory=dict)  # what is watched, before the first write
    targets: tuple[Target, ...] = ()
