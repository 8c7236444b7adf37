"""What the next hour brings to racks and liquid loops if the setpoints stay: temperatures, and where a limit is passed.

Learned anew each time from the last days at five minutes: it takes a second, and follows every change of the plant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.ports import Telemetry
from facility.prepare.hall_history import LATEST, STEP, by_step, crahs_of, hall_history
from facility.records import Interval
from facility.site import Hall, LiquidLoop
from facility.site_file import LoadedSite
from models import nameplate
from models.ahead.cdus import cdu_columns, fit_cdus_ahead
from models.ahead.hot_spots import ALARM_PROBABILITY, over_limit_in_hour
from models.ahead.inlets import InletsAhead, fit_inlets_ahead
from models.ahead.innovation import Forecast

LEARNED = timedelta(days=14)
LATELY = timedelta(days=1)  # says enough of where racks stand


@dataclass(frozen=True, slots=True)
class RackHour:
    """A rack's inlet now (None where it is silent) and in an hour, and how likely it passes its limit until then."""

    hall: str
    rack: str
    now_degc: float | None
    in_an_hour_degc: Interval
    limit_degc: float
    over_limit: float

    @property
    def is_hot_spot(self) -> bool:
        """Whether it is to be expected that it passes."""
        return self.over_limit >= ALARM_PROBABILITY


@dataclass(frozen=True, slots=True)
class LostCrah:
    """Were a CRAH lost now, how likely some rack of its hall passes its limit within the hour.

    Which rack cannot be told from a history in which all CRAHs ran alike.
    """

    hall: str
    crah: str
    over_limit: float


@dataclass(frozen=True, slots=True)
class CduHour:
    """A CDU's secondary supply and return in an hour [degC]."""

    loop: str
    cdu: str
    supply_degc: Interval
    return_degc: Interval


@dataclass(frozen=True, slots=True)
class NextHour:
    """Racks and CDUs in an hour, what the loss of a CRAH would bring; in words what cannot be forecast, and why."""

    racks: Sequence[RackHour]
    lost_crahs: Sequence[LostCrah]
    cdus: Sequence[CduHour]
    notes: Sequence[str]


def next_hour(loaded: LoadedSite, telemetry: Telemetry, at: datetime) -> NextHour:
    """Return the next hour of every hall and loop whose history allows it."""
    racks: list[RackHour] = []
    lost: list[LostCrah] = []
    cdus: list[CduHour] = []
    notes: list[str] = []
    for hall in loaded.site.halls:
        try:
            hall_racks, hall_lost = _hall_hour(loaded, telemetry, hall, at)
            racks += hall_racks
            lost += hall_lost
        except ValueError as error:  # the models say what is missing
            notes.append(str(error))
    for loop in loaded.site.liquid_loops:
        try:
            cdus += _loop_hour(loaded, telemetry, loop, at)
        except ValueError as error:
            notes.append(str(error))
    return NextHour(racks, lost, cdus, notes)


def _hall_hour(
    loaded: LoadedSite, telemetry: Telemetry, hall: Hall, at: datetime
) -> tuple[list[RackHour], list[LostCrah]]:
    rows, measured = hall_history(loaded, telemetry, hall, at - LEARNED, _whole(at))
    model = fit_inlets_ahead(hall.id, rows, measured, crahs_of(loaded, hall), knows_plan=False)
    forecast = model.forecast(rows, measured)
    limit = hall.limits.inlet_max_degc
    row = _newest(hall.id, forecast)
    over = over_limit_in_hour(forecast, limit)[row]
    racks = [
        RackHour(hall.id, str(rack), _now(measured[rack].iloc[row]), _in_an_hour(forecast, row, index), limit, float(p))
        for index, (rack, p) in enumerate(zip(measured.columns, over, strict=True))
    ]
    lately = slice(max(row + 1 - round(LATELY / STEP), 0), row + 1)
    return racks, list(_lost_crahs(hall, model, rows.iloc[lately], measured.iloc[lately]))


def _lost_crahs(hall: Hall, model: InletsAhead, rows: pd.DataFrame, measured: pd.DataFrame) -> Iterator[LostCrah]:
    """Yield what the loss of each CRAH would bring that runs now."""
    for crah in model.habits.crahs:
        if rows[f"{crah}.airflow_m3ps"].iloc[-1] > 0:
            forecast = model.forecast(rows, measured, lost=crah)
            yield LostCrah(hall.id, crah, float(over_limit_in_hour(forecast, hall.limits.inlet_max_degc)[-1].max()))


def _now(inlet_degc: float) -> float | None:
    return float(inlet_degc) if pd.notna(inlet_degc) else None


def _loop_hour(loaded: LoadedSite, telemetry: Telemetry, loop: LiquidLoop, at: datetime) -> Iterator[CduHour]:
    plates = [
        nameplate.Cdu(
            cdu.id, cdu.rated_heat_kw, cdu.rated_flow_lps, cdu.rated_pump_kw, cdu.approach_k, cdu.min_flow_frac
        )
        for cdu in loop.cdus
    ]
    rows = by_step(loaded, telemetry, cdu_columns(plates), at - LEARNED, _whole(at))
    forecast = fit_cdus_ahead(loop.id, rows, plates, knows_plan=False).forecast(rows)
    row = _newest(loop.id, forecast)
    for index, cdu in enumerate(plates):
        supply, back = (_in_an_hour(forecast, row, channel) for channel in (index, index + len(plates)))
        yield CduHour(loop.id, cdu.id, supply, back)


def _newest(name: str, forecast: Forecast) -> int:
    """Return the newest row with a forecast: a device may have missed the last poll."""
    known = np.flatnonzero(np.isfinite(forecast.mean[:, -1]).all(axis=1))
    if not known.size or known[-1] < len(forecast.mean) - LATEST / STEP:
        raise ValueError(f"{name}: not measured whole in the last {LATEST / timedelta(minutes=1):g} minutes")
    return int(known[-1])


def _in_an_hour(forecast: Forecast, row: int, channel: int) -> Interval:
    return Interval(*(float(end[row, -1, channel]) for end in (forecast.mean, forecast.low, forecast.high)))


def _whole(at: datetime) -> datetime:
    """Return the end of the last whole step."""
    return pd.Timestamp(at).floor(STEP).to_pydatetime()
