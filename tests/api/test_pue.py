"""Ratios of energies over the API: their names, their periods, and what is not known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from httpx import Client

from facility.history.telemetry import open_telemetry
from facility.records import Quality
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.api.records_for_tests import NOW, FixedClock, batch
from tests.api.serving import refused

RACKS = [f"rack-0{n}" for n in range(1, 6)]
STEP = timedelta(minutes=15)


def store(loaded: LoadedSite, state: Path, times: Sequence[datetime], meter_kw: float, rack_kw: float) -> None:
    rows = [("utility.power_kw", time, meter_kw, Quality.GOOD) for time in times]
    rows += [(f"{rack}.feed-a.power_kw", time, rack_kw, Quality.GOOD) for rack in RACKS for time in times]
    with open_telemetry(StateFolder(state), table_uri=None, raw_retention_days=30, clock=FixedClock()) as telemetry:
        telemetry.append(batch(loaded, rows))


def quarters(since: datetime, until: datetime) -> list[datetime]:
    return [since + STEP * n for n in range(int((until - since) / STEP))]


def test_ratios_of_energies_by_period(client: Client, loaded: LoadedSite, tmp_path: Path) -> None:
    late = NOW - timedelta(hours=1)
    store(loaded, tmp_path, quarters(NOW - timedelta(days=12), late), 120.0, 20.0)
    store(loaded, tmp_path, quarters(late, NOW), 150.0, 20.0)
    found = client.get("/api/v1/pue").json()
    assert (found["standard"], found["category"], found["step_s"]) == ("ISO/IEC 30134-2", 2, 900.0)
    assert (found["now"]["name"], found["now"]["ratio"]) == ("power ratio", 1.5)
    assert found["now"]["end"] == "2026-03-10T12:00:00Z"
    # 13 hours since midnight in Berlin, the last of them at 1.5
    assert (found["today"]["name"], found["today"]["begin"]) == ("interim PUE", "2026-03-10T00:00:00+01:00")
    assert found["today"]["ratio"] == pytest.approx((12 * 1.2 + 1.5) / 13)
    assert found["today"]["measured_frac"] == 1.0
    year = found["year"]
    assert (year["name"], year["measured_frac"]) == ("interim PUE", 1.0)  # twelve days are no year
    assert year["facility_kwh"] == pytest.approx(120.0 * (12 * 24 - 1) + 150.0)
    assert [(one["running"], one["name"]) for one in found["months"]] == [(False, "interim PUE"), (True, "interim PUE")]
    assert found["months"][1]["measured_frac"] == pytest.approx(1.0)  # of what is over of March


def test_twelve_measured_months_are_pue(client: Client, loaded: LoadedSite, tmp_path: Path) -> None:
    store(loaded, tmp_path, quarters(NOW - timedelta(days=370), NOW), 130.0, 20.0)
    found = client.get("/api/v1/pue").json()
    assert (found["year"]["name"], found["year"]["ratio"]) == ("PUE", pytest.approx(1.3))
    assert {one["name"] for one in found["months"]} == {"interim PUE"}
    assert len(found["months"]) == 13


def test_what_is_not_measured_is_said(client: Client, loaded: LoadedSite, tmp_path: Path) -> None:
    store(loaded, tmp_path, quarters(NOW - timedelta(days=1), NOW), 120.0, 20.0)
    beside = {one["name"]: one for one in client.get("/api/v1/pue").json()["beside"]}
    assert beside["WUE"]["value"] is None
    assert "not measured" in beside["WUE"]["note"]
    assert "no heat" in beside["ERF"]["note"]
    carbon = beside["interim CUE"]
    assert carbon["value"] == pytest.approx(1.2 * loaded.site.carbon.gco2_per_kwh / 1000)
    assert carbon["measured_frac"] == 1.0


def test_without_readings_there_is_no_ratio(client: Client, loaded: LoadedSite, tmp_path: Path) -> None:
    assert "utility" in refused(client.get("/api/v1/pue"), 404)
    rows = [("utility.power_kw", time, 120.0, Quality.GOOD) for time in quarters(NOW - timedelta(days=1), NOW)]
    with open_telemetry(StateFolder(tmp_path), table_uri=None, raw_retention_days=30, clock=FixedClock()) as telemetry:
        telemetry.append(batch(loaded, rows))
    assert "racks" in refused(client.get("/api/v1/pue"), 404)
