"""How far forecasts that plans were made from missed, by how far ahead they looked: weather, IT power, work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from facility.errors import NotEnoughDataError
from facility.learn.learned import load_learned
from facility.learn.model_store import ModelStore
from facility.learn.twin import described_server_fans
from facility.ports import ForecastArchive, Telemetry
from facility.prepare.load_history import busy_servers_history, it_power_history
from facility.prepare.load_outlook import BUSY, IT_POWER
from facility.signals.outlook import WET_BULB
from facility.signals.skill import skill, weather_measured
from facility.signals.weather import OUTDOOR
from facility.site_file import LoadedSite


@dataclass(frozen=True, slots=True, eq=False)
class ForecastErrors:
    """Errors of the forecasts of a quantity: a row a lead hour, as `facility.signals.skill.skill` has them; empty without any."""

    quantity: str
    unit: str
    by_lead: pd.DataFrame


def forecast_errors(
    loaded: LoadedSite,
    telemetry: Telemetry,
    archive: ForecastArchive,
    models: ModelStore,
    *,
    at: datetime,
    span: timedelta,
) -> tuple[list[ForecastErrors], list[str]]:
    """Return the errors of the forecasts issued in the last while, and in words what cannot be compared.

    IT power is compared as it is forecast: at the reference inlet temperature, without work that may wait.
    """
    found: list[ForecastErrors] = []
    notes: list[str] = []
    for quantity in (OUTDOOR[0], WET_BULB):
        measured = weather_measured(loaded, telemetry, quantity, at - span, at)
        if measured is None:
            notes.append(f"{quantity}: the site's station does not measure it")
        else:
            found.append(ForecastErrors(quantity, "degC", skill(archive, quantity, measured, at - span, at)))
    for quantity, unit, load in _loads(loaded, telemetry, models, at, notes):
        found.append(ForecastErrors(quantity, unit, skill(archive, quantity, load, at - span, at)))
    return found, notes


def _loads(
    loaded: LoadedSite, telemetry: Telemetry, models: ModelStore, at: datetime, notes: list[str]
) -> Iterator[tuple[str, str, pd.Series]]:
    """Yield what halls and pools did, by the name of its forecast; what is not measured goes to the notes."""
    fans = load_learned(models, loaded.site).server_fans
    for hall in loaded.site.halls:
        of_hall = fans.get(hall.id, described_server_fans(loaded.site, hall))
        try:
            yield f"{hall.id}.{IT_POWER}", "kW", it_power_history(loaded, telemetry, hall, of_hall, at)
        except NotEnoughDataError as error:
            notes.append(str(error))
    for pool in loaded.site.server_pools:
        work = busy_servers_history(loaded, telemetry, pool.id, at)
        if work is None:
            notes.append(f"{pool.id}.{BUSY}: its servers do not report their work")
        else:
            yield f"{pool.id}.{BUSY}", "count", work
