"""A recommendation under review as the API answers it: flat, as `facility review --format json` prints it."""

from __future__ import annotations

from facility.api.plan_answer import PlannedRecommendation
from facility.review.risk import RiskLevel


class StandingAnswer(PlannedRecommendation):
    """A recommendation, what is risky in it, and how many approvals it waits for; `endorsed_by` apart by spaces."""

    risk: RiskLevel
    risk_why: str
    low_confidence: bool
    people: int
    still_needed: int
    endorsed_by: str


class ListedAnswer(StandingAnswer):
    """One of a list; `belongs_with` names those that are worth nothing without each other, apart by spaces."""

    belongs_with: str
