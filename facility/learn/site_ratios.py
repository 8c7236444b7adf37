"""How much energy a site takes for that of its IT, from its meters: now, today, by month and over twelve months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from facility.errors import NotEnoughDataError
from facility.learn.metered import facility_kw, it_kw
from facility.ports import Telemetry
from facility.site_file import LoadedSite
from models.whole.periods import PeriodRatio, months, ratio_of, twelve_months
from models.whole.site_rows import FACILITY, IT

YEAR = timedelta(days=366)
MONTHS_SHOWN = 13
LEAST_STEPS = 2  # one does not say how long it is
POWER_RATIO = "power ratio"
# ISO/IEC 30134-2 tells apart where IT energy is measured: behind the UPS (1), behind the distribution (2), at the equipment (3).
CATEGORY = 2  # racks are metered where their feeds come in


@dataclass(frozen=True, slots=True, eq=False)
class SiteRatios:
    """Facility over IT energy; `newest` is of the newest step with both, which is a power ratio and no PUE."""

    newest: PeriodRatio
    today: PeriodRatio
    year: PeriodRatio
    by_month: tuple[PeriodRatio, ...]
    powers: pd.DataFrame  # `facility_kw` and `it_kw` by step, NaN for gaps


def read_site_ratios(loaded: LoadedSite, telemetry: Telemetry, now: datetime) -> SiteRatios:
    """Return the ratios of a site up to now; months without IT energy are left out.

    Raises
    ------
    NotEnoughDataError
        If main meter and racks were not measured together for two steps.
    """
    powers = _powers(loaded, telemetry, now)
    step, zone, end = loaded.site.step, loaded.site.zone, pd.Timestamp(now)
    newest = pd.DatetimeIndex(powers.dropna().index)[-1]
    midnight = end.tz_convert(zone).normalize()
    return SiteRatios(
        newest=ratio_of(powers, newest, newest + step),
        today=ratio_of(powers, midnight, end),
        year=twelve_months(powers, end),
        by_month=tuple(one for one in months(powers, str(zone))[-MONTHS_SHOWN:] if one.it_kwh > 0),
        powers=powers,
    )


def _powers(loaded: LoadedSite, telemetry: Telemetry, now: datetime) -> pd.DataFrame:
    """Return both powers by step, from where both were first measured."""
    meter = facility_kw(loaded, telemetry, now - YEAR, now)
    if meter is None or not meter.notna().any():
        raise NotEnoughDataError([f"power of {loaded.site.electrical.main_meter}, the main meter"])
    table = pd.DataFrame({FACILITY: meter, IT: it_kw(loaded, telemetry, now - YEAR, now)})
    both = pd.DatetimeIndex(table.dropna().index)
    if len(both) < LEAST_STEPS:
        raise NotEnoughDataError(["power of the racks together with that of the main meter"])
    return table.loc[both[0] :]
