"""Alarms moved over a real socket: what each move does, what state or caller forbid; the journal names who did it."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Client

from facility.access import Permission, Role
from facility.accounts.opening import Access
from facility.alarms.judge import Verdict
from facility.api.routes.reason import LONGEST_REASON
from facility.history.journal import open_journal
from facility.site_alarms import open_alarm_book
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import Asker, add_person, machine, signed_in
from tests.api.records_for_tests import NOW
from tests.api.serving import refused

__all__ = ["cheap_hashes"]
HUMID = "hall_humid:hall-1"
WHY = {"reason": "the humidifier is being mended"}


@pytest.fixture
def raised(loaded: LoadedSite, tmp_path: Path, client: Client) -> None:
    with closing(open_alarm_book(loaded, StateFolder(tmp_path))) as book:
        book.observe([Verdict(HUMID, "hall-1", "hall_humid", True, "70 % RH", None)], NOW - timedelta(minutes=5))


@pytest.fixture
def operator(client: Client, access: Access, raised: None) -> Asker:
    add_person(access, "r.weber", Role.OPERATOR)
    return signed_in(client, "r.weber")


def move(who: Asker, how: str, name: str = HUMID, **given: object) -> dict[str, Any]:
    answer = who.ask("POST", f"/api/v1/alarms/{name}/{how}", json=given)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["history"][-1]["actor"] == "r.weber"
    assert found["history"][-1]["after"] == found["state"]
    return found


def test_acknowledged_with_or_without_a_reason(operator: Asker) -> None:
    found = move(operator, "acknowledge")
    assert (found["state"], found["acknowledged_by"], found["acknowledged_at"]) == (
        "acknowledged",
        "r.weber",
        "2026-03-10T12:00:00Z",
    )
    again = operator.ask("POST", f"/api/v1/alarms/{HUMID}/acknowledge", json={})
    assert "is acknowledged and cannot be acknowledged" in refused(again, 409)


def test_shelved_for_a_shift_or_until_a_time_and_taken_back(operator: Asker) -> None:
    found = move(operator, "shelve", **WHY)
    assert (found["state"], found["held_until"]) == ("shelved", "2026-03-10T20:00:00Z")
    found = move(operator, "shelve", until="2026-03-10T15:00:00+02:00", **WHY)
    assert (found["held_until"], found["held_reason"]) == ("2026-03-10T13:00:00Z", WHY["reason"])
    assert move(operator, "unshelve", reason="mended")["state"] == "unacknowledged"


@pytest.mark.parametrize("until", ["2026-03-10T12:00:00Z", "2026-03-11T12:00:01Z", "9999-12-31T23:59:59-12:00"])
def test_shelved_neither_into_the_past_nor_for_ever(operator: Asker, until: str) -> None:
    answer = operator.ask("POST", f"/api/v1/alarms/{HUMID}/shelve", json=WHY | {"until": until})
    assert "up to 24 h" in refused(answer, 409)
    assert operator.ask("GET", f"/api/v1/alarms/{HUMID}").json()["state"] == "unacknowledged"


def test_out_of_service_is_the_engineers_and_back_the_operators(
    client: Client, access: Access, operator: Asker
) -> None:
    path = f"/api/v1/alarms/{HUMID}/out-of-service"
    assert "'dispatch'" in refused(operator.ask("POST", path, json=WHY), 403)
    add_person(access, "the-engineer", Role.ENGINEER)
    found = signed_in(client, "the-engineer").ask("POST", path, json=WHY).json()
    assert (found["state"], found["held_by"], found["held_until"]) == ("out_of_service", "the-engineer", None)
    assert move(operator, "in-service", reason="calibrated")["state"] == "unacknowledged"


@pytest.mark.parametrize("how", ["shelve", "unshelve", "out-of-service", "in-service"])
@pytest.mark.parametrize("given", [{}, {"reason": " "}, {"reason": "x" * (LONGEST_REASON + 1)}, WHY | {"by": "boss"}])
def test_what_cannot_be_said(client: Client, raised: None, how: str, given: dict[str, str]) -> None:
    boss = signed_in(client, "boss")
    refused(boss.ask("POST", f"/api/v1/alarms/{HUMID}/{how}", json=given), 422)


@pytest.mark.parametrize("how", ["acknowledge", "shelve", "unshelve", "out-of-service", "in-service"])
def test_an_alarm_that_there_is_none_of(client: Client, raised: None, how: str) -> None:
    answer = signed_in(client, "boss").ask("POST", f"/api/v1/alarms/hall_humid:hall-9/{how}", json=WHY)
    assert "/api/v1/alarms lists them" in refused(answer, 404)


def test_the_journal_tells_who_moved_it_also_a_machine(
    client: Client, access: Access, loaded: LoadedSite, operator: Asker, tmp_path: Path
) -> None:
    pager = machine(client, access, Permission.DECIDE)
    answer = pager.ask("POST", f"/api/v1/alarms/{HUMID}/acknowledge", json={"reason": "paged"})
    assert answer.json()["acknowledged_by"].startswith("token:")
    move(operator, "shelve", **WHY)
    with closing(open_journal(None, StateFolder(tmp_path))) as journal:
        told = [(event.kind, event.actor) for event in journal.events() if event.subject == HUMID]
        assert journal.verify() is None
    assert [actor for _, actor in told][-2:] == [answer.json()["acknowledged_by"], "r.weber"]
    assert [kind for kind, _ in told] == ["alarm.unacknowledged", "alarm.acknowledged", "alarm.shelved"]
