"""Why a recommendation is not written: which limit, by which number, and what to do."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class RefusalKind(enum.StrEnum):
    """What the second check can object to."""

    MODE = "mode"
    SUSPENDED = "suspended"
    VETO = "veto"
    ABNORMAL = "abnormal_state"
    LOCKED_OUT = "locked_out"
    STATE = "state"
    EXPIRY = "expiry"
    CONFIDENCE = "confidence"
    FRESHNESS = "freshness"
    LIMIT = "limit"
    PERMISSION = "permission"
    OVERRIDE = "override"
    RATE = "rate"
    REVERSION = "reversion"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One objection."""

    kind: RefusalKind
    subject: str  # a point, a piece of equipment, a recommendation or the site
    limit: str  # which limit, in words
    number: str  # what was found against what is allowed
    fix: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.limit}: {self.number}; {self.fix}"
