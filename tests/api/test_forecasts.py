"""Errors of forecasts and the next hour over a socket."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from httpx import Client

from facility.history.telemetry import open_telemetry
from facility.records import Forecast, Quality
from facility.site_file import LoadedSite
from facility.site_journal import open_forecast_archive
from facility.state import StateFolder
from tests.api.records_for_tests import NOW, FixedClock, batch
from tests.api.serving import refused

OUTDOOR = "outdoor_temperature_degc"
STEP = timedelta(minutes=15)
BEGIN = NOW.replace(minute=0, second=0) - timedelta(hours=3)


@pytest.fixture
def kept(loaded: LoadedSite, tmp_path: Path) -> None:
    """A forecast of three hours ago that was one kelvin too warm."""
    state, times = StateFolder(tmp_path), [BEGIN + number * STEP for number in range(8)]
    with open_telemetry(state, table_uri=None, raw_retention_days=30, clock=FixedClock(NOW)) as store:
        store.load([batch(loaded, [(f"weather.{OUTDOOR}", time, 9.0, Quality.GOOD) for time in times])])
    with closing(open_forecast_archive(loaded, state)) as archive:
        archive.keep([Forecast(OUTDOOR, BEGIN, times, np.full(8, 10.0), "by hand", {})])


def test_errors_by_how_far_ahead(client: Client, kept: None) -> None:
    answer = client.get("/api/v1/forecast-errors", params={"days": 7}).json()
    (warmth,) = (one for one in answer["quantities"] if one["quantity"] == OUTDOOR)
    assert [lead["lead_h"] for lead in warmth["leads"]] == [0, 1]
    assert {(lead["bias"], lead["mae"], lead["count"]) for lead in warmth["leads"]} == {(1.0, 1.0, 4)}
    assert {lead["coverage_90"] for lead in warmth["leads"]} == {None}, "no interval was given"
    assert any("hall-1" in note for note in answer["notes"])


def test_a_wrong_span_is_refused(client: Client) -> None:
    refused(client.get("/api/v1/forecast-errors", params={"days": 0}), 422)


def test_a_next_hour_that_cannot_be_told_says_why(client: Client, loaded: LoadedSite) -> None:
    answer = client.get("/api/v1/next-hour").json()
    assert answer["racks"] == []
    assert [note.partition(":")[0] for note in answer["notes"]] == [
        one.id for one in (*loaded.site.halls, *loaded.site.liquid_loops)
    ]
