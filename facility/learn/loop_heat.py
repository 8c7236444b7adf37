"""What each liquid loop takes of its racks' heat, as history measured it at its CDUs, beside what racks drew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from facility.learn.metered import joined, joined_feeds, scaled_total
from facility.ports import Telemetry
from facility.site import LiquidLoop, Rack, Site
from facility.site_file import LoadedSite
from models.liquid_share import loop_rows
from models.raw_history.screen import ScreenedHistory, screen_history

_OF_A_CDU = ("secondary_flow_lps", "secondary_supply_temperature_degc", "secondary_return_temperature_degc")
_PUMPS, _TAKEN = "pump_power_kw", "source_heat_kw"


def loops_with_racks(site: Site) -> list[LiquidLoop]:
    """Return the loops to which the site file says that racks give heat."""
    return [loop for loop in site.liquid_loops if racks_of(site, loop)]


def racks_of(site: Site, loop: LiquidLoop) -> list[Rack]:
    """Return the racks that give heat to a loop."""
    return [rack for hall in site.halls for rack in hall.racks if rack.liquid_loop == loop.id and rack.liquid_frac > 0]


def not_measured(loaded: LoadedSite, loop: LiquidLoop) -> Sequence[str]:
    """Return what a loop's heat is made of and no point measures, by name."""
    missing = [column for column in _needed(loaded.site, loop) if not loaded.points.of(*column.split(".", maxsplit=1))]
    racks = racks_of(loaded.site, loop)
    measured = any(loaded.points.of(rack.id, "power_kw") for rack in racks)
    return missing if measured else [*missing, f"power of the racks of {loop.id}"]


def read_loop_heat(
    loaded: LoadedSite, telemetry: Telemetry, loop: LiquidLoop, start: datetime, end: datetime
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return rows of `models.liquid_share.loop_rows`, and in words what readings were left out of them.

    `loaded` is as the site file describes it; nothing of the loop may be missing of what `not_measured` names.
    """
    history = _history(loaded, telemetry, loop, start, end)
    return _rows(loaded, loop, history.frame), tuple(map(str, history.doubts))


def _pumps(site: Site, loop: LiquidLoop) -> list[str]:
    return [pump.id for pump in site.heat_pumps if pump.source == loop.id]


def _needed(site: Site, loop: LiquidLoop) -> list[str]:
    """Return the columns without which the heat of a loop is not known; that of its own pumps is less than a meter's error."""
    return [
        *(f"{cdu.id}.{quantity}" for cdu in loop.cdus for quantity in _OF_A_CDU),
        *(f"{pump}.{_TAKEN}" for pump in _pumps(site, loop)),
    ]


def _history(
    loaded: LoadedSite, telemetry: Telemetry, loop: LiquidLoop, start: datetime, end: datetime
) -> ScreenedHistory:
    columns = [
        *_needed(loaded.site, loop),
        *(f"{cdu.id}.{_PUMPS}" for cdu in loop.cdus),
        *(f"{rack.id}.power_kw" for rack in racks_of(loaded.site, loop)),
    ]
    points = {column: found for column in columns if (found := loaded.points.of(*column.split(".", maxsplit=1)))}
    frame = telemetry.read([point.id for found in points.values() for point in found], start, end, loaded.site.step)
    frame = frame[frame.notna().any(axis=1).cummax()]  # what is before the first reading is no gap
    return screen_history(pd.DataFrame({column: joined_feeds(frame, found) for column, found in points.items()}))


def _rows(loaded: LoadedSite, loop: LiquidLoop, frame: pd.DataFrame) -> pd.DataFrame:
    racks = racks_of(loaded.site, loop)
    power = joined(frame, {rack.id: [column] for rack in racks if (column := f"{rack.id}.power_kw") in frame})
    frac = {rack.id: rack.liquid_frac for rack in racks}
    nominal_kw = scaled_total(
        power.mul([frac[rack] for rack in power.columns]), {rack.id: frac[rack.id] * rack.rated_kw for rack in racks}
    )
    taken = [f"{pump}.{_TAKEN}" for pump in _pumps(loaded.site, loop)]
    pumps = [column for cdu in loop.cdus if (column := f"{cdu.id}.{_PUMPS}") in frame]
    return loop_rows(
        [cdu.id for cdu in loop.cdus],
        frame,
        nominal_kw,
        frame[taken].sum(axis=1, skipna=False),
        frame[pumps].sum(axis=1),
    )
