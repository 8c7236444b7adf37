from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from httpx import Client

from facility.api.guard import HEADERS
from facility.heartbeat import Heartbeat
from facility.history.journal import open_journal
from facility.history.telemetry import open_telemetry
from facility.records import Quality
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder
from tests.api.records_for_tests import NOW, FixedClock, batch, plan, recommendation
from tests.api.serving import refused, serving
from tests.conftest import EXAMPLE

TOPICS = ("site", "points", "latest", "recommendations", "health", "alive", "metrics", "session")
ROUTES = ("/plain", "/docs", "/openapi.json", "/style.css", "/sign-in", *(f"/api/v1/{name}" for name in TOPICS))
FOREIGN = ("evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "", "a b", "localhost:x", "x@127.0.0.1")


@pytest.fixture(scope="module")
def loaded() -> LoadedSite:
    return load_site(EXAMPLE / "site.yaml")


@pytest.fixture(scope="module")
def client(loaded: LoadedSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A site with an hour of readings and a plan."""
    state = StateFolder(tmp_path_factory.mktemp("furnished"))
    _store_readings(loaded, state)
    _store_plan(loaded, state)
    with serving(loaded, state, FixedClock()) as client:
        yield client


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def new_site(loaded: LoadedSite, state: StateFolder, clock: FixedClock) -> Iterator[Client]:
    """A site without any history, with a state and clock of its own."""
    with serving(loaded, state, clock) as client:
        yield client


def _store_readings(loaded: LoadedSite, state: StateFolder) -> None:
    second = timedelta(seconds=1)
    rows = [("utility.power_kw", NOW - (60 - n) * second, 400.0 + n, Quality.GOOD) for n in range(60)]
    rows += [(f"rack-0{n}.feed-a.power_kw", NOW - second, 60.0, Quality.GOOD) for n in range(1, 6)]
    rows += [("rack-05.feed-a.inlet_temperature_degc", NOW - second, 27.6, Quality.GOOD)]
    rows += [("crah-1.supply_air_temperature_degc", NOW - timedelta(hours=2), 19.5, Quality.GOOD)]
    rows += [("weather.outdoor_temperature_degc", NOW - second, float("nan"), Quality.BAD)]
    with open_telemetry(state, table_uri=None, raw_retention_days=30, clock=FixedClock()) as store:
        store.append(batch(loaded, rows))


def _store_plan(loaded: LoadedSite, state: StateFolder) -> None:
    late, in_time = NOW - timedelta(minutes=1), NOW + timedelta(minutes=30)
    items = [recommendation(loaded, 1, in_time), recommendation(loaded, 2, late)]
    with closing(open_journal(None, state)) as journal:
        journal.save_plan(plan(loaded), items, "correlated")


def test_site_and_points(client: Client, loaded: LoadedSite) -> None:
    site = client.get("/api/v1/site").json()
    assert (site["id"], site["revision"], site["points"]) == ("example", loaded.revision, 15)
    assert site["equipment"]["ICT_Rack"] == 5
    points = client.get("/api/v1/points", params={"equipment": "crah-1"}).json()
    assert {point["id"]: point["writable"] for point in points} == {
        "crah-1.supply_air_temperature_degc": False,
        "crah-1.supply_air_temperature_setpoint_degc": True,
    }


def test_latest_gives_what_is_now_and_calls_the_rest_by_its_name(client: Client) -> None:
    latest = {each["point"]: each for each in client.get("/api/v1/latest").json()}
    assert latest["utility.power_kw"]["value"] == 459.0
    assert latest["utility.power_kw"]["quality"] == "good"
    assert latest["utility.power_kw"]["time"] == "2026-03-10T11:59:59Z"
    old = latest["crah-1.supply_air_temperature_degc"]  # good two hours ago: never shown as present
    assert (old["value"], old["quality"]) == (None, "stale")
    bad = latest["weather.outdoor_temperature_degc"]
    assert (bad["value"], bad["quality"]) == (None, "bad")
    never = latest["utility.energy_kwh"]
    assert (never["value"], never["quality"], never["time"]) == (None, "none", None)


def test_history_means_over_steps(client: Client) -> None:
    window = {"from": "2026-03-10T12:59:00+01:00", "to": "2026-03-10T13:00:00+01:00"}
    answer = client.get("/api/v1/history", params={"point": "utility.power_kw", "step": 30, **window}).json()
    assert answer["times"] == ["2026-03-10T11:59:00Z", "2026-03-10T11:59:30Z"]
    (series,) = answer["series"]
    assert series == {"point": "utility.power_kw", "unit": "kW", "values": [414.5, 444.5], "low": None, "high": None}


def test_history_keeps_the_extremes_that_means_hide(client: Client) -> None:
    window = {"from": "2026-03-10T12:59:00+01:00", "to": "2026-03-10T13:00:00+01:00"}
    answer = client.get(
        "/api/v1/history", params={"point": "utility.power_kw", "step": 30, "extremes": True, **window}
    ).json()
    (series,) = answer["series"]
    assert (series["low"], series["values"], series["high"]) == ([400.0, 430.0], [414.5, 444.5], [429.0, 459.0])


def test_history_as_csv_with_units_and_zone(client: Client) -> None:
    wanted = [("point", "utility.power_kw"), ("point", "rack-01.feed-a.power_kw"), ("from", "2026-03-10T11:59:00Z")]
    answer = client.get("/api/v1/history", params=[*wanted, ("step", "60"), ("format", "csv")])
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["time [UTC]", "utility.power_kw [kW]", "rack-01.feed-a.power_kw [kW]"]
    assert datetime.fromisoformat(rows[1][0]) == datetime(2026, 3, 10, 11, 59, tzinfo=UTC)
    assert [float(value) for value in rows[1][1:]] == [429.5, 60.0]


BAD_HISTORY = {
    "no point": ({"from": "2026-03-10T11:00:00Z"}, 422, "point"),
    "unknown point": ({"point": "nope.power_kw", "from": "2026-03-10T11:00:00Z"}, 404, "no point 'nope.power_kw'"),
    "no from": ({"point": "utility.power_kw"}, 422, "from"),
    "naive time": ({"point": "utility.power_kw", "from": "2026-03-10T11:00:00"}, 422, "timezone"),
    "no time": ({"point": "utility.power_kw", "from": "yesterday"}, 422, "from"),
    "turned round": (
        {"point": "utility.power_kw", "from": "2026-03-10T11:00:00Z", "to": "2026-03-10T10:00:00Z"},
        422,
        "before to",
    ),
    "before time": ({"point": "utility.power_kw", "from": "0001-01-01T00:00:00+14:00"}, 422, "from: expected 1970"),
    "after time": (
        {"point": "utility.power_kw", "from": "2026-03-10T11:00:00Z", "to": "9999-12-31T23:59:59-12:00"},
        422,
        "to: expected 1970 to 2200",
    ),
    "too much": ({"point": "utility.power_kw", "from": "2025-03-10T11:00:00Z"}, 422, "step=64 or more"),
    "step of nothing": ({"point": "utility.power_kw", "from": "2026-03-10T11:00:00Z", "step": 0}, 422, "step"),
    "endless step": ({"point": "utility.power_kw", "from": "2026-03-10T11:00:00Z", "step": "inf"}, 422, "step"),
    "too many points": ({"point": ["utility.power_kw"] * 101, "from": "2026-03-10T11:00:00Z"}, 422, "point"),
    "extremes of readings": (
        {"point": "utility.power_kw", "from": "2026-03-10T11:00:00Z", "extremes": True},
        422,
        "step",
    ),
    "other format": ({"point": "utility.power_kw", "from": "2026-03-10T11:00:00Z", "format": "xls"}, 422, "format"),
}


@pytest.mark.parametrize(("query", "status", "says"), BAD_HISTORY.values(), ids=BAD_HISTORY.keys())
def test_a_wrong_history_request_is_told_what_to_do(
    client: Client, query: dict[str, str], status: int, says: str
) -> None:
    assert says in refused(client.get("/api/v1/history", params=query), status)


def test_plan_and_recommendations(client: Client) -> None:
    answer = client.get("/api/v1/plan").json()
    assert answer["plan"] == "plan-1"
    assert len(answer["schedule"]) == 192
    assert (answer["planned_until"], answer["unmet"]) == ("2026-03-12T12:00:00+00:00", [])
    assert [item["id"] for item in answer["recommendations"]] == ["rec-1", "rec-2"]
    proposed = client.get("/api/v1/recommendations", params={"state": "proposed"}).json()
    assert proposed[0]["saving_kw"] == 11.2
    assert client.get("/api/v1/recommendations", params={"state": "approved"}).json() == []
    assert "state" in refused(client.get("/api/v1/recommendations", params={"state": "liked"}), 422)


def test_no_plan_yet_says_where_to_look(new_site: Client) -> None:
    assert "/api/v1/health" in refused(new_site.get("/api/v1/plan"), 404)


def test_health_fails_until_something_is_polled(new_site: Client, state: StateFolder, clock: FixedClock) -> None:
    answer = new_site.get("/api/v1/health")
    assert answer.status_code == 503
    assert answer.json()["missing"] == ["supervisor", "poller", "planner", "trainer", "alarms", "dispatch", "api"]

    device = {
        "polls": 3,
        "failures": 0,
        "consecutive_failures": 0,
        "skipped": 2,
        "slow": True,
        "last_success": NOW,
        "last_fault": None,
        "points": {},
    }
    devices = {name: device | {"latency_s": 0.01} for name in ("meter-1", "gateway-1", "pdu-rack-05")}
    devices |= {f"pdu-rack-0{n}": device | {"latency_s": 0.01} for n in range(1, 5)}
    Heartbeat(state, "poller", clock).say("polling", devices=devices)
    for name in ("supervisor", "planner", "trainer", "alarms", "dispatch", "api"):
        Heartbeat(state, name, clock).say("running", workers={"planner": {"restarts": 2}})
    well = new_site.get("/api/v1/health")
    assert (well.status_code, well.json()["status"]) == (200, "ok")
    assert {each["process"]: each["restarts"] for each in well.json()["processes"]}["planner"] == 2

    trainer, planner = Heartbeat(state, "trainer", clock), Heartbeat(state, "planner", clock)
    trainer.say("waiting", last_error="not enough data: ...", last_error_kind="NotEnoughDataError")
    assert new_site.get("/api/v1/health").json()["status"] == "ok"  # a young site
    planner.say("waiting", last_error="prices end too early", last_error_kind="SignalError")
    assert new_site.get("/api/v1/health").json()["status"] == "degraded"
    planner.say("waiting", last_error=None)
    said = {
        "name": "entsoe x",
        "fetched": None,
        "failures": 3,
        "error": "status 503",
        "dropped": 0,
        "fallback": "the tariff",
    }
    for state_of_it, status in (("fallback", "degraded"), ("failing", "degraded"), ("fresh", "ok")):
        planner.note(signals=[{**said, "state": state_of_it}])
        told = new_site.get("/api/v1/health").json()
        assert (told["status"], told["signals"]) == (status, [{**said, "state": state_of_it}])

    backlog = {"waiting_bytes": 5_000, "limit_bytes": 1 << 32}
    outbox = {"readings": 0, "refusals": 0, "dropped": 0}
    for behind, status in ((timedelta(minutes=14), "ok"), (timedelta(minutes=16), "degraded"), (timedelta(0), "ok")):
        late = {**backlog, "oldest": (NOW - behind).isoformat()}  # flushed every five minutes
        Heartbeat(state, "poller", clock).say("polling", devices=devices, backlog=late, outbox=outbox)
        assert new_site.get("/api/v1/health").json()["status"] == status

    devices["meter-1"] = device | {"consecutive_failures": 4, "last_fault": "no answer", "latency_s": None}
    Heartbeat(state, "poller", clock).say("polling", devices=devices)
    assert new_site.get("/api/v1/health").json()["status"] == "degraded"
    metrics = new_site.get("/api/v1/metrics").text
    assert 'facility_device_up{device="meter-1"} 0.0' in metrics
    assert 'facility_device_slow{device="gateway-1"} 1.0' in metrics
    assert 'facility_device_slots_skipped_total{device="gateway-1"} 2.0' in metrics
    assert 'facility_device_latency_seconds{device="gateway-1"} 0.01' in metrics
    assert 'facility_device_latency_seconds{device="meter-1"}' not in metrics

    clock.at += timedelta(minutes=1)  # nobody beats any more
    assert new_site.get("/api/v1/health").json()["status"] == "failed"


def test_a_table_that_has_fallen_behind_shows(new_site: Client, state: StateFolder, clock: FixedClock) -> None:
    def say(behind: timedelta | None) -> None:
        oldest = None if behind is None else (NOW - behind).isoformat()
        Heartbeat(state, "poller", clock).say(
            "polling",
            backlog={"waiting_bytes": 5_000, "limit_bytes": 4096 << 20, "oldest": oldest},
            outbox={"readings": 70, "refusals": 1, "dropped": 3},
        )

    say(timedelta(minutes=20))
    storage = new_site.get("/api/v1/health").json()["storage"]
    assert (storage["hot_log_waiting_bytes"], storage["readings_in_memory"], storage["readings_dropped"]) == (
        5_000,
        70,
        3,
    )
    assert datetime.fromisoformat(storage["oldest_waiting"]) == NOW - timedelta(minutes=20)
    text = new_site.get("/api/v1/metrics").text
    for line in (
        "facility_hot_log_age_seconds 1200.0",
        "facility_readings_dropped_total 3.0",
        "facility_readings_in_memory 70.0",
    ):
        assert line in text
    say(None)
    assert "facility_hot_log_age_seconds 0.0" in new_site.get("/api/v1/metrics").text


def test_metrics_hold_fresh_values_only(client: Client) -> None:
    text = client.get("/api/v1/metrics").text
    labels = 'equipment="utility",point="utility.power_kw",quantity="power_kw",unit="kW"'
    assert f"facility_point_value{{{labels}}} 459.0" in text
    assert "crah-1.supply_air_temperature_degc" not in text
    assert "facility_storage_free_bytes" in text


@pytest.mark.parametrize("route", ROUTES)
def test_every_answer_carries_the_security_headers(client: Client, route: str) -> None:
    answer = client.get(route)
    assert answer.status_code in (200, 503)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "192.168.1.4", "plant.example:80"]
)
def test_names_that_are_ours_are_served(client: Client, host: str) -> None:
    assert client.get("/api/v1/site", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", FOREIGN)
def test_other_names_are_refused_against_dns_rebinding(client: Client, host: str) -> None:
    answer = client.get("/api/v1/site", headers={"Host": host})
    refused(answer, 421)
    assert answer.headers["Content-Security-Policy"]


def test_an_unknown_path_is_a_problem_too_and_so_are_docs_that_load_from_elsewhere(client: Client) -> None:
    refused(client.get("/redoc"), 404)
    refused(client.get("/api/v1/nothing"), 404)


def test_a_journal_that_cannot_be_opened_is_told_and_the_rest_works(new_site: Client, state: StateFolder) -> None:
    state.journal.mkdir(parents=True)
    assert "journal" in refused(new_site.get("/api/v1/plan"), 503)
    assert new_site.get("/api/v1/site").status_code == 200


def test_long_answers_are_packed_and_the_session_is_not(client: Client) -> None:
    assert client.get("/api/v1/plan").headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get("/api/v1/session").headers
    plain = client.get("/api/v1/plan", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == client.get("/api/v1/plan").json()
