"""/plan: the newest, and its explanation."""

from __future__ import annotations

import dataclasses
from http import HTTPStatus

from fastapi import APIRouter
from pydantic import BaseModel

from facility.access import Permission
from facility.advise.report import plan_document
from facility.api.entry import needs
from facility.api.finite import finite
from facility.api.plan_answer import PlanAnswer
from facility.api.problem import ProblemError
from facility.api.routes.view import View
from facility.api.site_view import SiteView
from facility.explanation import Explanation
from facility.records import Plan

router = APIRouter(tags=["plan"])


@router.get("/plan", dependencies=[needs(Permission.READ)], responses={404: {}})
def read_plan(view: View) -> PlanAnswer:
    """Return the newest plan with its recommendations."""
    plan = _newest(view)
    own = [item for item in view.journal.recommendations() if item.plan_id == plan.id]
    site = view.loaded.site
    return PlanAnswer.model_validate(finite(plan_document(plan, own, site.zone, site.currency)))


class ExplanationAnswer(BaseModel):
    """Why a plan is as it is; `explanation` is null where the version that made it kept none."""

    plan: str
    currency: str
    explanation: Explanation | None


@router.get("/plan/explanation", dependencies=[needs(Permission.READ)], responses={404: {}})
def read_explanation(view: View) -> ExplanationAnswer:
    """Return what limits cost, what else there was, the risks, and what changed since the last plan."""
    plan = _newest(view)
    kept = None if plan.explanation is None else finite(dataclasses.asdict(plan.explanation))
    answer = {"plan": plan.id, "currency": view.loaded.site.currency, "explanation": kept}
    return ExplanationAnswer.model_validate(answer)


def _newest(view: SiteView) -> Plan:
    plan = view.journal.latest_plan()
    if plan is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "there is no plan yet; /api/v1/health says what the planner waits for")
    return plan
