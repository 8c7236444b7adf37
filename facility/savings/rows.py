"""What a baseline is made of, by step: the meter, metered cooling, work that nobody's setpoint moves, and the weather.

IT power is no measure of load here: warmer air makes server fans faster, and a baseline that takes the racks' meters for load
would count what these eat as if it had been asked for. Work is what the servers report, weighed by their nameplates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from facility.learn.site_frame import read_site_frame
from facility.ports import Telemetry
from facility.site import ServerPool
from facility.site_file import LoadedSite
from models.whole.site_rows import FACILITY, IT

WORK, DEFERRABLE, COOLING = "work_kw", "deferrable_kw", "cooling_kw"
WEATHER = ("outdoor_degc", "wet_bulb_degc")
BRIDGED = timedelta(hours=24)


@dataclass(frozen=True, slots=True, eq=False)
class SavingsRows:
    """Steps of a site.

    Attributes
    ----------
    table
        Index UTC times; `facility_kw`, `it_kw`, `outdoor_degc`, `wet_bulb_degc`; where measured `cooling_kw`, `work_kw` and
        `deferrable_kw`, the part of it that a setpoint may move. NaN for gaps.
    notes
        What is not measured, in words.
    """

    table: pd.DataFrame
    notes: tuple[str, ...]


def read_savings_rows(loaded: LoadedSite, telemetry: Telemetry, start: datetime, end: datetime) -> SavingsRows:
    """Return the steps from `start` to before `end`.

    Raises
    ------
    facility.errors.NotEnoughDataError
        If the main meter, the racks or the weather are not measured.
    """
    frame = read_site_frame(loaded, telemetry, start, end)
    table = frame.table[[FACILITY, IT, *WEATHER]].copy()
    foggy = _bridge_wet_bulb(table, loaded.site.step)
    if frame.parts:
        table[COOLING] = frame.table[list(frame.parts)].sum(axis=1, skipna=False)
    work = _work_kw(loaded, telemetry, start, end)
    if work is None:
        return SavingsRows(table, (*frame.notes, *foggy, "servers do not report their work: IT power stands for load"))
    table[WORK] = work
    deferrable = [point.id for one in loaded.site.deferrable_work for point in loaded.points.of(one.id, _DEFERRABLE)]
    read = telemetry.read(deferrable, start, end, loaded.site.step)
    table[DEFERRABLE] = read.sum(axis=1, skipna=False).reindex(table.index) if deferrable else 0.0
    return SavingsRows(table, (*frame.notes, *foggy))


def _bridge_wet_bulb(table: pd.DataFrame, step: timedelta) -> tuple[str, ...]:
    """Carry the wet-bulb depression over gaps of humidity, and say so.

    A probe in fog reads more than 100 % and is not believed: without this the damp hours of the year would be left out.
    """
    dry, wet = (table[name] for name in WEATHER)
    depression_k = (dry - wet).interpolate(limit=round(BRIDGED / step), limit_direction="both")
    table[WEATHER[1]] = wet.fillna(dry - depression_k)
    bridged = wet.isna() & table[WEATHER[1]].notna()
    return (
        (f"humidity of {bridged.sum() * (step / timedelta(hours=1)):.1f} hours is carried over from those beside",)
        if bridged.any()
        else ()
    )


_DEFERRABLE = "deferrable_power_kw"


def _work_kw(loaded: LoadedSite, telemetry: Telemetry, start: datetime, end: datetime) -> pd.Series | None:
    """Return the power that work takes by nameplate; None where a pool does not report it."""
    pools = loaded.site.server_pools
    found = [(pool, loaded.points.one(pool.id, "utilisation_frac")) for pool in pools]
    busy = {pool.id: point.id for pool, point in found if point is not None}
    if not pools or len(busy) < len(pools):
        return None
    counts = [(pool.id, loaded.points.one(pool.id, "awake_servers")) for pool in pools]
    awake = {name: point.id for name, point in counts if point is not None}
    read = telemetry.read([*busy.values(), *awake.values()], start, end, loaded.site.step)
    return sum(
        (read[busy[pool.id]] * _servers(pool, read, awake) * (pool.peak_w - pool.idle_w) / 1000.0 for pool in pools),
        pd.Series(0.0, index=read.index),
    )


def _servers(pool: ServerPool, read: pd.DataFrame, awake: Mapping[str, str]) -> pd.Series | int:
    """Return how many servers utilisation is of: those awake; all of a pool that cannot put any to sleep."""
    return read[awake[pool.id]] if pool.id in awake else pool.servers
