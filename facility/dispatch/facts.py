"""What the second check judges by: read from the journal, the ledger and the history, never from the planner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from facility.acquire.writing.rules import WriteRules
from facility.history.dispatch_records import LockOut, Posture, ReversionTest
from facility.records import PointStanding, Quality, Reading

FRESH_FRAC = 0.9  # of the readings leaned on: one silent rack of many hides nothing, a silent gateway does


@dataclass(frozen=True, slots=True)
class LeanedOn:
    """A reading that a recommendation leans on, and how old it may be."""

    point: str
    reading: Reading | None
    oldest: timedelta

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether it is good and recent enough."""
        found = self.reading
        return found is not None and found.quality is Quality.GOOD and now - found.time <= self.oldest


@dataclass(frozen=True, slots=True)
class PointFacts:
    """What is known of a point that is to be written."""

    point: str
    equipment: str
    rules: WriteRules | str  # a text: why it may not be written at all
    standing: PointStanding
    present: float | None  # as last read
    reversion: str  # device | bms | none
    test: ReversionTest | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the second check judges one recommendation by."""

    now: datetime
    site_revision: str
    posture: Posture
    abnormal: frozenset[str]  # in words
    vetoes: frozenset[str]  # local veto inputs that are on
    lock_outs: Mapping[str, LockOut]
    points: Sequence[PointFacts]
    leaned_on: Sequence[LeanedOn]
    watched: int = 0  # temperatures that would tell of harm
