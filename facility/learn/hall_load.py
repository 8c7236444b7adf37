"""What a hall's servers did by step, for what is learned of them: IT power, inlet temperature, and work where it is measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from facility.learn.metered import joined, scaled_total
from facility.ports import Telemetry
from facility.site import Hall, Site
from facility.site_file import LoadedSite
from models.raw_history.screen import screen_history
from models.server_fans_step import hall_table

MOST_MISSING_FRAC = 0.3  # of the time, before a rack's inlet probe is left out of the hall's mean


@dataclass(frozen=True, slots=True, eq=False)
class HallLoad:
    """Steps of a hall, NaN for gaps.

    Attributes
    ----------
    rows
        `it_kw` over all racks, and `inlet_degc`, their mean.
    work
        Awake and busy servers by pool, and deferrable power; None where a pool does not measure its own, or there is none.
    notes
        Readings of racks that cannot be believed, and are left out, in words.
    """

    rows: pd.DataFrame
    work: pd.DataFrame | None
    notes: tuple[str, ...] = ()

    def table(self) -> pd.DataFrame:
        """Return the whole rows, as server fans are learned from them."""
        return hall_table(self.rows, self.work)


def halls_with_pools(site: Site) -> list[Hall]:
    """Return the halls whose servers the site file describes."""
    described = {pool.hall for pool in site.server_pools}
    return [hall for hall in site.halls if hall.id in described]


def read_hall_load(loaded: LoadedSite, telemetry: Telemetry, hall: Hall, start: datetime, end: datetime) -> HallLoad:
    """Return the load of a hall from `start` to before `end`."""
    feeds = {rack.id: [point.id for point in loaded.points.of(rack.id, "power_kw")] for rack in hall.racks}
    probes = [point.id for rack in hall.racks for point in loaded.points.of(rack.id, "inlet_temperature_degc")]
    asked = [point for ids in feeds.values() for point in ids] + probes
    read = telemetry.read(asked, start, end, loaded.site.step)
    history = screen_history(read[read.notna().any(axis=1).cummax()])  # what is before the first reading is no gap
    frame = history.frame
    steady = [probe for probe in probes if frame[probe].isna().mean() <= MOST_MISSING_FRAC]
    rows = pd.DataFrame(
        {
            "it_kw": scaled_total(joined(frame, feeds), {rack.id: rack.rated_kw for rack in hall.racks}),
            "inlet_degc": frame[steady].mean(axis=1, skipna=False),  # a probe that comes and goes would move the mean
        }
    )
    return HallLoad(rows, _work(loaded, telemetry, hall, start, end), tuple(map(str, history.doubts)))


def _work(loaded: LoadedSite, telemetry: Telemetry, hall: Hall, start: datetime, end: datetime) -> pd.DataFrame | None:
    pools = [pool.id for pool in loaded.site.server_pools if pool.hall == hall.id]
    counted = {
        pool: [loaded.points.one(pool, quantity) for quantity in ("awake_servers", "utilisation_frac")]
        for pool in pools
    }
    deferrable = [
        point
        for work in loaded.site.deferrable_work
        if work.pool in pools
        for point in loaded.points.of(work.id, "deferrable_power_kw")
    ]
    known = [point for points in counted.values() for point in points if point is not None]
    if not pools or len(known) < 2 * len(pools):
        return None
    frame = telemetry.read([point.id for point in known + deferrable], start, end, loaded.site.step)
    courses = {f"deferrable {point.id}": frame[point.id] for point in deferrable}
    for pool, (awake, used) in zip(pools, zip(known[::2], known[1::2], strict=True), strict=True):
        courses |= {f"awake {pool}": frame[awake.id], f"busy {pool}": frame[awake.id] * frame[used.id]}
    return pd.DataFrame(courses)
