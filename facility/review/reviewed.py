"""A recommendation with all that people and processes did and said about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from facility.records import RecommendationState
from facility.review.decision import Standing


@dataclass(frozen=True, slots=True)
class Move:
    """A move from one state to another: who, when and why."""

    before: RecommendationState
    after: RecommendationState
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody had to say."""

    by: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Where it stands, and how it came to that, oldest first."""

    standing: Standing
    moves: Sequence[Move]
    comments: Sequence[Comment]
