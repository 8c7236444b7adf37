"""Signals fetched beside the planner: kept in the journal's archive, said in its health file, and a changed site taken over."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from facility.clock import SystemClock
from facility.heartbeat import Heartbeat
from facility.service.signal_watch import keep_fetching
from facility.service.worker import Worker
from facility.signals.published import last_issue
from facility.site import Weather
from facility.site_file import LoadedSite, load_site
from facility.site_journal import open_forecast_archive
from facility.state import StateFolder
from tests.cycle.lived_in import DEMO
from tests.signals import published_documents as documents
from tests.signals.provider_server import Answer, serving


def with_weather(loaded: LoadedSite, base_url: str) -> LoadedSite:
    place = {"provider": "open_meteo", "base_url": base_url, "latitude_deg": 52.5, "longitude_deg": 13.4}
    weather = Weather.model_validate({"forecast": "provider", "source": place})
    return replace(loaded, site=loaded.site.model_copy(update={"weather": weather}))


def said(state: StateFolder) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((state.root / "health" / "planner.json").read_text()).get("signals", [])
    return found


def wait_for(met: Callable[[], bool]) -> None:
    until = time.monotonic() + 20.0
    while not met() and time.monotonic() < until:
        time.sleep(0.1)
    assert met()


def test_what_is_fetched_is_kept_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facility.service.signal_watch.LOOK_S", 0.2)
    state, clock, plain = StateFolder(tmp_path), SystemClock(), load_site(DEMO)
    worker = Worker(state, clock, Heartbeat(state, "planner", clock), plain)
    worker.heartbeat.say("waiting")
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    body = documents.open_meteo(midnight, [12.0] * 96, [55.0] * 96)
    with serving(lambda _: Answer(body)) as server:
        keep_fetching(worker)
        worker.loaded = with_weather(plain, server.base_url)
        wait_for(lambda: [one["state"] for one in said(state)] == ["fresh"])
        assert said(state)[0]["name"] == "open_meteo 52.5 13.4"
        with closing(open_forecast_archive(plain, state)) as archive:
            for quantity, value in (("outdoor_temperature_degc", 12.0), ("outdoor_relative_humidity_frac", 0.55)):
                issue = last_issue(archive, quantity, "open_meteo 52.5 13.4", clock.now())
                assert issue is not None
                assert issue.values == pytest.approx([value] * 96)
        worker.loaded = plain  # and nothing is asked any more
        wait_for(lambda: said(state) == [])
        asked = len(server.asked)
        time.sleep(0.6)
        assert len(server.asked) == asked
