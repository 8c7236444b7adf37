"""/history: readings of some points over a time, as JSON or CSV."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel

from facility.access import Permission
from facility.api.entry import needs
from facility.api.problem import ProblemError
from facility.api.routes.view import View
from facility.points import Point

router = APIRouter(tags=["readings"])
MAX_POINTS = 100
MAX_VALUES = 500_000


class Series(BaseModel):
    """The values of a point; null where no good reading fell into the step."""

    point: str
    unit: str
    values: list[float | None]


class HistoryAnswer(BaseModel):
    """Readings of good quality: as they came, or means over steps whose starts are in `times`."""

    start: AwareDatetime
    end: AwareDatetime
    step_s: float | None
    times: list[AwareDatetime]
    series: list[Series]


@router.get(
    "/history",
    dependencies=[needs(Permission.READ)],
    response_model=HistoryAnswer,
    responses={200: {"content": {"text/csv": {}}}},
)
def read_history(
    *,
    view: View,
    point: Annotated[list[str], Query(min_length=1, max_length=MAX_POINTS, description="point id; may be repeated")],
    start: Annotated[AwareDatetime, Query(alias="from", description="ISO 8601 with an offset")],
    end: Annotated[AwareDatetime | None, Query(alias="to", description="ISO 8601 with an offset; default: now")] = None,
    step_s: Annotated[float | None, Query(alias="step", ge=1, le=31 * 86400, description="seconds; none: raw")] = None,
    form: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
) -> HistoryAnswer | Response:
    """Return readings in [from, to)."""
    points = [view.loaded.points[name] for name in dict.fromkeys(point)]
    begin, until = start.astimezone(UTC), (end or view.clock.now()).astimezone(UTC)
    _refuse_too_much(points, begin, until, step_s)
    step = timedelta(seconds=step_s) if step_s else None
    frame = view.telemetry.read([each.id for each in points], begin, until, step)
    if form == "csv":
        name = f"{view.loaded.site.id}-{begin:%Y%m%dT%H%MZ}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(_csv(frame, points), media_type="text/csv; charset=utf-8", headers=headers)
    return HistoryAnswer(start=begin, end=until, step_s=step_s, times=_times(frame), series=_series(frame, points))


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


def _series(frame: pd.DataFrame, points: Sequence[Point]) -> list[Series]:
    def numbers(point: Point) -> list[float | None]:
        return [value if np.isfinite(value) else None for value in frame[point.id].to_numpy(float).tolist()]

    return [Series(point=point.id, unit=point.unit, values=numbers(point)) for point in points]


def _csv(frame: pd.DataFrame, points: Sequence[Point]) -> str:
    buffer = io.StringIO()
    named = frame.rename(columns={point.id: f"{point.id} [{point.unit}]" for point in points})
    named.to_csv(buffer, index_label="time [UTC]", date_format="%Y-%m-%dT%H:%M:%S.%fZ", lineterminator="\r\n")
    return buffer.getvalue()
