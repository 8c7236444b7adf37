"""/events, /events/export and /audit-head over a real socket: pages and filters, files, the head; and who may not see them."""

from __future__ import annotations

import csv
import io
import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from httpx import Client

from facility.access import Permission
from facility.accounts.opening import Access
from facility.api.routes import events as routes
from facility.history.audit_chain import heads_in
from facility.records import Event
from facility.site_audit import open_audit_trail
from facility.site_file import LoadedSite
from facility.site_journal import open_site_journal
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import Asker, machine
from tests.api.records_for_tests import NOW
from tests.api.serving import refused

__all__ = ["cheap_hashes"]
POINT = "crah-1.supply_air_temperature_setpoint_degc"


@pytest.fixture
def reader(client: Client, access: Access, loaded: LoadedSite, tmp_path: Path) -> Asker:
    """A machine that may read, and ten events that it will find."""
    with closing(open_site_journal(loaded, StateFolder(tmp_path))) as journal:
        for index in range(10):
            kind, by = ("write.written", "R. Weber") if index % 2 else ("device.failed", "poller")
            detail: dict[str, float | str] = {"value": float("nan") if index == 3 else 18.5, "site": loaded.site.id}
            journal.append(
                Event(NOW + timedelta(minutes=index), kind, POINT if index % 2 else "meter-1", by, {**detail})
            )
    return machine(client, access, Permission.READ)


def page(reader: Asker, **parameters: Any) -> Any:
    answer = reader.ask("GET", "/api/v1/events", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def numbers(reader: Asker, **parameters: Any) -> list[int]:
    return [one["sequence"] for one in page(reader, **parameters)["events"]]


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_follow_each_other_to_the_end(reader: Asker, order: str) -> None:
    seen: list[int] = []
    cursor: dict[str, int] = {}
    while True:
        got = page(reader, order=order, limit=4, **cursor)
        seen += [one["sequence"] for one in got["events"]]
        if got["next"] is None:
            break
        cursor = {"cursor": got["next"]}
    assert len(set(seen)) == len(seen) > 10  # the people of the fixture are events too
    assert seen == sorted(seen, reverse=order == "newest")
    assert seen == numbers(reader, order=order, limit=routes.MOST)


def test_events_are_found_by_what_they_tell_of(reader: Asker) -> None:
    writes = numbers(reader, kind="write")
    assert len(writes) == 5
    assert numbers(reader, subject=POINT) == numbers(reader, actor="R. Weber") == writes
    since, until = (NOW + timedelta(minutes=3)).isoformat(), (NOW + timedelta(minutes=6)).isoformat()
    assert numbers(reader, kind="write", since=since, until=until) == writes[2:4]
    (one,) = page(reader, kind="write", since=since, until=until, limit=1)["events"][:1]
    assert (one["actor"], one["detail"]["value"], len(one["hash"])) == ("R. Weber", 18.5, 64)
    assert page(reader, kind="write")["events"][3]["detail"]["value"] == "nan"
    assert numbers(reader, actor="nobody") == []


@pytest.mark.parametrize(
    "wrong", [{"limit": 501}, {"limit": 0}, {"order": "any"}, {"since": "2026-03-10T12:00"}, {"cursor": 1 << 63}]
)
def test_what_cannot_be_asked_is_refused(reader: Asker, wrong: dict[str, Any]) -> None:
    refused(reader.ask("GET", "/api/v1/events", params=wrong), 422)


def test_the_head_is_that_of_the_chain(reader: Asker, loaded: LoadedSite, tmp_path: Path) -> None:
    told = reader.ask("GET", "/api/v1/audit-head").json()
    with closing(open_audit_trail(loaded, StateFolder(tmp_path))) as trail:
        assert heads_in(told["head"]) == [trail.head()]
        assert trail.verify(heads_in(told["head"])).fault is None
    assert told["head"] == f"{told['sequence']}:{told['hash']}"


def test_exports_hold_all_that_is_wanted(reader: Asker) -> None:
    def export(**parameters: str) -> bytes:
        answer = reader.ask("GET", "/api/v1/events/export", params=parameters)
        assert answer.status_code == 200, answer.text
        assert (
            f"example-audit-20260310T1200Z.{parameters.get('format', 'csv')}" in answer.headers["content-disposition"]
        )
        return answer.content

    head = reader.ask("GET", "/api/v1/audit-head").json()["head"]
    said, _, rest = export(kind="write").decode().partition("\r\n")
    assert f"head {head}" in said
    rows = list(csv.DictReader(io.StringIO(rest)))
    assert len(rows) == 5
    lines = export(format="jsonl").decode().splitlines()
    assert json.loads(lines[0])["audit_trail"]["head"] == head
    assert len(lines) == 1 + int(head.partition(":")[0])
    table = pq.read_table(io.BytesIO(export(format="parquet", kind="write")))
    assert [str(row["sequence"]) for row in table.to_pylist()] == [row["sequence"] for row in rows]
    assert table.schema.metadata[b"facility.site"] == b"example"


def test_an_export_is_bounded(reader: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "MOST_EXPORTED", 5)
    assert reader.ask("GET", "/api/v1/events/export", params={"kind": "write"}).status_code == 200
    detail = refused(reader.ask("GET", "/api/v1/events/export"), 422)
    assert "at most 5; ask for less time" in detail


def test_being_on_this_machine_is_not_enough(reader: Asker) -> None:
    for path in ("/api/v1/events", "/api/v1/events/export", "/api/v1/audit-head"):
        answer = reader.client.get(path)
        assert "sign in" in refused(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert reader.client.get("/api/v1/alarms").status_code == 200
