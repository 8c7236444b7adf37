"""/dispatch: how recommendations come to the plant, what holds that up, and the way back to the plant's own controls."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, Field

from facility.access import Permission
from facility.api.conflict import conflicts
from facility.api.entry import needs
from facility.api.problem import ProblemError
from facility.api.routes.reason import ReasonRequest
from facility.api.routes.view import View
from facility.api.who import Who
from facility.dispatch.report import status_document, target_row
from facility.errors import ConfigurationError
from facility.history.dispatch_records import Mode, TargetState

router = APIRouter(tags=["dispatch"])
# What makes the plant safer asks for less than what lets it be written to.
Releaser = Annotated[Who, needs(Permission.RELEASE)]
Engineer = Annotated[Who, needs(Permission.DISPATCH)]
_CONFLICT: dict[int | str, dict[str, object]] = {409: {}}
_UNKNOWN: dict[int | str, dict[str, object]] = {404: {}, 409: {}}


class SaidAnswer(BaseModel):
    """Who, when and why."""

    by: str
    reason: str
    at: AwareDatetime


class LockOutAnswer(SaidAnswer):
    """Equipment for which nothing is written."""

    equipment: str
    until: AwareDatetime


class TargetAnswer(BaseModel):
    """How far a point is that is written for a recommendation."""

    point: str
    state: TargetState
    before: float | None
    note: str


class ApplicationAnswer(BaseModel):
    """A recommendation that is being written or watched."""

    id: str
    state: str
    since: AwareDatetime
    equipment: str
    quantity: str
    to: float
    unit: str
    ordered: SaidAnswer
    why: str
    points: list[TargetAnswer]


class OpenAnswer(BaseModel):
    """An open recommendation as the second check sees it; `dropped`: for low confidence."""

    id: str
    state: str
    equipment: str
    quantity: str
    to: float
    unit: str
    dropped: bool
    refusals: list[str]


class DispatchAnswer(BaseModel):
    """How dispatch stands."""

    at: AwareDatetime
    mode: Mode
    mode_set: SaidAnswer | None
    suspended: SaidAnswer | None
    vetoed: SaidAnswer | None
    abnormal: list[str]
    veto_inputs: list[str]
    locked_out: list[LockOutAnswer]
    reversion_tests: list[dict[str, Any]]
    under_way: list[ApplicationAnswer]
    open: list[OpenAnswer]


class ModeRequest(ReasonRequest):
    """The mode that is wanted, and why."""

    mode: Mode


class ApplyRequest(ReasonRequest):
    """An approved recommendation to be written, and why now."""

    recommendation: Annotated[str, Field(min_length=1, max_length=64)]


class LockOutRequest(ReasonRequest):
    """Equipment, until when nothing is written for it, and why."""

    equipment: Annotated[str, Field(min_length=1, max_length=64)]
    until: AwareDatetime


@router.get("/dispatch", dependencies=[needs(Permission.READ)])
def read_dispatch(view: View) -> DispatchAnswer:
    """Return the mode, what holds dispatch up, what is under way, and what the second check says of each open recommendation."""
    return _stands(view)


@router.post("/dispatch/mode")
def set_mode(given: ModeRequest, who: Engineer, view: View) -> DispatchAnswer:
    """Set the mode: observe, advise or auto."""
    view.dispatch.set_mode(given.mode, who.name, given.reason)
    return _stands(view)


@router.post("/dispatch/apply", responses=_UNKNOWN)
def apply_recommendation(given: ApplyRequest, who: Engineer, view: View) -> DispatchAnswer:
    """Order an approved recommendation to be written; the service does it."""
    if all(one.id != given.recommendation for one in view.journal.recommendations()):
        raise ProblemError(HTTPStatus.NOT_FOUND, f"no recommendation {given.recommendation!r}")
    with conflicts():
        view.dispatch.apply(given.recommendation, who.name, given.reason)
    return _stands(view)


@router.post("/dispatch/release")
async def release(given: ReasonRequest, who: Releaser, view: View) -> list[TargetAnswer]:
    """Return the site to local control at once: stop writing, and put back every point that we hold."""
    targets = await view.dispatch.release(who.name, given.reason)
    return [TargetAnswer(**target_row(target)) for target in targets]


@router.post("/dispatch/resume", responses=_CONFLICT)
def resume(given: ReasonRequest, who: Engineer, view: View) -> DispatchAnswer:
    """Let dispatch go on after an abnormal state, or a return to local control."""
    with conflicts():
        view.dispatch.resume(who.name, given.reason)
    return _stands(view)


@router.post("/dispatch/veto")
def veto(given: ReasonRequest, who: Releaser, view: View) -> DispatchAnswer:
    """Forbid all writing, until somebody lifts it."""
    view.dispatch.veto(who.name, given.reason)
    return _stands(view)


@router.post("/dispatch/veto/lift", responses=_CONFLICT)
def lift_veto(given: ReasonRequest, who: Engineer, view: View) -> DispatchAnswer:
    """Allow writing again."""
    with conflicts():
        view.dispatch.veto(who.name, given.reason, lift=True)
    return _stands(view)


@router.post("/dispatch/lock-outs")
def lock_out(given: LockOutRequest, who: Releaser, view: View) -> DispatchAnswer:
    """Let nothing be written for a piece of equipment, until a time."""
    until: datetime = given.until
    try:
        view.dispatch.lock_out(given.equipment, until, who.name, given.reason)
    except ConfigurationError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
    return _stands(view)


@router.post("/dispatch/lock-outs/{name}/end", responses=_CONFLICT)
def return_to_service(name: str, given: ReasonRequest, who: Engineer, view: View) -> DispatchAnswer:
    """End the lock-out of a piece of equipment."""
    with conflicts():
        view.dispatch.return_to_service(name, who.name, given.reason)
    return _stands(view)


def _stands(view: View) -> DispatchAnswer:
    return DispatchAnswer.model_validate(status_document(view.dispatch))
