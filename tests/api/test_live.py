"""Live values over a WebSocket: all at first, then what changes, and nothing for pages from elsewhere."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Client
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from facility.access import Permission
from facility.accounts.opening import open_access
from facility.api.live import MOST_WAITING, Listener, Message
from facility.api.present import Present
from facility.api.site_view import SiteView
from facility.errors import HistoryError
from facility.history.telemetry import open_telemetry
from facility.records import Quality, Reading
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder
from tests.api.askers import ELSEWHERE
from tests.api.records_for_tests import NOW, FixedClock, batch
from tests.api.serving import serving
from tests.conftest import EXAMPLE

POINT = "utility.power_kw"


@dataclass
class Served:
    """A served site without history, and its clock."""

    loaded: LoadedSite
    state: StateFolder
    clock: FixedClock
    client: Client

    @property
    def address(self) -> str:
        return self.client.base_url.netloc.decode()

    def live(self, query: str = "", **options: Any) -> Connection:
        return connect(f"ws://{self.address}/api/v1/live{query}", **options)

    def measure(self, value: float) -> None:
        rows = [(POINT, self.clock.now(), value, Quality.GOOD)]
        with open_telemetry(self.state, table_uri=None, raw_retention_days=30, clock=self.clock) as store:
            store.append(batch(self.loaded, rows))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    loaded, state, clock = load_site(EXAMPLE / "site.yaml"), StateFolder(tmp_path / "state"), FixedClock()
    with serving(loaded, state, clock) as client:
        yield Served(loaded, state, clock, client)


def received(connection: Connection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(connection.recv(timeout=20))
    return message


def changes(connection: Connection) -> dict[str, Any]:
    """Return the next message in which something changed."""
    for _ in range(10):
        if (message := received(connection))["values"]:
            return message
    raise AssertionError("nothing changed")


def test_all_values_come_first_and_then_those_that_change(served: Served) -> None:
    served.measure(412.0)
    with served.live() as one, served.live() as other:
        for connection in (one, other):
            first = received(connection)
            assert first["kind"] == "whole"
            values = {point: rest for point, *rest in first["values"]}
            assert set(values) == {point.id for point in served.loaded.points}
            assert values[POINT] == [412.0, "good", int(NOW.timestamp())]
        served.clock.at = NOW + timedelta(seconds=10)
        served.measure(433.5)
        for connection in (one, other):
            message = changes(connection)
            assert message["kind"] == "changes"
            assert [value[:2] for value in message["values"]] == [[POINT, 433.5]]


def test_who_asks_for_it_packed_gets_the_same(served: Served) -> None:
    served.measure(412.0)
    with served.live() as plain, served.live("?form=gzip") as packed:
        message = packed.recv(timeout=20)
        assert isinstance(message, bytes)
        assert json.loads(gzip.decompress(message)) == received(plain)


def test_a_site_that_is_another_one_is_sent_whole(tmp_path: Path, example_site: Path) -> None:
    loaded, state, clock = load_site(example_site), StateFolder(tmp_path / "state"), FixedClock()
    with closing(SiteView(loaded, state, clock)) as view:
        present = Present(view)
        rows, anew = present.look()
        assert (len(rows), anew) == (len(loaded.points), True)
        assert present.look() == ([], False)
        text = example_site.read_text(encoding="utf-8")
        device = text.index("  - id: pdu-rack-05")
        example_site.write_text(text[:device] + text[text.index("writable:") :], encoding="utf-8")
        view.exchange(load_site(example_site))
        rows, anew = present.look()
        assert anew
        assert len(present.rows) == len(rows) == len(loaded.points) - 2


def test_a_value_that_nobody_confirms_turns_stale_and_is_not_shown(served: Served) -> None:
    served.measure(412.0)
    with served.live() as connection:
        received(connection)
        served.clock.at = NOW + timedelta(hours=1)
        (value,) = changes(connection)["values"]
        assert value[1:3] == [None, "stale"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_pages_from_elsewhere_get_nothing(served: Served, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, served.live(additional_headers={"Origin": origin}):
        pass
    assert refused.value.response.status_code == 403


def test_under_a_foreign_name_there_is_nothing(served: Served) -> None:
    host, port = served.address.split(":")
    with (
        socket.create_connection((host, int(port))) as plain,
        pytest.raises(InvalidStatus) as refused,
        connect(f"ws://evil.example:{port}/api/v1/live", sock=plain),
    ):
        pass
    assert refused.value.response.status_code == 403


def test_our_own_page_is_served(served: Served) -> None:
    with served.live(additional_headers={"Origin": f"http://{served.address}"}) as connection:
        assert received(connection)["kind"] == "whole"


def test_what_was_read_before_a_failure_is_not_shown_as_present(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    latest, away, asked = SiteView.latest, threading.Event(), threading.Event()

    def fails(view: SiteView) -> Mapping[str, Reading]:
        if away.is_set():
            asked.set()
            raise HistoryError("the disk is away")
        return latest(view)

    monkeypatch.setattr(SiteView, "latest", fails)
    served.measure(412.0)
    with served.live() as connection:
        assert any(value == 412.0 for _, value, *_ in received(connection)["values"])
        away.set()
        for _ in range(2):  # the second time it asks, what came of the first is known
            assert asked.wait(20)
            asked.clear()
        with served.live() as other:
            first = received(other)
            assert (first["kind"], first["values"]) == ("whole", [])
            away.clear()
            served.measure(433.5)
            for each in (connection, other):
                values = {point: value for point, value, *_ in changes(each)["values"]}
                assert values[POINT] == 433.5


def test_who_may_not_read_is_told_to_sign_in(served: Served) -> None:
    with pytest.raises(InvalidStatus) as refused, served.live(additional_headers=ELSEWHERE):
        pass
    assert refused.value.response.status_code == 401
    assert json.loads(refused.value.response.body or b"")["type"] == "urn:facility:sign-in"


def test_a_token_listens_until_it_is_revoked(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facility.api.routes.live.ASK_AGAIN_S", 0.2)
    with closing(open_access(served.loaded, served.state, served.clock)) as access:
        token, secret = access.tokens.add("historian", [Permission.READ], by="test")
        with served.live(additional_headers={**ELSEWHERE, "Authorization": f"Bearer {secret}"}) as connection:
            assert received(connection)["kind"] == "whole"
            access.tokens.revoke(token.id, by="test")
            with pytest.raises(ConnectionClosedError) as closed:
                for _ in range(20):
                    received(connection)
    assert (closed.value.rcvd is not None and closed.value.rcvd.code) == 1008


def test_who_does_not_keep_up_begins_anew() -> None:
    async def slow() -> list[str]:
        listener = Listener()
        for number in range(MOST_WAITING + 3):
            listener.offer(Message(f"change {number}"), Message(f"whole at {number}"))
        return [(await listener.next()).text for _ in range(3)]

    begun = MOST_WAITING
    assert asyncio.run(slow()) == [f"whole at {begun}", f"change {begun + 1}", f"change {begun + 2}"]
