"""Open-Meteo: hourly weather forecast of a place, as arrays beside an array of times.

References
----------
Open-Meteo, "Weather forecast API", /v1/forecast, timeformat unixtime (https://open-meteo.com/en/docs).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pandas as pd

from facility.errors import SignalError
from facility.secrets import resolve_secret
from facility.signals.http_get import RefusedError
from facility.signals.json_series import listed, number_of
from facility.signals.provider import Issue, Window, regular, usual_step
from facility.signals.weather import OUTDOOR
from facility.signals.web_provider import WebProvider
from facility.site import OpenMeteoWeather

# Ours, theirs, the unit that is asked for, and what one of it is in ours.
_ASKED = ((OUTDOOR[0], "temperature_2m", "°C", 1.0), (OUTDOOR[1], "relative_humidity_2m", "%", 0.01))


class OpenMeteo(WebProvider[OpenMeteoWeather]):
    """Asks for one place."""

    quantities: Sequence[str] = OUTDOOR

    def fetch(self, window: Window) -> Sequence[Issue]:
        """Return temperature and relative humidity, yesterday's included; it does not say when it was issued."""
        query = {
            "latitude": f"{self.source.latitude_deg:g}",
            "longitude": f"{self.source.longitude_deg:g}",
            "hourly": ",".join(theirs for _, theirs, _, _ in _ASKED),
            "temperature_unit": "celsius",
            "timeformat": "unixtime",
            "timezone": "GMT",
            "start_date": f"{window.start:%Y-%m-%d}",
            "end_date": f"{window.end - timedelta(days=1):%Y-%m-%d}",
        }
        if self.source.key is not None:
            query["apikey"] = resolve_secret(self.source.key).get_secret_value()
        try:
            document = self.http.get_json("/v1/forecast", query)
        except RefusedError as error:
            raise error.because(_reason(error.body)) from error
        return self._issues(document)

    def _issues(self, document: dict[str, Any]) -> list[Issue]:
        hourly, units = document.get("hourly"), document.get("hourly_units")
        if not isinstance(hourly, dict) or not isinstance(units, dict):
            raise SignalError(f"{self.name}: has no hourly values with units")
        if units.get("time") != "unixtime":
            raise SignalError(f"{self.name}: times are {str(units.get('time'))[:60]}, expected unixtime")
        seconds = [number_of(one, self.name) for one in listed(hourly, "time", self.name)]
        try:
            times = pd.to_datetime(seconds, unit="s", utc=True)
        except (ValueError, OverflowError) as error:
            raise SignalError(f"{self.name}: {error}") from error
        issues = []
        for ours, theirs, unit, factor in _ASKED:
            if units.get(theirs) != unit:
                raise SignalError(f"{self.name}: {theirs} is in {str(units.get(theirs))[:60]}, expected {unit}")
            values = [number_of(one, self.name) * factor for one in listed(hourly, theirs, self.name)]
            if len(values) != len(times):
                raise SignalError(f"{self.name}: {len(values)} of {theirs} for {len(times)} times")
            series = regular(pd.Series(values, index=times, dtype=float), usual_step(times), self.name)
            issues.append(Issue(ours, series))
        return issues


def _reason(body: bytes) -> str:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return str(found.get("reason", ""))[:300] if isinstance(found, dict) else ""
