"""One decision over a recommendation as it stands: moved, endorsed or refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from facility.records import TRANSITIONS, RecommendationState
from facility.review.decision import Decider, Decision, Endorsement, Standing, outcome
from facility.review.refusals import DecisionRefusedError
from tests.history.decisions import NOW, plan, recommendation

State = RecommendationState
ADA, BOB = Decider.known_as("ada", "ada"), Decider.known_as("bob", "bob")
NORMAL = recommendation("a", plan(1))
HIGH = replace(NORMAL, quantity="chillers_staged_command", current=2.0, recommended=1.0)
ENDORSED = Standing(HIGH, (Endorsement(ADA, "", NOW),))


def test_one_person_is_enough_where_nothing_is_risky() -> None:
    standing = Standing(NORMAL)
    assert (standing.people, standing.still_needed) == (1, 1)
    assert outcome(standing, Decision.APPROVE, ADA, NOW) is State.APPROVED


def test_two_people_approve_what_is_risky() -> None:
    standing = Standing(HIGH)
    assert (standing.people, standing.still_needed) == (2, 2)
    assert outcome(standing, Decision.APPROVE, ADA, NOW) is None
    assert ENDORSED.still_needed == 1
    assert outcome(ENDORSED, Decision.APPROVE, BOB, NOW) is State.APPROVED


@pytest.mark.parametrize(
    "same",
    [
        ADA,
        Decider.known_as("token:0f0f", "ada"),  # made by ada
        Decider.known_as("Bob", "Bob", " ADA "),  # says to be Bob, at ada's keyboard
    ],
)
def test_nobody_is_two_people(same: Decider) -> None:
    with pytest.raises(DecisionRefusedError, match=r"was approved by ada.*needs another person: fewer chillers run"):
        outcome(ENDORSED, Decision.APPROVE, same, NOW)


@pytest.mark.parametrize("who", [ADA, BOB])
@pytest.mark.parametrize("standing", [Standing(NORMAL), Standing(HIGH), ENDORSED])
def test_anybody_rejects_alone(standing: Standing, who: Decider) -> None:
    assert outcome(standing, Decision.REJECT, who, NOW) is State.REJECTED
    approved = replace(standing, recommendation=replace(standing.recommendation, state=State.APPROVED))
    assert outcome(approved, Decision.REJECT, who, NOW) is State.REJECTED  # until it is applied
    assert approved.still_needed == 0


@pytest.mark.parametrize("decision", Decision)
@pytest.mark.parametrize("state", State)
def test_a_decision_moves_what_the_state_machine_lets_it(state: State, decision: Decision) -> None:
    to = {Decision.APPROVE: State.APPROVED, Decision.REJECT: State.REJECTED}[decision]
    standing = Standing(replace(NORMAL, state=state))
    if to in TRANSITIONS[state]:
        assert outcome(standing, decision, ADA, NOW) is to
    else:
        with pytest.raises(DecisionRefusedError, match=f"is {state} already"):
            outcome(standing, decision, ADA, NOW)


@pytest.mark.parametrize("decision", Decision)
@pytest.mark.parametrize("standing", [Standing(NORMAL), ENDORSED])
def test_what_is_over_is_not_decided(standing: Standing, decision: Decision) -> None:
    over = standing.recommendation.expires
    assert outcome(standing, decision, BOB, over - timedelta(microseconds=1)) is not None
    with pytest.raises(DecisionRefusedError, match="is expired already"):
        outcome(standing, decision, BOB, over)
