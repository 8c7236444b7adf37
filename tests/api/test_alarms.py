"""/alarms over a real socket: pages and filters, one alarm with its history, the figures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from socket import create_server

import pytest
import uvicorn
from httpx import Client

from facility.alarms import machine
from facility.alarms.alarm import Said
from facility.alarms.catalogue import CATALOGUE
from facility.alarms.judge import Verdict
from facility.api.app import create_app
from facility.api.site_view import SiteView
from facility.site_alarms import open_alarm_book
from facility.site_file import load_site
from facility.state import StateFolder
from tests.api.records_for_tests import NOW, FixedClock
from tests.conftest import EXAMPLE

RACKS = [f"reading_untrusted:rack-{number:02d}.power_kw" for number in range(1, 6)]
HUMID, OVERLOAD, OVER = "hall_humid:hall-1", "ups_overloaded:ups-1", "pdu_overloaded:pdu-1"


def _raise(state: StateFolder) -> None:
    with closing(open_alarm_book(load_site(EXAMPLE / "site.yaml"), state)) as book:
        for index, name in enumerate([*RACKS, HUMID, OVERLOAD, OVER]):
            condition, _, subject = name.partition(":")
            verdict = Verdict(name, subject.partition(".")[0], condition, True, "as it is", None)
            book.observe([verdict], NOW - timedelta(minutes=90 - 10 * index))
        said = Said("R. Weber", "on my way", NOW - timedelta(minutes=5))
        book.move(HUMID, machine.acknowledge, said)
        book.move(OVER, machine.acknowledge, said)
        book.observe([Verdict(OVER, "pdu-1", "pdu_overloaded", False, "", None)], NOW - timedelta(minutes=1))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    state = StateFolder(tmp_path_factory.mktemp("alarming"))
    _raise(state)
    view = SiteView(load_site(EXAMPLE / "site.yaml"), state, FixedClock())
    listener = create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(view), log_config=None, access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    with Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1", timeout=10) as opened:
        yield opened
    server.should_exit = True
    thread.join()
    view.close()


def ids(client: Client, **wanted: object) -> list[str]:
    answer = client.get("/alarms", params=wanted)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return [alarm["id"] for alarm in answer.json()["alarms"]]


def test_most_urgent_and_newest_first_and_nothing_that_is_over(client: Client) -> None:
    assert ids(client) == [OVERLOAD, HUMID, *reversed(RACKS)]
    first = client.get("/alarms").json()["alarms"][0]
    assert (first["priority"], first["state"], first["since"]) == ("high", "unacknowledged", "2026-03-10T11:30:00Z")
    assert first["response"] == CATALOGUE["ups_overloaded"].response


def test_pages_join_into_the_whole(client: Client) -> None:
    pages = [client.get("/alarms", params={"limit": 3, "offset": offset}).json() for offset in (0, 3, 6, 9)]
    assert [len(page["alarms"]) for page in pages] == [3, 3, 1, 0]
    assert {page["total"] for page in pages} == {7}
    assert [alarm["id"] for page in pages for alarm in page["alarms"]] == ids(client)


def test_filters(client: Client) -> None:
    assert ids(client, state="acknowledged") == [HUMID]
    assert ids(client, state="normal") == [OVER]
    assert ids(client, state=["normal", "acknowledged"]) == [OVER, HUMID]
    assert ids(client, priority=["high", "medium"]) == [OVERLOAD, HUMID]
    assert ids(client, equipment="rack-02") == [RACKS[1]]
    assert ids(client, condition="hall_humid", priority="low") == []


@pytest.mark.parametrize("wanted", [{"state": "loud"}, {"limit": 0}, {"limit": 501}, {"offset": -1}, {"priority": "x"}])
def test_what_cannot_be_asked(client: Client, wanted: dict[str, str | int]) -> None:
    answer = client.get("/alarms", params=wanted)
    assert answer.status_code == 422
    assert next(iter(wanted)) in answer.json()["detail"]


def test_one_alarm_with_its_history(client: Client) -> None:
    found = client.get(f"/alarms/{HUMID}").json()
    assert (found["acknowledged_by"], found["acknowledged_reason"]) == ("R. Weber", "on my way")
    assert [(move["before"], move["after"], move["actor"]) for move in found["history"]] == [
        ("normal", "unacknowledged", "alarms"),
        ("unacknowledged", "acknowledged", "R. Weber"),
    ]
    missing = client.get("/alarms/hall_humid:hall-9")
    assert missing.status_code == 404
    assert "/api/v1/alarms lists them" in missing.json()["detail"]


@pytest.mark.parametrize("days", ["0", "5e-324", "3661", "nan", "inf"])
def test_figures_of_no_time_or_of_ever(client: Client, days: str) -> None:
    answer = client.get("/alarm-rates", params={"days": days})
    assert (answer.status_code, answer.json()["detail"][:5]) == (422, "days:")


def test_the_figures(client: Client) -> None:
    found = client.get("/alarm-rates", params={"days": 1}).json()
    assert (found["annunciated"], found["last_ten_minutes"], found["most_in_ten_minutes"]) == (8, 0, 1)
    assert found["share"] == {"high": 1 / 8, "medium": 2 / 8, "low": 5 / 8}
