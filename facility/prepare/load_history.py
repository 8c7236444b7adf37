"""What the computing asked for in the past, as the load forecast needs it: IT power by hall, busy servers by pool."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from facility.errors import NotEnoughDataError
from facility.learn.metered import LEAST_MEASURED_FRAC, joined, scaled_total
from facility.points import PointIndex
from facility.ports import Telemetry
from facility.site import Hall, Site
from facility.site_file import LoadedSite
from models.servers import ServerFans

HISTORY = timedelta(days=28)
LONGEST_GAP_STEPS = 4


def it_power_history(loaded: LoadedSite, telemetry: Telemetry, hall: Hall, fans: ServerFans, at: datetime) -> pd.Series:
    """Return a hall's IT power [kW] by step: at the reference inlet temperature, deferrable work taken out.

    Raises
    ------
    NotEnoughDataError
        If under `LEAST_MEASURED_FRAC` of the racks (by rating) deliver power, or none lately.
    """
    site, points = loaded.site, loaded.points
    feeds = {rack.id: [point.id for point in points.of(rack.id, "power_kw")] for rack in hall.racks}
    rated = {rack.id: rack.rated_kw for rack in hall.racks}
    inlets = [point.id for rack in hall.racks for point in points.of(rack.id, "inlet_temperature_degc")]
    deferrable = _deferrable_points(site, points, hall)
    asked = [identifier for group in feeds.values() for identifier in group] + inlets + deferrable
    frame = telemetry.read(asked, at - HISTORY, at, site.step)
    total = scaled_total(joined(frame, feeds), rated)
    if total.dropna().empty:
        raise NotEnoughDataError([f"power of at least {LEAST_MEASURED_FRAC:.0%} of the racks of {hall.id}"])
    inlet = frame[inlets].mean(axis=1) if inlets else pd.Series(hall.limits.inlet_min_degc, index=frame.index)
    fixed = total - frame[deferrable].sum(axis=1)
    return _regular(pd.Series(fans.at_reference_kw(fixed, inlet), index=frame.index), site.step)


def busy_servers_history(loaded: LoadedSite, telemetry: Telemetry, pool: str, at: datetime) -> pd.Series | None:
    """Return a pool's work by step in fully used servers, or None if awake servers and utilisation are not measured."""
    awake, used = (loaded.points.one(pool, quantity) for quantity in ("awake_servers", "utilisation_frac"))
    if awake is None or used is None:
        return None
    frame = telemetry.read([awake.id, used.id], at - HISTORY, at, loaded.site.step)
    return _regular(frame[awake.id] * frame[used.id], loaded.site.step)


def _deferrable_points(site: Site, points: PointIndex, hall: Hall) -> list[str]:
    pools = {pool.id for pool in site.server_pools if pool.hall == hall.id}
    works = [work.id for work in site.deferrable_work if work.pool in pools]
    return [point.id for work in works for point in points.of(work, "deferrable_power_kw")]


def _regular(series: pd.Series, step: timedelta) -> pd.Series:
    known = series.dropna()
    if known.empty:
        return known
    regular = known.reindex(pd.date_range(known.index[0], known.index[-1], freq=step))
    return regular.interpolate(limit=LONGEST_GAP_STEPS)
