"""/writes: the points that the site file lets be written, who has allowed it, and what others have set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from facility.access import Permission
from facility.acquire.writing.report import writable_row, writable_rows
from facility.acquire.writing.writer import rules_of
from facility.api.conflict import conflicts
from facility.api.entry import needs
from facility.api.problem import ProblemError
from facility.api.routes.reason import ReasonRequest
from facility.api.routes.view import View
from facility.api.who import Who
from facility.history.write_ledger import SqlWriteLedger
from facility.records import Permit

router = APIRouter(tags=["dispatch"])
Engineer = Annotated[Who, needs(Permission.DISPATCH)]
Releaser = Annotated[Who, needs(Permission.RELEASE)]
_REFUSED: dict[int | str, dict[str, object]] = {404: {}, 409: {}}


class WritableAnswer(BaseModel):
    """A point that may be written: its rules, and how it stands."""

    point: str
    unit: str
    low: float
    high: float
    max_step: float | None
    deadband: float
    min_interval_s: float
    writes_per_day: int
    writes_last_day: int
    allowed: bool
    allowed_by: str | None
    allowed_until: AwareDatetime | None
    overridden_since: AwareDatetime | None  # somebody else has set it: it is left alone until that is cleared
    expected: float | None
    found: float | None
    last_value: float | None
    last_at: AwareDatetime | None
    last_state: str | None


class AllowRequest(ReasonRequest):
    """Why, and until when; without it until it is forbidden."""

    until: AwareDatetime | None = None


@router.get("/writes", dependencies=[needs(Permission.READ)])
def read_writes(view: View) -> list[WritableAnswer]:
    """Return the points that the site file lets be written, and how each stands."""
    rows = writable_rows(view.loaded, view.dispatch.ledger, view.clock.now())
    return [WritableAnswer.model_validate(row) for row in rows]


@router.post("/writes/{name}/allow", responses=_REFUSED)
def allow_point(name: str, given: AllowRequest, who: Engineer, view: View) -> WritableAnswer:
    """Let a point be written."""
    now = view.clock.now()
    if given.until is not None and given.until <= now:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"until: {given.until.isoformat()} is past")
    with _of(view, name) as ledger:
        ledger.allow(name, Permit(who.name, given.reason, now, given.until))
    return _stands(view, name)


@router.post("/writes/{name}/forbid", responses=_REFUSED)
def forbid_point(name: str, given: ReasonRequest, who: Releaser, view: View) -> WritableAnswer:
    """Let a point be written no longer."""
    with _of(view, name) as ledger:
        ledger.forbid(name, actor=who.name, reason=given.reason, at=view.clock.now())
    return _stands(view, name)


@router.post("/writes/{name}/clear", responses=_REFUSED)
def clear_point(name: str, given: ReasonRequest, who: Engineer, view: View) -> WritableAnswer:
    """Accept what somebody else has set, and let the point be written again."""
    with _of(view, name) as ledger:
        ledger.clear(name, actor=who.name, reason=given.reason, at=view.clock.now())
    return _stands(view, name)


@contextmanager
def _of(view: View, name: str) -> Iterator[SqlWriteLedger]:
    """Give the ledger for a point that the site file lets be written; what is refused is a conflict."""
    with conflicts():
        rules_of(view.loaded, view.loaded.points[name])
        yield view.dispatch.ledger


def _stands(view: View, name: str) -> WritableAnswer:
    return WritableAnswer.model_validate(writable_row(view.loaded, view.dispatch.ledger, name, view.clock.now()))
