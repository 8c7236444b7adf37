"""An alarm, and the state that follows from its facts (ANSI/ISA-18.2-2016, its alarm state transition diagram)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime


class Priority(enum.StrEnum):
    """How soon a person must respond. ISA-18.2, 16.4.9, aims at about 5, 15 and 80 % of what is annunciated."""

    HIGH = "high"  # at once: equipment or people are at risk
    MEDIUM = "medium"  # within the hour
    LOW = "low"  # within the shift

    @property
    def rank(self) -> int:
        """0 for the most urgent."""
        return list(Priority).index(self)


class AlarmState(enum.StrEnum):
    """The states of ISA-18.2, with its letters; nothing of ours latches (E)."""

    NORMAL = "normal"  # A
    UNACKNOWLEDGED = "unacknowledged"  # B
    ACKNOWLEDGED = "acknowledged"  # C
    RETURNED = "returned_unacknowledged"  # D: gone before anybody said to have seen it
    SHELVED = "shelved"  # F: put aside by a person, with a reason and an end
    SUPPRESSED = "suppressed_by_design"  # G: follows from another alarm, which is the one to respond to
    OUT_OF_SERVICE = "out_of_service"  # H: put aside by a person with a reason, until a person puts it back


ANNUNCIATED = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED})
HELD = frozenset({AlarmState.SHELVED, AlarmState.OUT_OF_SERVICE})


@dataclass(frozen=True, slots=True)
class Said:
    """What a person did: who, why and when; `until` when shelving ends by itself."""

    by: str
    reason: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm: its facts, from which its state follows.

    `text` says what is wrong in the words of the moment in which it was raised; `since` is when it was last raised or returned.
    """

    id: str  # condition:subject
    equipment: str
    condition: str  # of `catalogue`
    priority: Priority
    text: str = ""
    since: datetime | None = None  # None: never raised
    active: bool = False  # what it tells of is the case, delays and deadband counted
    awaits: bool = False  # somebody must say to have seen it
    acknowledged: Said | None = None
    suppressed_by: str | None = None  # the active alarm that explains this one
    hold: Said | None = None
    held: AlarmState | None = None  # SHELVED or OUT_OF_SERVICE while `hold` is given

    @property
    def state(self) -> AlarmState:
        """The one state that the facts amount to."""
        if self.held is not None:
            return self.held
        if self.active and self.suppressed_by is not None:
            return AlarmState.SUPPRESSED
        if self.active:
            return AlarmState.UNACKNOWLEDGED if self.awaits else AlarmState.ACKNOWLEDGED
        return AlarmState.RETURNED if self.awaits else AlarmState.NORMAL


def alarm_id(condition: str, subject: str) -> str:
    """Return the id of an alarm: the same condition of the same thing is the same alarm, always."""
    return f"{condition}:{subject}"
