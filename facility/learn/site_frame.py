"""The whole of a site by step, from its history: meter, IT, parts of the overhead, weather, and setpoints where asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pandas as pd

from facility.errors import NotEnoughDataError
from facility.learn.metered import equipment_points, facility_kw, it_kw, joined
from facility.ports import Telemetry
from facility.site_file import LoadedSite
from models.psychrometrics import dew_point_degc, wet_bulb_degc
from models.raw_history.screen import screen_history
from models.whole.site_rows import FACILITY, IT, WEATHER, SiteRows, site_rows

MOST_MISSING_FRAC = 0.3  # of the time, before a unit's part is counted with the rest
SETPOINTS = (
    "supply_air_temperature_setpoint_degc",
    "fan_speed_setpoint_frac",
    "leaving_chilled_water_temperature_setpoint_degc",
    "condenser_water_temperature_setpoint_degc",
    "secondary_supply_temperature_setpoint_degc",
    "secondary_flow_setpoint_lps",
)


@dataclass(frozen=True, slots=True, eq=False)
class SiteFrame:
    """Steps of a site, NaN for gaps, as `models.whole.site_rows` takes them; and what is not told apart, in words."""

    table: pd.DataFrame
    parts: tuple[str, ...]
    conditions: tuple[str, ...]
    notes: tuple[str, ...]

    def screened(self) -> SiteFrame:
        """Return it with gaps in place of what must not teach, which the notes name."""
        found = screen_history(self.table)
        return replace(self, table=found.frame, notes=(*self.notes, *map(str, found.doubts)))

    def rows(self) -> SiteRows:
        """Return the whole rows."""
        return site_rows(self.table, self.parts, self.conditions)


def read_site_frame(
    loaded: LoadedSite, telemetry: Telemetry, start: datetime, end: datetime, *, setpoints: bool = False
) -> SiteFrame:
    """Return the whole of a site from `start`, or where its meter was first read, to before `end`.

    Raises
    ------
    NotEnoughDataError
        If the main meter, the racks or the weather are not measured.
    """
    meter = facility_kw(loaded, telemetry, start, end)
    weather = _weather(loaded, telemetry, start, end)
    known = None if meter is None else meter.dropna()
    missing = [f"power of {loaded.site.electrical.main_meter}, the main meter"] if known is None or known.empty else []
    missing += [f"outdoor temperature and humidity of {loaded.site.weather.station}"] if weather is None else []
    if meter is None or known is None or weather is None or missing:
        raise NotEnoughDataError(missing)
    start = max(start, pd.DatetimeIndex(known.index)[0].to_pydatetime())
    parts, notes = metered_parts(loaded, telemetry, start, end)
    moved = _setpoints(loaded, telemetry, start, end) if setpoints else pd.DataFrame(index=meter.index)
    whole = pd.DataFrame({FACILITY: meter, IT: it_kw(loaded, telemetry, start, end)})
    table = pd.concat([whole, parts, weather, moved], axis=1).loc[start:]
    return SiteFrame(table, tuple(parts.columns), (*WEATHER, *moved.columns), tuple(notes))


def outdoor_conditions(dry_bulb_degc: pd.Series, humidity_frac: pd.Series, altitude_m: float) -> pd.DataFrame:
    """Return the weather that a site's power depends on."""
    dry, humidity = dry_bulb_degc.to_numpy(float), humidity_frac.to_numpy(float)
    wet, dew = wet_bulb_degc(dry, humidity, altitude_m), dew_point_degc(dry, humidity)
    return pd.DataFrame(dict(zip(WEATHER, (dry, wet, dew), strict=True)), index=dry_bulb_degc.index)


def _weather(loaded: LoadedSite, telemetry: Telemetry, start: datetime, end: datetime) -> pd.DataFrame | None:
    station = loaded.site.weather.station
    points = [
        loaded.points.one(station, name) for name in ("outdoor_temperature_degc", "outdoor_relative_humidity_frac")
    ]
    ids = [point.id for point in points if point is not None]
    if len(ids) < len(points):
        return None
    read = telemetry.read(ids, start, end, loaded.site.step)
    return outdoor_conditions(read[ids[0]], read[ids[1]], loaded.site.altitude_m)


def metered_parts(
    loaded: LoadedSite, telemetry: Telemetry, start: datetime, end: datetime
) -> tuple[pd.DataFrame, list[str]]:
    """Return the parts whose units are all measured, and a note for each of the others."""
    units = equipment_points(loaded.site, loaded.points)
    asked = [point for part in units.values() for ids in part.values() for point in ids]
    frame = telemetry.read(asked, start, end, loaded.site.step)
    parts: dict[str, pd.Series] = {}
    notes: list[str] = []
    for part, feeds in units.items():
        power = joined(frame, feeds)
        thin = [unit for unit in feeds if unit not in power or power[unit].isna().mean() > MOST_MISSING_FRAC]
        if thin:
            notes.append(f"{part.removesuffix('_kw')}: {_some(thin)} not measured long enough; counted with the rest")
        else:
            parts[part] = power.sum(axis=1, skipna=False)
    return pd.DataFrame(parts, index=frame.index), notes


def _setpoints(loaded: LoadedSite, telemetry: Telemetry, start: datetime, end: datetime) -> pd.DataFrame:
    """Return the mean of each kind of setpoint over the equipment that has it."""
    points = {name: [point.id for point in loaded.points if point.quantity == name] for name in SETPOINTS}
    known = {name: ids for name, ids in points.items() if ids}
    frame = telemetry.read([point for ids in known.values() for point in ids], start, end, loaded.site.step)
    return pd.DataFrame({name: frame[ids].mean(axis=1) for name, ids in known.items()}, index=frame.index)


def _some(names: Sequence[str], shown: int = 3) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
