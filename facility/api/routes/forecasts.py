"""/forecast-errors and /next-hour: how far forecasts missed by how far they looked ahead, and what racks come to in an hour."""

from __future__ import annotations

import dataclasses
import math
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel

from facility.access import Permission
from facility.api.entry import needs
from facility.api.routes.view import View
from facility.api.site_view import SiteView
from facility.learn.model_store import ModelStore
from facility.prepare.forecast_errors import ForecastErrors, forecast_errors
from facility.prepare.next_hour import next_hour

router = APIRouter(tags=["models"])
KEPT_S = 300.0  # readings come to a forecast of the next hour at this step


class LeadAnswer(BaseModel):
    """Errors of forecasts that looked so many whole hours ahead, over `count` steps; interval figures null where none was given."""

    lead_h: int
    count: int
    bias: float  # forecast less measured
    mae: float
    width_90: float | None
    coverage_90: float | None


class ForecastQuantityAnswer(BaseModel):
    """The forecasts of one quantity; no leads where none that was kept has come true yet."""

    quantity: str
    unit: str
    leads: list[LeadAnswer]


class ForecastErrorsAnswer(BaseModel):
    """Errors by how far ahead, of forecasts issued in [start, end); `notes` say what cannot be compared."""

    start: AwareDatetime
    end: AwareDatetime
    quantities: list[ForecastQuantityAnswer]
    notes: list[str]


class IntervalAnswer(BaseModel):
    """A value with the ends of its 90 % interval."""

    value: float
    low: float
    high: float


class RackHourAnswer(BaseModel):
    """A rack's inlet now and in an hour if setpoints stay, and how likely it passes its limit until then."""

    hall: str
    rack: str
    now_degc: float | None
    in_an_hour_degc: IntervalAnswer
    limit_degc: float
    over_limit: float


class LostUnitAnswer(BaseModel):
    """How likely some rack of the hall passes its limit within the hour, were this air handler lost now."""

    hall: str
    crah: str
    over_limit: float


class CduHourAnswer(BaseModel):
    """A CDU's secondary supply and return in an hour."""

    loop: str
    cdu: str
    supply_degc: IntervalAnswer
    return_degc: IntervalAnswer


class NextHourAnswer(BaseModel):
    """What the next hour brings, as `facility predict` has it; `notes` say what cannot be forecast, and why."""

    at: AwareDatetime
    racks: list[RackHourAnswer]
    lost_crahs: list[LostUnitAnswer]
    cdus: list[CduHourAnswer]
    notes: list[str]


@router.get("/forecast-errors", dependencies=[needs(Permission.READ)])
def read_forecast_errors(view: View, days: Annotated[int, Query(ge=1, le=28)] = 14) -> ForecastErrorsAnswer:
    """Return how far the kept forecasts of weather, IT power and work missed, by lead time."""
    step_s = view.loaded.site.step.total_seconds()
    answer: ForecastErrorsAnswer = view.kept(f"errors of {days} days", step_s, lambda: _errors(view, days))
    return answer


@router.get("/next-hour", dependencies=[needs(Permission.READ)])
def read_next_hour(view: View) -> NextHourAnswer:
    """Return racks and liquid loops in an hour if setpoints stay, at most five minutes old."""
    answer: NextHourAnswer = view.kept("next hour", KEPT_S, lambda: _next_hour(view))
    return answer


def _errors(view: SiteView, days: int) -> ForecastErrorsAnswer:
    now, span = view.clock.now(), timedelta(days=days)
    models = ModelStore(view.state.models)
    found, notes = forecast_errors(view.loaded, view.telemetry, view.forecasts, models, at=now, span=span)
    return ForecastErrorsAnswer(start=now - span, end=now, quantities=[_quantity(one) for one in found], notes=notes)


def _quantity(errors: ForecastErrors) -> ForecastQuantityAnswer:
    leads = [
        LeadAnswer(
            lead_h=int(lead),
            count=int(row["count"]),
            bias=float(row["bias"]),
            mae=float(row["mae"]),
            width_90=_finite(row["width_90"]),
            coverage_90=_finite(row["coverage_90"]),
        )
        for lead, row in zip(errors.by_lead.index, errors.by_lead.to_dict("records"), strict=True)
    ]
    return ForecastQuantityAnswer(quantity=errors.quantity, unit=errors.unit, leads=leads)


def _next_hour(view: SiteView) -> NextHourAnswer:
    now = view.clock.now()
    found = next_hour(view.loaded, view.telemetry, now)
    return NextHourAnswer(
        at=now,
        racks=[RackHourAnswer.model_validate(dataclasses.asdict(rack)) for rack in found.racks],
        lost_crahs=[LostUnitAnswer.model_validate(dataclasses.asdict(one)) for one in found.lost_crahs],
        cdus=[CduHourAnswer.model_validate(dataclasses.asdict(one)) for one in found.cdus],
        notes=list(found.notes),
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
