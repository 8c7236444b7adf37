"""/pue: power ratio, PUE and its interim figures, as `facility pue` has them; WUE, CUE and ERF beside them."""

from __future__ import annotations

import dataclasses
import math
from http import HTTPStatus

import pandas as pd
from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from facility.access import Permission
from facility.api.entry import needs
from facility.api.problem import ProblemError
from facility.api.routes.view import View
from facility.api.site_view import SiteView
from facility.errors import NotEnoughDataError
from facility.learn.site_ratios import CATEGORY, POWER_RATIO, read_site_ratios
from facility.learn.usage_ratios import usage_ratios
from models.whole.periods import PeriodRatio

router = APIRouter(tags=["energy"])


class RatioAnswer(BaseModel):
    """Facility over IT energy of a period. `name` is PUE only for twelve months that were measured nearly whole."""

    name: str
    begin: AwareDatetime
    end: AwareDatetime
    running: bool  # the period is not over
    ratio: float | None
    facility_kwh: float
    it_kwh: float
    measured_frac: float  # of the part of the period that is over


class UsageAnswer(BaseModel):
    """Water, carbon or reused heat; null where it is not known, and `note` says why."""

    name: str
    standard: str
    unit: str
    value: float | None
    measured_frac: float
    note: str


class PueAnswer(BaseModel):
    """The site's ratios up to `at`, from means over `step_s`."""

    at: AwareDatetime
    step_s: float
    standard: str
    category: int  # of ISO/IEC 30134-2: where IT energy is measured
    now: RatioAnswer
    today: RatioAnswer
    year: RatioAnswer
    months: list[RatioAnswer]
    beside: list[UsageAnswer]


@router.get("/pue", dependencies=[needs(Permission.READ)], responses={404: {}})
def read_pue(view: View) -> PueAnswer:
    """Return the ratios, at most a planning step old: a year of readings takes a while to read."""
    step = view.loaded.site.step
    answer: PueAnswer = view.kept("pue", step.total_seconds(), lambda: _pue(view))
    return answer


def _pue(view: SiteView) -> PueAnswer:
    loaded, now = view.loaded, view.clock.now()
    try:
        ratios = read_site_ratios(loaded, view.telemetry, now)
    except NotEnoughDataError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from error
    at = pd.Timestamp(now)
    return PueAnswer(
        at=now,
        step_s=loaded.site.step.total_seconds(),
        standard="ISO/IEC 30134-2",
        category=CATEGORY,
        now=_answer(ratios.newest, at, POWER_RATIO),
        today=_answer(ratios.today, at),
        year=_answer(ratios.year, at),
        months=[_answer(one, at) for one in ratios.by_month],
        beside=[
            UsageAnswer(**dataclasses.asdict(one))
            for one in usage_ratios(loaded, view.telemetry, ratios, view.forecasts)
        ],
    )


def _answer(period: PeriodRatio, at: pd.Timestamp, name: str = "") -> RatioAnswer:
    over = (min(period.end, at) - period.begin) / (period.end - period.begin)
    return RatioAnswer(
        name=name or period.name,
        begin=period.begin.to_pydatetime(),
        end=period.end.to_pydatetime(),
        running=period.end > at,
        ratio=period.value if math.isfinite(period.value) else None,
        facility_kwh=period.facility_kwh,
        it_kwh=period.it_kwh,
        measured_frac=min(period.measured_frac / over, 1.0) if over > 0 else 0.0,
    )
