"""/plans: those that were made, and one beside another."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, BaseModel, Field

from facility.access import Permission
from facility.advise.comparison import comparison_document
from facility.advise.report import cost_rows, plan_document
from facility.api.entry import needs
from facility.api.finite import finite
from facility.api.plan_answer import CostAnswer, PlanAnswer
from facility.api.routes.review import ID
from facility.api.routes.view import View
from facility.records import Plan
from facility.review.refusals import UnknownRecordError

router = APIRouter(tags=["plan"])
MOST = 100
PREVIOUS = "previous"
Name = Annotated[str, Path(pattern=ID)]


class ListedPlan(BaseModel):
    """A plan in a list: when it was made, and what it costs beside present operation."""

    id: str
    created: AwareDatetime
    planned_until: AwareDatetime
    model_version: str
    site_revision: str
    keeps_present: bool
    costs: list[CostAnswer]


class PlansAnswer(BaseModel):
    """A page of plans; `next` is the `before` of the page after it, null on the last."""

    plans: list[ListedPlan]
    next: str | None


class ComparisonAnswer(BaseModel):
    """Two plans side by side, on the steps of the first: null where the other does not reach. Each costs over its own hours."""

    plan: dict[str, Any]
    with_: dict[str, Any] = Field(alias="with")
    currency: str
    costs: list[dict[str, Any]]
    changed: list[dict[str, Any]]
    why: list[dict[str, str]]
    times: list[str]
    schedule: dict[str, dict[str, list[float | str | None]]]


@router.get("/plans", dependencies=[needs(Permission.READ)], responses={404: {}})
def read_plans(
    view: View,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 20,
    before: Annotated[str | None, Query(pattern=ID, description="`next` of the page before")] = None,
) -> PlansAnswer:
    """Return plans, those stored last first."""
    found = view.plans.page(limit + 1, before)
    page = found[:limit]
    return PlansAnswer(plans=[_listed(plan) for plan in page], next=page[-1].id if len(found) > limit else None)


@router.get("/plans/{name}", dependencies=[needs(Permission.READ)], responses={404: {}})
def read_one_plan(view: View, name: Name) -> PlanAnswer:
    """Return one plan with its recommendations."""
    plan, site = view.plans.plan(name), view.loaded.site
    own = [one.recommendation for one in view.reviews.listed(plan_id=plan.id)]
    return PlanAnswer.model_validate(finite(plan_document(plan, own, site.zone, site.currency)))


@router.get("/plans/{name}/comparison", dependencies=[needs(Permission.READ)], responses={404: {}})
def compare_plans(
    view: View,
    name: Name,
    other: Annotated[str, Query(alias="with", pattern=ID, description="a plan's id, or `previous`")] = PREVIOUS,
) -> ComparisonAnswer:
    """Return a plan beside another one: costs, settings that differ, why, and the schedules."""
    plan, site = view.plans.plan(name), view.loaded.site
    beside = _previous(view, plan) if other == PREVIOUS else view.plans.plan(other)
    return ComparisonAnswer.model_validate(finite(comparison_document(plan, beside, site.zone, site.currency)))


def _previous(view: View, plan: Plan) -> Plan:
    found = view.plans.page(1, before=plan.id)
    if not found:
        raise UnknownRecordError(f"no plan before {plan.id!r} at this site")
    return found[0]


def _listed(plan: Plan) -> ListedPlan:
    return ListedPlan(
        id=plan.id,
        created=plan.created,
        planned_until=plan.end,
        model_version=plan.model_version,
        site_revision=plan.site_revision,
        keeps_present=plan.keeps_present,
        costs=[CostAnswer.model_validate(row) for row in finite(cost_rows(plan))],
    )
