"""What a decision about a recommendation does: moves it, or is one of two approvals, or is refused. The same for every way in."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from facility.records import TRANSITIONS, Recommendation, RecommendationState
from facility.review.refusals import DecisionRefusedError
from facility.review.risk import PEOPLE, Risk, risk_of

_OPEN = frozenset({RecommendationState.PROPOSED, RecommendationState.APPROVED})


class Decision(enum.StrEnum):
    """What a person may say."""

    APPROVE = "approve"
    REJECT = "reject"


_TO = {Decision.APPROVE: RecommendationState.APPROVED, Decision.REJECT: RecommendationState.REJECTED}


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides: the name for the audit trail, and every name by which the person behind it is known.

    Whoever shares one of `persons` is the same person: a machine is who made its token.
    """

    name: str
    persons: frozenset[str]

    @classmethod
    def known_as(cls, name: str, *persons: str) -> Decider:
        """Return who decides under a name; case and spaces around names make nobody another person."""
        return cls(name, frozenset(each.strip().casefold() for each in persons))


@dataclass(frozen=True, slots=True)
class Endorsement:
    """The approval of one person, where more are asked for."""

    by: Decider
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A recommendation, and who has approved it so far."""

    recommendation: Recommendation
    endorsements: tuple[Endorsement, ...] = ()

    @property
    def risk(self) -> Risk:
        """How risky it is."""
        return risk_of(self.recommendation)

    @property
    def people(self) -> int:
        """How many have to approve it."""
        return PEOPLE[self.risk.level]

    @property
    def still_needed(self) -> int:
        """How many approvals it waits for; none once it is decided."""
        waits = self.recommendation.state is RecommendationState.PROPOSED
        return self.people - len(self.endorsements) if waits else 0


def outcome(standing: Standing, decision: Decision, decider: Decider, at: datetime) -> RecommendationState | None:
    """Return the state that a decision moves a recommendation to; None where it is an endorsement and another person is needed.

    Raises
    ------
    DecisionRefusedError
        If it is too late, or the same person has approved before.
    """
    one = standing.recommendation
    to = _TO[decision]
    if to not in TRANSITIONS[one.state]:
        raise DecisionRefusedError(f"recommendation {one.id} is {one.state.value} already")
    if one.state in _OPEN and one.expires <= at:
        raise DecisionRefusedError(f"recommendation {one.id} is expired already")
    if decision is Decision.REJECT:
        return to
    for before in standing.endorsements:
        if before.by.persons & decider.persons:
            same = "" if before.by.name == decider.name else f", the same person as {decider.name}"
            raise DecisionRefusedError(
                f"recommendation {one.id} was approved by {before.by.name}{same}, and needs another person: "
                + "; ".join(standing.risk.why)
            )
    return to if standing.still_needed <= 1 else None
