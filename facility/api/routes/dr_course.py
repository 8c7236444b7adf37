"""/dr/events/{number}/course and /settlement: an event on the meter, and what it comes to."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date
from http import HTTPStatus

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from facility.access import Permission
from facility.api.entry import needs
from facility.api.problem import ProblemError
from facility.api.routes.dr_events import known_event
from facility.api.routes.view import View
from facility.prepare.event_course import event_course
from facility.prepare.settlement_report import settlement_of
from facility.respond.asked import caps
from facility.respond.event_state import GridEventError, GridEventState
from facility.respond.frozen_baseline import NoBaselineError

router = APIRouter(tags=["demand response"])
_REFUSED: dict[int | str, dict[str, object]] = {404: {}, 409: {}}
Course = list[float | None]


class GridEventCourseAnswer(BaseModel):
    """Beginnings of steps of five minutes from an hour before the event; null where a value is not known, or does not apply."""

    times: list[AwareDatetime]
    baseline_kw: Course
    target_kw: Course
    meter_kw: Course
    delivered_kw: Course
    committed_kw: Course
    penalty_at_most: float | None
    currency: str
    note: str


class SettledStepAnswer(BaseModel):
    """A step of five minutes."""

    time: AwareDatetime
    baseline_kw: float | None
    meter_kw: float | None
    delivered_kw: float | None
    committed_kw: float | None


class _SettledEvent(BaseModel):
    site: str
    event: int
    source: str
    id: str
    program: str
    state: GridEventState
    start: AwareDatetime
    end: AwareDatetime
    noticed: AwareDatetime
    final: bool


class CapStepAnswer(BaseModel):
    """A step of five minutes under a cap."""

    time: AwareDatetime
    cap_kw: float | None
    meter_kw: float | None
    above_kw: float | None


class CapSettlementAnswer(_SettledEvent):
    """How a cap was kept, and what passing it costs, as `facility dr settle` tells it; not `final` before the event is over."""

    above_min: float
    above_kwh: float
    most_above_kw: float
    kept_frac: float
    not_measured_h: float
    penalty: float
    currency: str
    steps: list[CapStepAnswer]


class SettlementAnswer(_SettledEvent):
    """What was delivered and what that is worth, as `facility dr settle` tells it; not `final` before the event is over.

    What tells how the baseline was found is left null where generation is metered.
    """

    committed_kwh: float
    credited_kwh: float
    short_kwh: float
    over_kwh: float
    mean_delivered_kw: float | None
    performance: float
    not_measured_h: float
    payment: float
    penalty: float
    currency: str
    baseline_method: str
    baseline_known_at: AwareDatetime | None = None
    baseline_days: list[date] | None = None
    baseline_left_out: list[str] | None = None
    baseline_factor: float | None = None
    baseline_factor_uncapped: float | None = None
    baseline_notes: list[str] | None = None
    steps: list[SettledStepAnswer]


@router.get("/dr/events/{number}/course", dependencies=[needs(Permission.READ)], responses=_REFUSED)
def read_grid_event_course(number: int, view: View) -> GridEventCourseAnswer:
    """Return baseline, target and meter of an event."""
    kept = known_event(view, number)
    try:
        found = event_course(view.loaded, view.telemetry, view.grid_events, kept, view.clock.now())
    except GridEventError as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    return GridEventCourseAnswer(
        times=list(found.times),
        baseline_kw=_known(found.baseline_kw),
        target_kw=_known(found.target_kw),
        meter_kw=_known(found.meter_kw),
        delivered_kw=_known(found.delivered_kw),
        committed_kw=_known(found.committed_kw),
        penalty_at_most=found.penalty_at_most,
        currency=view.loaded.site.currency,
        note=found.note,
    )


@router.get("/dr/events/{number}/settlement", dependencies=[needs(Permission.READ)], responses=_REFUSED)
def read_grid_event_settlement(number: int, view: View) -> SettlementAnswer | CapSettlementAnswer:
    """Return what was delivered in an event until now, and what it is worth; freezes no baseline, as the command does."""
    kept, book = known_event(view, number), view.grid_events
    program = book.settings.program(kept.event.program)
    is_cap = program is not None and caps(kept.event, program)
    is_measured = program is not None and program.baseline.method == "metered_generation"
    if not is_cap and not is_measured and book.baseline(number) is None:
        raise ProblemError(
            HTTPStatus.CONFLICT, f"no baseline of event {number} is frozen; `facility dr settle` does it"
        )
    try:
        document, steps = settlement_of(view.loaded, view.telemetry, book, kept, view.clock.now())
    except (GridEventError, NoBaselineError) as error:
        raise ProblemError(HTTPStatus.CONFLICT, str(error)) from error
    answer = CapSettlementAnswer if is_cap else SettlementAnswer
    return answer.model_validate({**document, "steps": steps})


def _known(values: Iterable[float]) -> Course:
    return [None if math.isnan(value) else round(float(value), 3) for value in values]
