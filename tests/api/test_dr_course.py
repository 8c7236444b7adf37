"""An event on the meter and its settlement over a real socket: what the command tells, and what cannot be told."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from httpx import Client

from facility.cli import main
from facility.grid_event import GridEventKind
from facility.prepare.grid_commitments import Outlook, grid_commitments
from facility.site_file import LoadedSite
from facility.site_history import open_site_history
from facility.site_respond import open_grid_event_book
from facility.state import StateFolder
from tests.api.records_for_tests import FixedClock
from tests.api.serving import refused, serving
from tests.conftest import EXAMPLE
from tests.respond.grid_events import NOW, START, grid_event
from tests.respond.responding import responding_site, store_meter

URL = "/api/v1/dr/events"
HALF = START + timedelta(minutes=30)


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedSite:
    return responding_site(shutil.copytree(EXAMPLE, tmp_path / "site") / "site.yaml")


@pytest.fixture
def state(tmp_path: Path, loaded: LoadedSite) -> StateFolder:
    """Of two events the first is planned for; its meter falls by 70 kW where 80 kW are promised."""
    state = StateFolder(tmp_path / "var")
    store_meter(loaded, state, NOW - timedelta(days=21), START, 400.0)
    store_meter(loaded, state, START, START + timedelta(hours=2), 330.0)
    step = timedelta(minutes=15)
    outlook = Outlook([NOW + index * step for index in range(48)], step, np.zeros(48), NOW)
    with (
        closing(open_grid_event_book(loaded, state)) as book,
        closing(open_site_history(loaded, state, FixedClock(NOW))) as telemetry,
    ):
        book.receive([grid_event(), grid_event(name="price", kind=GridEventKind.PRICE)], NOW)
        grid_commitments(loaded, telemetry, book, outlook)
        book.receive([grid_event(name="asked", program="asked")], NOW)
    return state


@pytest.fixture
def client(loaded: LoadedSite, state: StateFolder, clock: FixedClock) -> Iterator[Client]:
    with serving(loaded, state, clock) as client:
        yield client


def test_a_course_has_a_value_or_null_for_each_step(client: Client, clock: FixedClock) -> None:
    clock.at = HALF
    found = client.get(f"{URL}/1/course").json()
    assert {len(found[name]) for name in ("times", "baseline_kw", "target_kw", "meter_kw", "delivered_kw")} == {36}
    assert found["target_kw"][12] == pytest.approx(found["baseline_kw"][12] - 80.0)
    assert found["meter_kw"][12] == pytest.approx(found["baseline_kw"][12] - 70.0)
    assert (found["meter_kw"][20], found["target_kw"][0], found["note"]) == (None, None, "")
    assert found["penalty_at_most"] == pytest.approx(160.0 - 35.0)


def test_the_settlement_is_what_the_command_tells(
    client: Client, clock: FixedClock, loaded: LoadedSite, state: StateFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    clock.at = HALF
    half = client.get(f"{URL}/1/settlement").json()
    assert (half["final"], half["credited_kwh"], half["penalty"]) == (False, pytest.approx(35.0), pytest.approx(5.0))
    clock.at = START + timedelta(hours=3)
    found = client.get(f"{URL}/1/settlement").json()
    assert found["final"] and found["performance"] == pytest.approx(0.875)
    assert main(["dr", "settle", str(loaded.path), "1", "--state", str(state.root), "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert found.keys() == told.keys()
    for name in ("credited_kwh", "short_kwh", "payment", "baseline_days", "baseline_method", "state"):
        assert found[name] == told[name], name
    assert [step["delivered_kw"] for step in found["steps"]] == [step["delivered_kw"] for step in told["steps"]]


def test_what_cannot_be_told(client: Client, clock: FixedClock) -> None:
    assert "asks for nothing" in refused(client.get(f"{URL}/2/course"), 409)
    assert "has not begun" in refused(client.get(f"{URL}/1/settlement"), 409)
    clock.at = HALF
    assert "no baseline of event 3 is frozen" in refused(client.get(f"{URL}/3/settlement"), 409)
    assert "no baseline is frozen yet" in client.get(f"{URL}/3/course").json()["note"]
    assert "no baseline of event 3 is frozen" in refused(client.get(f"{URL}/3/settlement"), 409)  # looking freezes none
    for what in ("course", "settlement"):
        refused(client.get(f"{URL}/99/{what}"), 404)
        refused(client.get(f"{URL}/{10**30}/{what}"), 404)


def test_a_cap_is_settled_without_a_baseline(
    client: Client, clock: FixedClock, loaded: LoadedSite, state: StateFolder
) -> None:
    """The meter shows 330 kW and 2 kW for each hour of the clock, which is 15 and 16 then."""
    with closing(open_grid_event_book(loaded, state)) as book:
        book.receive([grid_event((350.0, 350.0), name="cap", kind=GridEventKind.IMPORT_CAP)], NOW)
    assert "has not begun" in refused(client.get(f"{URL}/4/settlement"), 409)
    clock.at = START + timedelta(hours=3)
    found = client.get(f"{URL}/4/settlement").json()
    assert (found["above_min"], found["above_kwh"], found["kept_frac"]) == (120.0, pytest.approx(22.0), 0.0)
    assert found["steps"][0]["above_kw"] == pytest.approx(10.0) and "baseline_method" not in found
