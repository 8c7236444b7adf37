"""Stand-ins over the API: entered by an engineer, marked wherever values are shown, ended by a person or by their time."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from httpx import Client

from facility.access import Role
from facility.accounts.opening import Access
from facility.api.present import Present
from facility.api.site_view import SiteView
from facility.history.telemetry import open_telemetry
from facility.records import Quality
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import Asker, add_person, signed_in
from tests.api.records_for_tests import NOW, FixedClock, batch
from tests.api.serving import refused

__all__ = ["cheap_hashes"]
POINT, OTHER = "rack-01.feed-a.inlet_temperature_degc", "rack-02.feed-a.inlet_temperature_degc"
URL = f"/api/v1/points/{POINT}/stand-in"
UNTIL = (NOW + timedelta(hours=4)).isoformat()
MANUAL = {"value": 23.5, "until": UNTIL, "reason": "the probe hangs loose"}
SUBSTITUTED = {"source": OTHER, "until": UNTIL, "reason": "its neighbour knows"}


@pytest.fixture
def boss(client: Client, access: Access) -> Asker:
    return signed_in(client, "boss")


def read(loaded: LoadedSite, state: Path, *rows: tuple[str, datetime, float, Quality]) -> None:
    with open_telemetry(StateFolder(state), table_uri=None, raw_retention_days=30, clock=FixedClock()) as telemetry:
        telemetry.append(batch(loaded, rows))


def latest(client: Client, point: str = POINT) -> dict[str, object]:
    found: list[dict[str, object]] = client.get("/api/v1/latest").json()
    return next(one for one in found if one["point"] == point)


def test_a_value_by_hand_stands_beside_what_is_measured(
    client: Client, boss: Asker, loaded: LoadedSite, tmp_path: Path
) -> None:
    read(loaded, tmp_path, (POINT, NOW, 31.0, Quality.GOOD))
    made = boss.ask("POST", URL, json=MANUAL).json()
    measured = {"value": 31.0, "quality": "good", "time": "2026-03-10T12:00:00Z"}
    assert (made["kind"], made["value"], made["by"], made["measured"]) == ("manual", 23.5, "boss", measured)
    now = latest(client)
    assert (now["value"], now["quality"], now["measured"]) == (23.5, "manual", measured)
    assert client.get("/api/v1/stand-ins").json() == [made]
    assert latest(client, OTHER)["measured"] is None
    ended = boss.ask("POST", f"{URL}/end", json={"reason": "mended"})
    assert ended.json() == measured
    assert (latest(client)["quality"], latest(client)["measured"]) == ("good", None)
    assert client.get("/api/v1/stand-ins").json() == []
    assert "nothing stands in" in refused(boss.ask("POST", f"{URL}/end", json={"reason": "again"}), 409)


def test_one_ends_by_its_time_and_not_because_the_sensor_is_back(
    client: Client, boss: Asker, loaded: LoadedSite, tmp_path: Path, clock: FixedClock
) -> None:
    read(loaded, tmp_path, (POINT, NOW, 0.0, Quality.BAD))
    boss.ask("POST", URL, json=MANUAL)
    clock.at = NOW + timedelta(hours=3)
    read(loaded, tmp_path, (POINT, clock.at, 24.0, Quality.GOOD))
    assert latest(client)["quality"] == "manual"
    clock.at = NOW + timedelta(hours=4)
    read(loaded, tmp_path, (POINT, clock.at, 24.0, Quality.GOOD))
    assert (latest(client)["quality"], latest(client)["value"]) == ("good", 24.0)


def test_a_substituted_value_follows_its_source_and_is_none_without_it(
    client: Client, boss: Asker, loaded: LoadedSite, tmp_path: Path, clock: FixedClock
) -> None:
    read(loaded, tmp_path, (OTHER, NOW, 22.0, Quality.GOOD))
    boss.ask("POST", URL, json=SUBSTITUTED)
    assert (latest(client)["value"], latest(client)["quality"]) == (22.0, "substituted")
    clock.at = NOW + timedelta(minutes=10)
    now = latest(client)
    assert (now["value"], now["quality"]) == (None, "substituted")
    boss.ask("POST", f"/api/v1/points/{OTHER}/stand-in", json=MANUAL)
    assert latest(client)["value"] is None  # what stands in for the source is not measured


@pytest.mark.parametrize(
    ("point", "given", "said"),
    [
        (POINT, {"until": UNTIL}, "either a value or the point"),
        (POINT, {"value": 1.0, "source": OTHER}, "either a value or the point"),
        (POINT, {"value": 99.0}, "from -10 to 80 degC"),
        (POINT, {"source": POINT}, "for itself"),
        (POINT, {"source": "utility.power_kw"}, "is in kW"),
        (POINT, {"value": 20.0, "until": NOW.isoformat()}, "is past"),
        (POINT, {"value": 20.0, "until": "2027-01-01T00:00:00Z"}, "at most 7 days"),
        ("crah-1.supply_air_temperature_setpoint_degc", {"value": 20.0}, "may be written"),
        ("utility.energy_kwh", {"value": 20.0}, "a counter has no stand-in"),
    ],
)
def test_what_cannot_stand_in_is_refused(boss: Asker, point: str, given: dict[str, object], said: str) -> None:
    asked = {"until": UNTIL, "reason": "why not"} | given
    assert said in refused(boss.ask("POST", f"/api/v1/points/{point}/stand-in", json=asked), 422)


def test_only_engineers_enter_values_and_only_for_points_of_the_site(
    client: Client, access: Access, boss: Asker
) -> None:
    add_person(access, "operator", Role.OPERATOR)
    refused(signed_in(client, "operator").ask("POST", URL, json=MANUAL), 403)
    refused(boss.ask("POST", "/api/v1/points/rack-99.x/stand-in", json=MANUAL), 404)
    refused(boss.ask("POST", URL, json={**SUBSTITUTED, "source": "rack-99.x"}), 404)
    assert client.get("/api/v1/stand-ins").json() == []


def test_files_have_it_in_a_column_of_its_own(client: Client, boss: Asker, loaded: LoadedSite, tmp_path: Path) -> None:
    minutes = [NOW + timedelta(minutes=n) for n in range(-2, 2)]
    read(loaded, tmp_path, *((OTHER, at, 21.0 + n, Quality.GOOD) for n, at in enumerate(minutes)))
    read(loaded, tmp_path, *((POINT, at, 31.0, Quality.GOOD) for at in minutes[:2]))
    boss.ask("POST", URL, json=MANUAL)
    boss.ask("POST", f"/api/v1/points/{OTHER}/stand-in", json={**SUBSTITUTED, "source": POINT})
    span = [("from", minutes[0].isoformat()), ("to", (NOW + timedelta(minutes=2)).isoformat()), ("step", "60")]
    asked = [("point", POINT), ("point", OTHER), *span]
    text = client.get("/api/v1/history", params=[*asked, ("format", "csv")]).text
    heading, *lines = csv.reader(io.StringIO(text))
    assert heading[1:] == [
        f"{POINT} [degC]",
        f"{OTHER} [degC]",
        f"{POINT} manual [degC]",
        f"{OTHER} substituted [degC]",
    ]
    assert [line[1:] for line in lines] == [
        ["31.0", "21.0", "", ""],
        ["31.0", "22.0", "", ""],
        ["", "23.0", "23.5", ""],
        ["", "24.0", "23.5", ""],
    ]
    table = pq.read_table(io.BytesIO(client.get("/api/v1/history", params=[*asked, ("format", "parquet")]).content))
    assert table.column_names == heading
    assert table.schema.field(3).metadata[b"quality"] == b"manual"
    assert table.column(3).to_pylist() == [None, None, 23.5, 23.5]
    (manual, _) = client.get("/api/v1/history", params=[*asked, ("format", "json")]).json()["stood_in"]
    assert (manual["point"], manual["value"], manual["by"]) == (POINT, 23.5, "boss")


def test_a_file_of_raw_readings_has_a_row_where_it_began(
    client: Client, boss: Asker, loaded: LoadedSite, tmp_path: Path
) -> None:
    read(loaded, tmp_path, (POINT, NOW - timedelta(minutes=2), 31.0, Quality.GOOD))
    boss.ask("POST", URL, json=MANUAL)
    asked = {"point": POINT, "from": (NOW - timedelta(minutes=5)).isoformat(), "format": "csv"}
    asked["to"] = (NOW + timedelta(minutes=5)).isoformat()
    _, *lines = csv.reader(io.StringIO(client.get("/api/v1/history", params=asked).text))
    assert [line[1:] for line in lines] == [["31.0", ""], ["", "23.5"]]


def test_the_live_feed_tells_of_it_once(boss: Asker, loaded: LoadedSite, tmp_path: Path, clock: FixedClock) -> None:
    view = SiteView(loaded, StateFolder(tmp_path), clock)
    present = Present(view)
    present.look()
    boss.ask("POST", URL, json=MANUAL)
    assert present.look()[0] == [(POINT, 23.5, "manual", int(NOW.timestamp()))]
    assert present.look()[0] == []
    clock.at = NOW + timedelta(hours=4)
    assert present.look()[0] == [(POINT, None, "none", None)]
    view.close()
