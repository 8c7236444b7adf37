"""Where OpenADR servers say that something has changed: with the token of the subscription, and nothing they say is acted on."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from httpx import Client, Response

from facility.api.signed_route import AUDITED
from facility.api.token_bucket import TokenBuckets
from facility.respond.openadr.doorbell import Doorbell
from facility.site_file import LoadedSite
from facility.site_journal import open_site_journal
from facility.state import StateFolder
from tests.api.records_for_tests import NOW
from tests.api.serving import refused

URL = "/api/v1/openadr/utility/notifications"
CHANGED = {"objectType": "EVENT", "operation": "CREATE", "object": {"id": "17", "programID": "3"}}


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path)


@pytest.fixture
def bell(state: StateFolder) -> Doorbell:
    found = Doorbell(state.openadr, "utility")
    found.expect("a token")
    return found


def refusals(loaded: LoadedSite, state: StateFolder) -> list[tuple[str, str, object]]:
    with closing(open_site_journal(loaded, state)) as journal:
        found = journal.events(NOW - timedelta(days=1), "dr")
    return [(one.actor, one.subject, one.detail["reason"]) for one in found if one.kind == "dr.refused"]


def posted(client: Client, body: object, authorization: str | None = "Bearer a token") -> Response:
    return client.post(URL, json=body, headers={} if authorization is None else {"Authorization": authorization})


def test_a_notification_rings(client: Client, bell: Doorbell) -> None:
    before = bell.last_rung_ns()
    answer = posted(client, CHANGED)
    assert (answer.status_code, answer.json()) == (200, {"status": "asked"})
    first = bell.last_rung_ns()
    assert first > before
    posted(client, {**CHANGED, "objectType": "PROGRAM", "operation": "PUT"})  # as 3.0.1 words it
    assert bell.last_rung_ns() > first


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer another", "Basic a token", "a token"])
def test_who_does_not_show_the_token_does_not_ring(client: Client, bell: Doorbell, authorization: str | None) -> None:
    assert "token of the subscription" in refused(posted(client, CHANGED, authorization), 401)
    assert bell.last_rung_ns() == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {**CHANGED, "objectType": "WEATHER"},
        {**CHANGED, "operation": "SWITCH"},
        {**CHANGED, "object": "17"},
        {"objectType": "EVENT", "operation": "CREATE"},
    ],
)
def test_what_is_no_notification_is_refused(client: Client, bell: Doorbell, body: object) -> None:
    refused(posted(client, body), 422)
    assert bell.last_rung_ns() == 0


def test_what_is_not_about_events_does_not_ring(client: Client, bell: Doorbell) -> None:
    assert posted(client, {**CHANGED, "objectType": "REPORT"}).status_code == 200
    assert bell.last_rung_ns() == 0


def test_refusals_are_told_to_the_audit_but_do_not_fill_it(
    client: Client, bell: Doorbell, loaded: LoadedSite, state: StateFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facility.api.told_refusals._lines", TokenBuckets(AUDITED))
    refused(posted(client, CHANGED, "Bearer another"), 401)
    refused(posted(client, {**CHANGED, "operation": "SWITCH"}), 422)
    by_token, unread = refusals(loaded, state)
    assert by_token[:2] == ("127.0.0.1", "openadr/utility/notifications") == unread[:2]
    assert "token of the subscription" in str(by_token[2]) and "body.operation" in str(unread[2])
    for _ in range(2 * AUDITED.burst):
        refused(posted(client, CHANGED, None), 401)
    assert len(refusals(loaded, state)) <= AUDITED.burst + 1


def test_a_word_is_said_back(client: Client, bell: Doorbell) -> None:
    answer = client.get(URL, params={"echo": "<b>word</b>"})
    assert (answer.status_code, answer.text) == (200, "<b>word</b>")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    refused(client.get(URL), 422)


def test_without_a_subscription_there_is_nothing(client: Client, state: StateFolder) -> None:
    assert "utility" in refused(client.get(URL, params={"echo": "word"}), 404)
    refused(posted(client, CHANGED), 404)
    refused(client.post("/api/v1/openadr/..%2Fetc/notifications", json=CHANGED), 404)
    refused(client.post("/api/v1/openadr/UTILITY/notifications", json=CHANGED), 422)
    assert not state.openadr.exists()
