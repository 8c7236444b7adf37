"""CAISO OASIS: day-ahead locational marginal prices of a node (PRC_LMP, DAM), a zip with one CSV.

Its hours are GMT columns; the trading day and hour beside them are Pacific time, with 23 and 25 hours among them, and are not read.
Refusals and "no data" come as a zip with one XML.

References
----------
CAISO, "Interface specification for OASIS", SingleZip, resultformat 6.
"""

from __future__ import annotations

import csv
import io
import math
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime

import pandas as pd

from facility.errors import SignalError
from facility.signals.guarded_xml import read_xml
from facility.signals.outlook import PRICE
from facility.signals.provider import Issue, Window, regular
from facility.signals.web_provider import WebProvider
from facility.site import CaisoPrices

_MOST_BYTES = 16 << 20  # unpacked; a month of one node is under 1 MB
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    NotImplementedError,
    OSError,
    ValueError,
)  # seen of damage
_COLUMNS = ("INTERVALSTARTTIME_GMT", "NODE", "MARKET_RUN_ID", "LMP_TYPE", "MW")


class Caiso(WebProvider[CaisoPrices]):
    """Asks for one node."""

    quantities: Sequence[str] = (PRICE,)

    def fetch(self, window: Window) -> Sequence[Issue]:
        """Return the prices in USD per kWh."""
        query = {
            "queryname": "PRC_LMP",
            "market_run_id": "DAM",
            "version": "12",
            "resultformat": "6",
            "node": self.source.node,
            "startdatetime": f"{window.start:%Y%m%dT%H:%M}-0000",
            "enddatetime": f"{window.end:%Y%m%dT%H:%M}-0000",
        }
        return [node_prices(self.http.get("/oasisapi/SingleZip", query), self.source.node, self.name)]


def node_prices(body: bytes, node: str, name: str) -> Issue:
    """Return the hourly prices in an answer.

    Raises
    ------
    SignalError
        If it says why there are none, or is not what the format allows.
    """
    file, content = _unpacked(body, name)
    if file.lower().endswith(".xml"):
        root = read_xml(content, name)
        code, words = (next((one.text or "" for one in root.iter(tag)), "") for tag in ("ERR_CODE", "ERR_DESC"))
        raise SignalError(f"{name}: {code or 'refused'}: {words[:300]}")
    found = dict(_rows(content, node, name))
    series = pd.Series(found, index=pd.DatetimeIndex(list(found), tz="UTC"), dtype=float)
    return Issue(PRICE, regular(series, pd.Timedelta(hours=1), name) / 1000.0)


def _rows(content: bytes, node: str, name: str) -> Iterator[tuple[datetime, float]]:
    rows = csv.DictReader(io.StringIO(content.decode("utf-8", "replace")))
    missing = [column for column in _COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        raise SignalError(f"{name}: no column {', '.join(missing)}")
    for row in rows:
        if (row["NODE"], row["MARKET_RUN_ID"], row["LMP_TYPE"]) != (node, "DAM", "LMP"):
            continue  # the parts of a price stand beside it: energy, congestion, losses, greenhouse gas
        try:
            start, price = datetime.fromisoformat(row["INTERVALSTARTTIME_GMT"]), float(row["MW"])
        except (TypeError, ValueError) as error:
            raise SignalError(f"{name}: line {rows.line_num}: {error}") from error
        if start.tzinfo is None or not math.isfinite(price):
            raise SignalError(f"{name}: line {rows.line_num}: {row['INTERVALSTARTTIME_GMT']}, {row['MW']}")
        yield start, price


def _unpacked(body: bytes, name: str) -> tuple[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            members = packed.infolist()
            if len(members) != 1:
                raise SignalError(f"{name}: answered with {len(members)} files, expected one")
            with packed.open(members[0]) as stream:
                content = stream.read(_MOST_BYTES + 1)
    except _DAMAGED as error:
        raise SignalError(f"{name}: answered with no zip: {error}") from error
    if len(content) > _MOST_BYTES:
        raise SignalError(f"{name}: unpacks to more than {_MOST_BYTES >> 20} MB")
    return members[0].filename, content
