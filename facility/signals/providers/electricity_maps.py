"""Electricity Maps, version 3: average carbon intensity of a zone, gCO2eq/kWh, what has been and what is forecast.

References
----------
Electricity Maps, "API reference", v3: carbon-intensity/history and carbon-intensity/forecast; header `auth-token`.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from facility.errors import SignalError
from facility.secrets import resolve_secret
from facility.signals.json_series import series_of, time_of
from facility.signals.outlook import CARBON
from facility.signals.provider import Issue, Window, regular, usual_step
from facility.signals.web_provider import WebProvider
from facility.site import ElectricityMapsCarbon


class ElectricityMaps(WebProvider[ElectricityMapsCarbon]):
    """Asks for one zone: its last 24 hours and its forecast."""

    quantities: Sequence[str] = (CARBON,)

    def fetch(self, window: Window) -> Sequence[Issue]:
        """Return measured hours, then forecast ones; what was measured wins where both are."""
        headers = {"auth-token": resolve_secret(self.source.key).get_secret_value()}
        # Without `disableCallerLookup` an unknown zone is answered for the place that the caller's address is in.
        query = {
            "zone": self.source.zone,
            "emissionFactorType": self.source.emission_factors,
            "disableCallerLookup": "true",
        }
        past = self.http.get_json("/v3/carbon-intensity/history", query, headers)
        ahead = self.http.get_json("/v3/carbon-intensity/forecast", query, headers)
        for document in (past, ahead):
            if document.get("zone") != self.source.zone:
                raise SignalError(f"{self.name}: answered for zone {str(document.get('zone'))[:60]}")
        self._check_factors(past)
        known = series_of(past.get("history"), "datetime", "carbonIntensity", self.name)
        expected = series_of(ahead.get("forecast"), "datetime", "carbonIntensity", self.name)
        both = known.dropna().combine_first(expected)
        step = max(usual_step(pd.DatetimeIndex(known.index)), usual_step(pd.DatetimeIndex(expected.index)))
        inside = both[(both.index >= window.start) & (both.index < window.end)]
        issued = time_of(ahead["updatedAt"], self.name) if ahead.get("updatedAt") else None
        return [Issue(CARBON, regular(inside, step, self.name), issued)]

    def _check_factors(self, past: dict[str, object]) -> None:
        rows = past.get("history")
        for row in rows if isinstance(rows, list) else ():
            found = row.get("emissionFactorType") if isinstance(row, dict) else None
            if found not in (None, self.source.emission_factors):
                raise SignalError(f"{self.name}: answered with {str(found)[:60]} emission factors")
