"""/plan and /recommendations."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from facility.access import Permission
from facility.advise.report import plan_document, recommendation_rows
from facility.api.entry import needs
from facility.api.problem import ProblemError
from facility.api.routes.view import View
from facility.records import RecommendationState

router = APIRouter(tags=["plan"])


class PlanAnswer(BaseModel):
    """The newest plan: as `facility recommend --format json` prints it."""

    plan: str
    site: str
    site_revision: str
    model_version: str
    created: str
    planned_until: str
    unmet: list[dict[str, Any]]
    currency: str
    gap_frac: float | None
    costs: list[dict[str, Any]]
    recommendations: list[dict[str, Any]]
    binding_limits: dict[str, list[str]]
    shortfalls: list[str]
    notes: list[str]
    jobs: list[dict[str, Any]]
    server_moves: list[dict[str, Any]]
    schedule: list[dict[str, Any]]


@router.get("/plan", dependencies=[needs(Permission.READ)])
def read_plan(view: View) -> PlanAnswer:
    """Return the newest plan with its recommendations."""
    plan = view.journal.latest_plan()
    if plan is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "there is no plan yet; /api/v1/health says what the planner waits for")
    own = [item for item in view.journal.recommendations() if item.plan_id == plan.id]
    site = view.loaded.site
    return PlanAnswer.model_validate(_finite(plan_document(plan, own, site.zone, site.currency)))


@router.get("/recommendations", dependencies=[needs(Permission.READ)])
def read_recommendations(view: View, state: RecommendationState | None = None) -> list[dict[str, Any]]:
    """Return recommendations, newest first; `state=proposed` for those that wait for a decision."""
    rows: list[dict[str, Any]] = _finite(recommendation_rows(view.journal.recommendations(state)))
    return rows


def _finite(value: Any) -> Any:
    """Return the same with null for numbers that JSON cannot write."""
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
