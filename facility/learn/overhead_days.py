"""Whole days of a site by its meters alone: IT power, and the parts of the overhead."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from facility.errors import NotEnoughDataError
from facility.learn.metered import facility_kw, it_kw
from facility.learn.site_frame import metered_parts
from facility.ports import Telemetry
from facility.site_file import LoadedSite
from models.overhead.rows import IT, OverheadRows, overhead_rows
from models.raw_history.screen import screen_history
from models.whole.site_rows import FACILITY, REST

WHOLE_DAY_FRAC = 0.9  # of its steps, all meters known: the hours that are missing may be the warm ones


def read_overhead_days(loaded: LoadedSite, telemetry: Telemetry, start: datetime, end: datetime) -> OverheadRows:
    """Return the days of the site's calendar from `start` to before `end` that are known nearly whole.

    Raises
    ------
    NotEnoughDataError
        If the main meter is not read.
    """
    meter = facility_kw(loaded, telemetry, start, end)
    if meter is None:
        raise NotEnoughDataError([f"power of {loaded.site.electrical.main_meter}, the main meter"])
    parts, _ = metered_parts(loaded, telemetry, start, end)
    whole = pd.DataFrame({FACILITY: meter, IT: it_kw(loaded, telemetry, start, end)})
    steps = screen_history(pd.concat([whole, parts], axis=1)).frame.dropna()
    steps[REST] = steps[FACILITY] - steps[[IT, *parts.columns]].sum(axis=1)
    by_day = steps.tz_convert(loaded.site.zone).resample("1D")
    nearly_whole = by_day[IT].count() >= WHOLE_DAY_FRAC * (timedelta(days=1) / loaded.site.step)
    return overhead_rows(by_day.mean()[nearly_whole], (*map(str, parts.columns), REST))
