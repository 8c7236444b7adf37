"""The last days of a hall by five minutes, as the forecasts of its inlets take them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.learn.metered import joined
from facility.ports import Telemetry
from facility.site import Hall
from facility.site_file import LoadedSite
from models import nameplate
from models.hall_air import Hall as HallAir
from models.history_rows import hall_rows
from models.psychrometrics import air_density_frac
from models.rack_inlet import RackInlets

STEP = timedelta(minutes=5)
LATEST = timedelta(minutes=30)
_MEASURED = ("supply_air_temperature_degc", "fan_speed_frac")
_SETPOINTS = ("supply_air_temperature_setpoint_degc", "fan_speed_setpoint_frac")


def hall_history(
    loaded: LoadedSite, telemetry: Telemetry, hall: Hall, start: datetime, end: datetime
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return rows and measured inlets of `models.history_rows.hall_rows`, from `start` until before `end`.

    Raises
    ------
    ValueError
        If a CRAH has said nothing lately.
    """
    crahs = crahs_of(loaded, hall)
    columns = [f"{crah}.{quantity}" for crah in crahs for quantity in (*_MEASURED, *_SETPOINTS)]
    columns += [f"{rack.id}.{quantity}" for rack in hall.racks for quantity in ("power_kw", "inlet_temperature_degc")]
    frame = by_step(loaded, telemetry, columns, start, end)
    _refuse_silent(hall.id, frame, [f"{crah}.{name}" for crah in crahs for name in _MEASURED])
    plates = tuple(
        nameplate.Crah(crah.id, crah.rated_airflow_m3ps, crah.rated_fan_kw, crah.rated_cooling_kw)
        for crah in loaded.site.crahs
        if crah.hall == hall.id
    )
    air = HallAir(
        id=hall.id,
        crahs=plates,
        inlets=RackInlets.prior([rack.id for rack in hall.racks]),
        density_frac=air_density_frac(loaded.site.altitude_m),
    )
    return hall_rows(air, frame, {rack.id: rack.liquid_frac for rack in hall.racks})


def crahs_of(loaded: LoadedSite, hall: Hall) -> list[str]:
    """Return the CRAHs of a hall."""
    return [crah.id for crah in loaded.site.crahs if crah.hall == hall.id]


def by_step(
    loaded: LoadedSite, telemetry: Telemetry, columns: Sequence[str], start: datetime, end: datetime
) -> pd.DataFrame:
    """Return quantities by whole step, several feeds as one, from the first reading on; what nothing measures is left out."""
    points = {column: loaded.points.of(*column.split(".", maxsplit=1)) for column in columns}
    feeds = {column: [point.id for point in found] for column, found in points.items() if found}
    read = telemetry.read([one for ids in feeds.values() for one in ids], start, end, STEP)
    known = np.flatnonzero(~np.isnan(read.to_numpy(float)).all(axis=1))
    read = read.iloc[known[0] if known.size else len(read) :]
    if all(len(ids) == 1 for ids in feeds.values()):
        return read.set_axis(
            list(feeds), axis=1
        )  # picking columns that are in order already takes as long as reading them
    return joined(read, feeds)


def _refuse_silent(name: str, frame: pd.DataFrame, needed: Sequence[str]) -> None:
    """Refuse to forecast what hangs on a machine that has said nothing lately: any answer would be a guess."""
    lately = frame.iloc[-round(LATEST / STEP) :].to_numpy(float)
    spoken = {column for column, mute in zip(frame.columns, np.isnan(lately).all(axis=0), strict=True) if not mute}
    silent = [column for column in needed if column not in spoken]
    if silent:
        raise ValueError(
            f"{name}: {', '.join(silent)} not measured in the last {LATEST / timedelta(minutes=1):g} minutes"
        )
