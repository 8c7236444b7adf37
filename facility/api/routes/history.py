"""/history: readings of some points over a time, as JSON, CSV or Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict

from facility.access import Permission
from facility.api.entry import needs
from facility.api.history_files import CSV_TYPE, PARQUET_TYPE, csv_file, parquet_file
from facility.api.problem import ProblemError
from facility.api.routes.view import View
from facility.api.site_view import SiteView
from facility.api.stood_in_columns import StoodInColumn, stood_in_columns, with_beginnings
from facility.errors import JournalError
from facility.points import Point
from facility.stand_ins import StandIn, StandInKind

router = APIRouter(tags=["readings"])
MAX_POINTS = 100
MAX_VALUES = 500_000
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)  # what stores can count


class Series(BaseModel):
    """The values of a point; null where no good reading fell into the step."""

    point: str
    unit: str
    values: list[float | None]
    low: list[float | None] | None = None  # least and greatest reading of each step, where they were asked for
    high: list[float | None] | None = None


class StoodInAnswer(BaseModel):
    """What stood in for a point: it is in no series."""

    model_config = ConfigDict(from_attributes=True)
    point: str
    kind: StandInKind
    value: float | None
    source: str | None
    by: str
    reason: str
    at: AwareDatetime
    ends: AwareDatetime


class HistoryAnswer(BaseModel):
    """Readings of good quality: as they came, or means over steps whose starts are in `times`."""

    start: AwareDatetime
    end: AwareDatetime
    step_s: float | None
    times: list[AwareDatetime]
    series: list[Series]
    stood_in: list[StoodInAnswer] | None  # null: the journal, which knows, is away


@router.get(
    "/history",
    dependencies=[needs(Permission.READ)],
    response_model=HistoryAnswer,
    responses={200: {"content": {"text/csv": {}, PARQUET_TYPE: {}}}, 404: {}},
)
def read_history(
    *,
    view: View,
    point: Annotated[list[str], Query(min_length=1, max_length=MAX_POINTS, description="point id; may be repeated")],
    start: Annotated[AwareDatetime, Query(alias="from", description="ISO 8601 with an offset")],
    end: Annotated[AwareDatetime | None, Query(alias="to", description="ISO 8601 with an offset; default: now")] = None,
    step_s: Annotated[float | None, Query(alias="step", ge=1, le=31 * 86400, description="seconds; none: raw")] = None,
    form: Annotated[Literal["json", "csv", "parquet"], Query(alias="format")] = "json",
    extremes: Annotated[
        bool, Query(description="the least and greatest reading of each step too; needs step, json only")
    ] = False,
) -> HistoryAnswer | Response:
    """Return readings in [from, to)."""
    points = [view.loaded.points[name] for name in dict.fromkeys(point)]
    begin, until = _utc("from", start), _utc("to", end or view.clock.now())
    _refuse_too_much(points, begin, until, step_s)
    step = timedelta(seconds=step_s) if step_s else None
    if extremes and (step is None or form != "json"):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, "extremes: of steps only, and in JSON; give step, and no format"
        )
    frame = view.telemetry.read([each.id for each in points], begin, until, step)
    if form != "json":
        about = {
            "site": view.loaded.site.id,
            "site_revision": view.loaded.revision,
            "site_time_zone": view.loaded.site.time_zone,
            "from": begin.isoformat(),
            "to": until.isoformat(),
            "values": f"means over {step_s:g} s" if step_s else "as read",
        }
        frame, stood_in = _with_stand_ins(view, frame, points, (begin, until), step)
        return _file(form, frame, points, about, stood_in)
    series = [_series(frame, each) for each in points]
    if extremes and step is not None:
        low, high = view.telemetry.extremes([each.id for each in points], begin, until, step)
        for one in series:
            one.low, one.high = _numbers(low, one.point), _numbers(high, one.point)
    told = _told_stand_ins(view, points, begin, until)
    return HistoryAnswer(start=begin, end=until, step_s=step_s, times=_times(frame), series=series, stood_in=told)


def _utc(name: str, time: datetime) -> datetime:
    if not EARLIEST <= time <= LATEST:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"{name}: expected {EARLIEST:%Y} to {LATEST:%Y}")
    return time.astimezone(UTC)


def _stood_in(view: SiteView, points: Sequence[Point], begin: datetime, until: datetime) -> list[StandIn]:
    return [one for one in view.stand_ins.between(begin, until) if one.point in {each.id for each in points}]


def _told_stand_ins(
    view: SiteView, points: Sequence[Point], begin: datetime, until: datetime
) -> list[StoodInAnswer] | None:
    try:
        return [StoodInAnswer.model_validate(one) for one in _stood_in(view, points, begin, until)]
    except JournalError:
        return None


def _with_stand_ins(
    view: SiteView,
    frame: pd.DataFrame,
    points: Sequence[Point],
    span: tuple[datetime, datetime],
    step: timedelta | None,
) -> tuple[pd.DataFrame, Sequence[StoodInColumn]]:
    """Return what a file holds: a file outlives the page, so there is none while it is not known what stood in."""
    found = _stood_in(view, points, *span)
    followed = sorted({one.source for one in found if one.source is not None})
    sources = view.telemetry.read(followed, *span, step) if followed else pd.DataFrame()
    if found and step is None:
        frame = with_beginnings(frame, found)
    by_id = {each.id: each for each in points}
    return frame, stood_in_columns(pd.DatetimeIndex(frame.index), by_id, found, sources, step)


def _file(
    form: Literal["csv", "parquet"],
    frame: pd.DataFrame,
    points: Sequence[Point],
    about: Mapping[str, str],
    stood_in: Sequence[StoodInColumn],
) -> Response:
    begin = datetime.fromisoformat(about["from"])
    headers = {"Content-Disposition": f'attachment; filename="{about["site"]}-{begin:%Y%m%dT%H%MZ}.{form}"'}
    if form == "csv":
        return Response(csv_file(frame, points, stood_in), media_type=CSV_TYPE, headers=headers)
    return Response(parquet_file(frame, points, about, stood_in), media_type=PARQUET_TYPE, headers=headers)


def _refuse_too_much(points: Sequence[Point], start: datetime, end: datetime, step_s: float | None) -> None:
    seconds = (end - start).total_seconds()
    if seconds <= 0:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "from: must be before to")
    values = sum(seconds / (step_s or each.interval_s) for each in points)
    if values > MAX_VALUES:
        needed = -(-seconds * len(points) // MAX_VALUES)
        advice = f"ask for less time, fewer points, or step={needed:.0f} or more"
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"about {values:,.0f} values, at most {MAX_VALUES:,}; {advice}"
        )


def _times(frame: pd.DataFrame) -> list[datetime]:
    index = pd.DatetimeIndex(frame.index)
    return [time.to_pydatetime() for time in index]


def _series(frame: pd.DataFrame, point: Point) -> Series:
    return Series(point=point.id, unit=point.unit, values=_numbers(frame, point.id))


def _numbers(frame: pd.DataFrame, point: str) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in frame[point].to_numpy(float).tolist()]
