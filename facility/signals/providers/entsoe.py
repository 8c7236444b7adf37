"""ENTSO-E Transparency Platform: day-ahead prices of a bidding zone, document A44 (Publication_MarketDocument).

What its format asks of a reader: times are UTC, days are those of the market (23 and 25 hours among them), several auctions of a
zone come in one document in any order, and in curve type A03 a point that repeats the one before is left out. "No data" and
refused requests come as an Acknowledgement_MarketDocument, often with status 200. The document says when it was made, not when the
prices were published; they do not age either, so no time of issue is taken from it.

References
----------
ENTSO-E, "Transparency Platform RESTful API user guide", 12.1.D; EIC codes and curve types: "Manual of Procedures".
"""

from __future__ import annotations

import xml.etree.ElementTree as ET  # types only; read by the guarded parser
from collections.abc import Iterator, Sequence
from datetime import datetime

import pandas as pd

from facility.errors import SignalError
from facility.secrets import resolve_secret
from facility.signals.guarded_xml import read_xml, text_of
from facility.signals.http_get import RefusedError
from facility.signals.outlook import PRICE
from facility.signals.provider import Issue, Window, regular
from facility.signals.web_provider import WebProvider
from facility.site import EntsoePrices

_STEPS = {"PT15M": pd.Timedelta(minutes=15), "PT30M": pd.Timedelta(minutes=30), "PT60M": pd.Timedelta(hours=1)}
_DAY_AHEAD, _STEPWISE = "1", ("A01", "A03")
_AUCTION = "classificationSequence_AttributeInstanceComponent.position"
_LONGEST = 40 * 96  # points of a period


class Entsoe(WebProvider[EntsoePrices]):
    """Asks for one bidding zone."""

    quantities: Sequence[str] = (PRICE,)

    def fetch(self, window: Window) -> Sequence[Issue]:
        """Return the prices per kWh in the currency of the zone."""
        query = {
            "securityToken": resolve_secret(self.source.key).get_secret_value(),
            "documentType": "A44",
            "in_Domain": self.source.area,
            "out_Domain": self.source.area,
            "periodStart": f"{window.start:%Y%m%d%H%M}",
            "periodEnd": f"{window.end:%Y%m%d%H%M}",
        }
        try:
            body = self.http.get("/api", query)
        except RefusedError as error:
            if b"Acknowledgement_MarketDocument" in error.body:
                raise error.because(_reason(read_xml(error.body, self.name), self.name)) from error
            raise
        return [day_ahead_prices(body, self.source, self.name)]


def day_ahead_prices(body: bytes, source: EntsoePrices, name: str) -> Issue:
    """Return the prices of a document at the finest step in it.

    Raises
    ------
    SignalError
        If it says why there are none, or is not what the format allows.
    """
    root = read_xml(body, name)
    if root.tag == "Acknowledgement_MarketDocument":
        raise SignalError(f"{name}: {_reason(root, name)}")
    if root.tag != "Publication_MarketDocument":
        raise SignalError(f"{name}: answered with a {root.tag}")
    wanted = [one for one in root.iter("TimeSeries") if one.findtext(_AUCTION, _DAY_AHEAD).strip() == _DAY_AHEAD]
    periods = [part for one in wanted for period in one.iter("Period") for part in [_period(one, period, source, name)]]
    if not periods:
        raise SignalError(f"{name}: answered with no day-ahead prices")
    step = min(length for _, length in periods)
    spread = [series.resample(step).ffill() if length > step else series for series, length in map(_closed, periods)]
    prices = pd.concat([series.iloc[:-1] for series in spread])
    return Issue(PRICE, regular(prices, step, name) / 1000.0)


def _period(series: ET.Element, period: ET.Element, source: EntsoePrices, name: str) -> tuple[pd.Series, pd.Timedelta]:
    """Return the prices per MWh of a period, with every left-out point, and its step."""
    currency, unit = text_of(series, "currency_Unit.name", name), text_of(series, "price_Measure_Unit.name", name)
    if (currency, unit) != (source.price_currency, "MWH"):
        raise SignalError(f"{name}: prices are in {currency} per {unit}, expected {source.price_currency} per MWH")
    resolution, curve = text_of(period, "resolution", name), series.findtext("curveType", "A01").strip()
    if resolution not in _STEPS or curve not in _STEPWISE:
        raise SignalError(f"{name}: resolution {resolution} with curve type {curve} is not known here")
    step = _STEPS[resolution]
    start, end = (_time(text_of(period, f"timeInterval/{word}", name), name) for word in ("start", "end"))
    count = (pd.Timestamp(end) - pd.Timestamp(start)) / step
    if count != round(count) or not 0 < count <= _LONGEST:
        raise SignalError(f"{name}: from {start} to {end} there are no whole steps of {resolution}")
    prices = pd.Series(dict(_points(period, round(count), name)), dtype=float).reindex(range(1, round(count) + 1))
    if curve == "A03":
        prices = prices.ffill()
    prices.index = pd.date_range(start, periods=round(count), freq=step)
    return prices, step


def _points(period: ET.Element, count: int, name: str) -> Iterator[tuple[int, float]]:
    for point in period.iter("Point"):
        position, price = text_of(point, "position", name), text_of(point, "price.amount", name)
        try:
            found = int(position), float(price)
        except ValueError as error:
            raise SignalError(f"{name}: point {position}: {error}") from error
        if not 1 <= found[0] <= count:
            raise SignalError(f"{name}: point {position} of {count}")
        yield found


def _closed(period: tuple[pd.Series, pd.Timedelta]) -> tuple[pd.Series, pd.Timedelta]:
    """Return a period with one more value, at its end, so that its last step is held when it is divided."""
    series, step = period
    end = pd.Series([float("nan")], index=[series.index[-1] + step])
    return pd.concat([series, end]), step


def _reason(root: ET.Element, name: str) -> str:
    return f"{text_of(root, 'Reason/code', name)}: {text_of(root, 'Reason/text', name)[:300]}"


def _time(text: str, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SignalError(f"{name}: {error}") from error
    if moment.tzinfo is None:
        raise SignalError(f"{name}: time {text} has no offset from UTC")
    return moment
