"""WattTime, version 3: forecast of marginal or average emissions of a region, lb/MWh.

A login with name and password gives a token for half an hour; one that is refused is exchanged once.

References
----------
WattTime, "Data API", v3: /login, /v3/forecast (https://docs.watttime.org).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from facility.errors import SignalError
from facility.secrets import resolve_secret
from facility.signals.http_get import RefusedError
from facility.signals.json_series import listed, series_of, time_of
from facility.signals.outlook import CARBON
from facility.signals.provider import Issue, Window
from facility.signals.web_provider import WebProvider
from facility.site import WattTimeCarbon

G_PER_KWH = 453.59237 / 1000.0  # of one lb/MWh
_UNAUTHORIZED = (401, 403)
_HORIZON_H = 72


class WattTime(WebProvider[WattTimeCarbon]):
    """Asks for one region."""

    quantities: Sequence[str] = (CARBON,)
    _token: str | None = None

    def fetch(self, window: Window) -> Sequence[Issue]:
        """Return the forecast; it begins at its time of issue, there is nothing before."""
        document = self._forecast()
        meta = document.get("meta")
        if not isinstance(meta, dict):
            raise SignalError(f"{self.name}: has no meta")
        expected = (self.source.region, self.source.signal_type, "lbs_co2_per_mwh")
        found = tuple(meta.get(key) for key in ("region", "signal_type", "units"))
        if found != expected:
            raise SignalError(f"{self.name}: answered with {found}, expected {expected}")
        series = series_of(listed(document, "data", self.name), "point_time", "value", self.name) * G_PER_KWH
        inside = series[series.index < window.end]
        if inside.empty:
            raise SignalError(f"{self.name}: answered with no hours before {window.end:%Y-%m-%d %H:%M} UTC")
        return [Issue(CARBON, inside, time_of(meta.get("generated_at"), self.name))]

    def _forecast(self) -> dict[str, Any]:
        query = {
            "region": self.source.region,
            "signal_type": self.source.signal_type,
            "horizon_hours": str(_HORIZON_H),
        }
        had_one = self._token is not None
        try:
            return self.http.get_json("/v3/forecast", query, self._bearer())
        except RefusedError as error:
            self._token = None
            if not had_one or error.status not in _UNAUTHORIZED:
                raise
        return self.http.get_json("/v3/forecast", query, self._bearer())

    def _bearer(self) -> dict[str, str]:
        if self._token is None:
            user, password = (
                resolve_secret(one).get_secret_value() for one in (self.source.username, self.source.password)
            )
            basic = base64.b64encode(f"{user}:{password}".encode()).decode()
            token = self.http.get_json("/login", {}, {"Authorization": f"Basic {basic}"}).get("token")
            if not isinstance(token, str) or not token.isascii() or not token.isprintable():
                raise SignalError(f"{self.name}: its login gave no token")
            self._token = token
        return {"Authorization": f"Bearer {self._token}"}
