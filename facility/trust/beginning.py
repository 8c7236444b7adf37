"""Since when a meter has been wrong by the factor that an inspection found: often since it was installed."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pandas as pd

from facility.ports import Telemetry
from facility.records import Finding
from facility.site_file import LoadedSite
from facility.trust.decades import agrees
from facility.trust.electrical import Meter, meters_of
from facility.trust.readings import Readings
from facility.trust.scale import counted_kw, errors_of, points_of_error, said_by

FURTHEST_DAYS = 31
DAY = timedelta(days=1)


def traced(loaded: LoadedSite, telemetry: Telemetry, finding: Finding) -> Finding:
    """Return a finding of scale or unit with the time since when its meter has said the same, a day's reading at a time.

    Hours in which the meter alone cannot tell are passed over; the first that was right ends the search, and so does a day
    without a trace of the error. A finding of another kind, or that only another meter shows, stays as it is.
    """
    meter = next((one for one in meters_of(loaded) if finding.point in one.points), None)
    if meter is None or finding.kind not in ("scale", "unit"):
        return finding
    readings = Readings(telemetry, meter.points, [finding])
    since = finding.since
    for day in range(FURTHEST_DAYS):
        end = finding.since - day * DAY
        before = since
        for hour in _hours_backwards(readings.between(end - DAY, end)):
            wrong = _wrong_again(meter, hour, finding)
            if wrong is False:
                return dataclasses.replace(finding, since=since)
            if wrong:
                since = hour.index[0].to_pydatetime()
        if since == before:
            break
    return dataclasses.replace(finding, since=since)


def _hours_backwards(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    hours = frame.groupby(pd.DatetimeIndex(frame.index).floor("h"))
    yield from (hour for _, hour in sorted(hours, key=lambda one: one[0], reverse=True))


def _wrong_again(meter: Meter, hour: pd.DataFrame, finding: Finding) -> bool | None:
    """Tell whether a meter was wrong in the same way in an hour; None where it did not say."""
    medians = {str(point): float(value) for point, value in hour.median().items() if np.isfinite(value)}
    said = said_by(meter, medians, counted_kw(hour, meter.energy))
    for error in errors_of(said):
        if error.factor == finding.factor and finding.point in points_of_error(meter, error):
            return True
    return False if finding.point in medians and agrees(said) else None
