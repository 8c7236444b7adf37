"""/recommendations: what is proposed, who decided what about it and why, and deciding and commenting."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from facility.access import Permission
from facility.advise.review_report import reviewed_document, standing_rows
from facility.api.entry import needs
from facility.api.finite import finite
from facility.api.routes.view import View
from facility.api.standing_answer import ListedAnswer, StandingAnswer
from facility.api.who import Who
from facility.dispatch.together import belonging
from facility.records import RecommendationState
from facility.review.decision import Decider, Decision
from facility.review.reviewed import Reviewed

router = APIRouter(tags=["review"])
MOST, MOST_AS_ONE = 500, 50
ID = r"^[A-Za-z0-9._:-]{1,64}$"  # no other is ever given, and not every database can be asked for every text
DeciderAsks = Annotated[Who, needs(Permission.DECIDE)]
Name = Annotated[str, Path(pattern=ID)]


class DecisionRequest(BaseModel):
    """A decision; with `expected_state` it holds only if the recommendation still is in the state in which it was seen.

    `also` are others that are decided in the same way as one with it, all or none: those that `belongs_with` names.
    """

    model_config = ConfigDict(extra="forbid")
    decision: Decision
    reason: str = ""
    expected_state: RecommendationState | None = None
    also: Annotated[list[Annotated[str, Field(pattern=ID)]], Field(max_length=MOST_AS_ONE)] = []


class CommentRequest(BaseModel):
    """Something to say about a recommendation."""

    model_config = ConfigDict(extra="forbid")
    text: str


class CommentAnswer(BaseModel):
    """What somebody had to say."""

    at: AwareDatetime
    by: str
    text: str


class EndorsementAnswer(BaseModel):
    """The approval of one person, where two are asked for."""

    at: AwareDatetime
    by: str
    reason: str


class TransitionAnswer(BaseModel):
    """A move from one state to another."""

    at: AwareDatetime
    before: RecommendationState
    after: RecommendationState
    by: str
    reason: str


class ReviewedAnswer(BaseModel):
    """A recommendation, as `/recommendations` lists it, with all that was done and said about it, oldest first."""

    recommendation: StandingAnswer
    endorsements: list[EndorsementAnswer]
    transitions: list[TransitionAnswer]
    comments: list[CommentAnswer]


@router.get("/recommendations", dependencies=[needs(Permission.READ)], responses={404: {}})
def read_recommendations(
    view: View,
    state: RecommendationState | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    before: Annotated[str | None, Query(pattern=ID, description="the last id of the page before")] = None,
) -> list[ListedAnswer]:
    """Return recommendations, newest first; `state=proposed` for those that wait for a decision.

    `belongs_with` names those of the list that are worth nothing without each other, with spaces between.
    """
    found = view.reviews.listed(state, before=before, limit=limit)
    beside = belonging(view.loaded.site, [one.recommendation for one in found])
    return [ListedAnswer.model_validate(row) for row in finite(standing_rows(found, beside))]


@router.get("/recommendations/{name}", dependencies=[needs(Permission.READ)], responses={404: {}})
def read_recommendation(view: View, name: Name) -> ReviewedAnswer:
    """Return one recommendation: its risk and why, how many approvals it waits for, who did and said what."""
    return _answer(view.reviews.found(name))


@router.post("/recommendations/{name}/decision", responses={404: {}, 409: {}})
def decide(given: DecisionRequest, who: DeciderAsks, view: View, name: Name) -> ReviewedAnswer:
    """Approve or reject; where two people are asked for, the first approval leaves it proposed."""
    decider, now = Decider.known_as(who.name, who.person), view.clock.now()
    names = [name, *given.also]
    view.reviews.decide(names, given.decision, decider, reason=given.reason, at=now, expected=given.expected_state)
    return _answer(view.reviews.found(name))


@router.post("/recommendations/{name}/comments", status_code=HTTPStatus.CREATED, responses={404: {}})
def comment(given: CommentRequest, who: DeciderAsks, view: View, name: Name) -> CommentAnswer:
    """Say something about a recommendation; it stays."""
    said = view.reviews.comment(name, who.name, given.text, view.clock.now())
    return CommentAnswer(at=said.at, by=said.by, text=said.text)


def _answer(found: Reviewed) -> ReviewedAnswer:
    return ReviewedAnswer.model_validate(finite(reviewed_document(found)))
