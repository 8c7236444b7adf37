"""Deciding and commenting over a real socket: people, machines, two people where it is risky, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from httpx import Client

from facility.access import Permission, Role
from facility.accounts.opening import Access
from facility.history.journal import SqlJournal
from facility.records import RecommendationState
from facility.review.words import MOST_COMMENT, MOST_REASON
from facility.site_file import LoadedSite
from facility.site_journal import open_site_journal
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import Asker, add_person, machine, signed_in
from tests.api.records_for_tests import NOW, FixedClock, plan, recommendation
from tests.api.serving import refused

__all__ = ["cheap_hashes"]
PLAIN, RISKY = "/api/v1/recommendations/rec-1", "/api/v1/recommendations/rec-2"


@pytest.fixture(autouse=True)
def journal(loaded: LoadedSite, access: Access, tmp_path: Path) -> Iterator[SqlJournal]:
    later = NOW + timedelta(minutes=30)
    risky = replace(
        recommendation(loaded, 2, later),
        equipment="plant-1", quantity="chillers_staged_command", current=2.0, recommended=1.0, unit="count",
    )  # fmt: skip
    with closing(open_site_journal(loaded, StateFolder(tmp_path))) as opened:
        opened.save_plan(plan(loaded), [recommendation(loaded, 1, later), risky], "cycle-1")
        yield opened


@pytest.fixture
def ada(client: Client, access: Access) -> Asker:
    add_person(access, "ada", Role.OPERATOR)
    return signed_in(client, "ada")


def made_by(client: Client, access: Access, name: str) -> Asker:
    _, secret = access.tokens.add("console", [Permission.READ, Permission.DECIDE], by=name)
    return Asker(client, {"Authorization": f"Bearer {secret}"})


def approve(who: Asker, path: str, **more: str) -> dict[str, object]:
    answer = who.ask("POST", f"{path}/decision", json={"decision": "approve", **more})
    assert answer.status_code == 200, answer.text
    row: dict[str, object] = answer.json()["recommendation"]
    return row


def test_one_person_decides_what_is_not_risky(client: Client, ada: Asker, journal: SqlJournal) -> None:
    row = approve(ada, PLAIN, reason="fits tonight")
    assert (row["state"], row["risk"], row["people"], row["still_needed"]) == ("approved", "normal", 1, 0)
    (move,) = client.get(PLAIN).json()["transitions"]
    assert move == {
        "at": "2026-03-10T12:00:00Z", "before": "proposed", "after": "approved", "by": "ada", "reason": "fits tonight",
    }  # fmt: skip
    (event,) = journal.events(kind="recommendation")
    assert (event.kind, event.actor, event.detail["reason"]) == ("recommendation.approved", "ada", "fits tonight")


def test_two_people_approve_what_is_risky(client: Client, access: Access, ada: Asker) -> None:
    row = approve(ada, RISKY, reason="one is enough tonight")
    assert (row["state"], row["risk"], row["people"], row["still_needed"]) == ("proposed", "high", 2, 1)
    assert str(row["risk_why"]).startswith("fewer chillers run")
    says = refused(ada.ask("POST", f"{RISKY}/decision", json={"decision": "approve"}), 409)
    assert "was approved by ada, and needs another person" in says
    assert approve(signed_in(client, "boss"), RISKY)["state"] == "approved"
    found = client.get(RISKY).json()
    assert [(one["by"], one["reason"]) for one in found["endorsements"]] == [("ada", "one is enough tonight")]
    assert [one["by"] for one in found["transitions"]] == ["boss"]


def test_a_machine_is_who_made_its_token(client: Client, access: Access, ada: Asker) -> None:
    approve(ada, RISKY)
    own, others = made_by(client, access, "ada"), made_by(client, access, "boss")
    says = refused(own.ask("POST", f"{RISKY}/decision", json={"decision": "approve"}), 409)
    assert "the same person as token:" in says
    assert approve(others, RISKY)["state"] == "approved"
    assert client.get(RISKY).json()["transitions"][0]["by"].startswith("token:")


def test_anybody_who_decides_rejects_alone_and_says_why(client: Client, access: Access, ada: Asker) -> None:
    approve(ada, RISKY)
    assert "say why" in refused(ada.ask("POST", f"{RISKY}/decision", json={"decision": "reject"}), 422)
    answer = ada.ask("POST", f"{RISKY}/decision", json={"decision": "reject", "reason": "chiller 2 leaks"})
    assert answer.json()["recommendation"]["state"] == "rejected"
    boss = signed_in(client, "boss")
    assert "is rejected already" in refused(boss.ask("POST", f"{RISKY}/decision", json={"decision": "approve"}), 409)


def test_who_saw_another_state_decides_nothing(client: Client, ada: Asker) -> None:
    approve(ada, PLAIN, expected_state="proposed")
    stale = {"decision": "reject", "reason": "no", "expected_state": "proposed"}
    assert "is approved, not proposed as it was seen" in refused(ada.ask("POST", f"{PLAIN}/decision", json=stale), 409)
    answer = ada.ask("POST", f"{PLAIN}/decision", json=stale | {"expected_state": "approved"})
    assert answer.json()["recommendation"]["state"] == "rejected"


def test_an_expired_one_is_never_approved(client: Client, ada: Asker, clock: FixedClock, journal: SqlJournal) -> None:
    clock.at = NOW + timedelta(minutes=30)
    ada.ask("POST", "/api/v1/session/confirm", json={"password": "a few words do well"})
    assert "is expired already" in refused(ada.ask("POST", f"{PLAIN}/decision", json={"decision": "approve"}), 409)
    assert {one.state for one in journal.recommendations()} == {RecommendationState.EXPIRED}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"decision": "maybe"},
        {"decision": "approve", "state": "applied"},
        {"decision": "approve", "reason": "x" * (MOST_REASON + 1)},
        {"decision": "approve", "reason": "\x1b[2J"},
        {"decision": "approve", "expected_state": "liked"},
        {"decision": "reject", "reason": "  "},
    ],
)
def test_what_is_no_decision(client: Client, ada: Asker, body: dict[str, str]) -> None:
    refused(ada.ask("POST", f"{PLAIN}/decision", json=body), 422)
    assert client.get(PLAIN).json()["transitions"] == []


def test_comments_stay_with_who_and_when(client: Client, ada: Asker, clock: FixedClock, journal: SqlJournal) -> None:
    answer = ada.ask("POST", f"{PLAIN}/comments", json={"text": "is the crane booked?\n<b>tonight</b>"})
    assert answer.status_code == 201
    clock.at += timedelta(minutes=1)
    ada.ask("POST", f"{PLAIN}/comments", json={"text": "yes"})
    assert client.get(PLAIN).json()["comments"] == [
        {"at": "2026-03-10T12:00:00Z", "by": "ada", "text": "is the crane booked?\n<b>tonight</b>"},
        {"at": "2026-03-10T12:01:00Z", "by": "ada", "text": "yes"},
    ]
    assert client.get(RISKY).json()["comments"] == []
    assert [one.actor for one in journal.events(kind="recommendation.commented")] == ["ada", "ada"]
    for body in ({}, {"text": " "}, {"text": "x" * (MOST_COMMENT + 1)}, {"text": "hm", "by": "boss"}):
        refused(ada.ask("POST", f"{PLAIN}/comments", json=body), 422)


def test_what_is_not_there(client: Client, ada: Asker) -> None:
    missing = "/api/v1/recommendations/rec-9"
    for answer in (
        client.get(missing),
        ada.ask("POST", f"{missing}/decision", json={"decision": "approve"}),
        ada.ask("POST", f"{missing}/comments", json={"text": "hm"}),
        client.get("/api/v1/recommendations", params={"before": "rec-9"}),
    ):
        assert "no recommendation 'rec-9'" in refused(answer, 404)
    for odd in ("a%00b", "x" * 65, "%F0%9F%99%82"):
        refused(client.get(f"/api/v1/recommendations/{odd}"), 422)


def test_the_list_has_pages_and_tells_the_risk(client: Client, ada: Asker) -> None:
    approve(ada, RISKY)
    first = client.get("/api/v1/recommendations", params={"limit": 1}).json()
    second = client.get("/api/v1/recommendations", params={"limit": 1, "before": first[0]["id"]}).json()
    assert [one["id"] for one in first + second] == ["rec-1", "rec-2"]
    assert client.get("/api/v1/recommendations", params={"before": "rec-2"}).json() == []
    (risky,) = second
    assert (risky["risk"], risky["still_needed"], risky["endorsed_by"], risky["low_confidence"]) == (
        "high", 1, "ada", False,
    )  # fmt: skip
    for wanted in ({"limit": 0}, {"limit": 501}, {"before": ""}):
        refused(client.get("/api/v1/recommendations", params=wanted), 422)


def test_a_session_that_writes_shows_that_no_other_page_sends_it(ada: Asker) -> None:
    bare = Asker(ada.client, ada.headers)
    answer = bare.ask("POST", f"{PLAIN}/decision", json={"decision": "approve"})
    assert answer.json()["type"] == "urn:facility:csrf"
    refused(answer, 403)


def test_a_machine_that_only_decides_is_told_what_it_decided(client: Client, access: Access) -> None:
    only = machine(client, access, Permission.DECIDE)
    assert approve(only, PLAIN)["state"] == "approved"
    refused(only.ask("GET", PLAIN), 403)
