"""The published examples: read as the guide says they are, and the judge itself, which finds what is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from facility.grid_event import GridEventKind
from facility.respond.openadr.entities import Event, Program
from facility.respond.openadr.reading import Told, read_event
from facility.respond.openadr.settings import VenSettings
from tests.respond.openadr.published_api import PUBLISHED, published_api

EXAMPLES: dict[str, Any] = {
    each["title"].removeprefix("Example ").partition(":")[0]: each["body"]
    for each in json.loads((PUBLISHED / "examples-3.1.0.json").read_text(encoding="utf-8"))
}
EVENTS = {
    name: body
    for name, body in EXAMPLES.items()
    if isinstance(body, dict) and "programID" in body and not {"clientName", "id"} & set(body)
}
MADE = datetime(2023, 1, 1, tzinfo=UTC)
NOW = datetime(2023, 2, 1, tzinfo=UTC)
VEN = VenSettings.model_validate(
    {
        "name": "utility",
        "vtn": "https://vtn.example.org",
        "client_id": "a",
        "client_secret": "env:A",
        "ven_name": "dc-1",
        "resources": ["meter"],
        "relative_setpoint": "change",
    }
)


def read(body: dict[str, Any], currency: str = "USD") -> Told:
    made = {"id": "1", "createdDateTime": MADE, "modificationDateTime": MADE, "objectType": "EVENT"}
    program = Program.model_validate({"id": body["programID"], "programName": "published"})
    return read_event(Event.model_validate({**body, **made}), program, VEN, currency, NOW)


@pytest.mark.parametrize("name", EVENTS)
def test_every_published_event_is_read_without_a_fault(name: str) -> None:
    told = read(EVENTS[name])
    for record in told.events:
        assert record.intervals
        assert record.id.startswith("1:")


def test_there_are_as_many_as_the_guide_has() -> None:
    assert len(EXAMPLES) == 45
    assert len(EVENTS) >= 20


def values(told: Told) -> list[tuple[str, GridEventKind, list[float]]]:
    return [(each.id, each.kind, [interval.value for interval in each.intervals]) for each in told.events]


def test_what_the_published_events_ask() -> None:
    assert values(read(EVENTS["8.2-1"])) == [("1:SIMPLE", GridEventKind.LEVEL, [1.0])]
    assert values(read(EVENTS["8.3-2"])) == [("1:PRICE", GridEventKind.PRICE, [0.17, 0.03])]
    assert values(read(EVENTS["7.6-1"])) == [
        ("1:PRICE", GridEventKind.PRICE, [0.17]),
        ("1:GHG", GridEventKind.CARBON, [0.03]),
    ]
    assert values(read(EVENTS["7.3-1"])) == [("1:PRICE", GridEventKind.PRICE, [0.17, 0.03, 0.11])]


def test_three_prices_of_one_interval_share_its_time() -> None:
    (price,) = read(EVENTS["7.3-1"]).events
    start = datetime(2025, 6, 25, tzinfo=UTC)
    hours = [start + timedelta(hours=number) for number in range(4)]
    assert [(each.start, each.end) for each in price.intervals] == list(pairwise(hours))


def test_a_price_in_another_currency_is_not_taken() -> None:
    told = read(EVENTS["8.3-2"], "EUR")
    assert told.events == []
    assert [each.why for each in told.unread] == ["PRICE in USD; the site reckons in EUR"]


def test_what_the_guide_tells_and_the_site_does_nothing_with_is_named() -> None:
    for name, payload in (("8.4-2", "CURVE"), ("8.1-1", "ALERT_GRID_EMERGENCY"), ("8.12-2", "DISPATCH_INSTRUCTION")):
        told = read(EVENTS[name])
        assert told.events == []
        assert [each.payload for each in told.unread] == [payload]


# The guide's examples leave out `objectType` and misspell `payloadType` where the document wants them, and write dates for times.
REQUESTS = {
    "eventRequest": EVENTS,
    "reportRequest": {n: b for n, b in EXAMPLES.items() if "clientName" in b and "id" not in b},
}
KNOWN = ("objectType", "payloadType", "date-time", "dateTime", "0001-01-01", "19:00:00.000Z", "not valid under any")


@pytest.mark.parametrize("schema", REQUESTS)
def test_the_examples_are_as_the_document_wants_but_for_what_is_known(schema: str) -> None:
    api = published_api("3.1.0")
    wrong = {name: api.wrong_named(schema, body) for name, body in REQUESTS[schema].items()}
    assert sum(not each for each in wrong.values()) >= len(wrong) // 4
    unknown = [each for all_of_it in wrong.values() for each in all_of_it if not any(known in each for known in KNOWN)]
    assert unknown == []


def test_the_judge_finds_what_is_wrong() -> None:
    api = published_api("3.1.0")
    good = {"programID": "1", "intervals": [{"id": 0, "payloads": [{"type": "SIMPLE", "values": [1]}]}]}
    assert api.wrong_request("POST", "/events", [], good) == []
    for wrong in ({}, {**good, "intervals": [{"id": "a"}]}, {**good, "priority": -1}, {**good, "progamID": "1"}):
        assert api.wrong_request("POST", "/events", [], wrong)
    assert api.wrong_request("GET", "/events", [("limit", "51")], None)
    assert api.wrong_request("GET", "/events", [("programme", "1")], None)
    assert api.wrong_request("GET", "/event", [], None)
    assert api.wrong_answer("GET", "/events", 200, [{"id": "1"}])
    assert api.wrong_answer("GET", "/events", 418, [])
    assert published_api("3.0.1").wrong_request("GET", "/resources", [], None)
    assert api.wrong_named("notification", {"objectType": "EVENT", "operation": "POST", "object": {}})
