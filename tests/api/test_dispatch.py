"""Dispatch over the API: what it tells, what it lets be done, and how it refuses what the state of things forbids."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from httpx import Client

from facility.access import Role
from facility.accounts.opening import Access
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import Asker, add_person, signed_in
from tests.api.records_for_tests import NOW
from tests.api.serving import refused

__all__ = ["cheap_hashes"]
WHY = {"reason": "a test of ours"}
UNTIL = (NOW + timedelta(hours=8)).isoformat()


@pytest.fixture
def boss(client: Client, access: Access) -> Asker:
    return signed_in(client, "boss")


def sent(who: Asker, path: str, **body: Any) -> Any:
    answer = who.ask("POST", f"/api/v1/dispatch/{path}", json={**WHY, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_new_site_is_in_advise_and_holds_nothing(client: Client) -> None:
    stands = client.get("/api/v1/dispatch").json()
    assert (stands["mode"], stands["suspended"], stands["vetoed"]) == ("advise", None, None)
    assert (stands["under_way"], stands["locked_out"], stands["open"]) == ([], [], [])


def test_a_mode_is_set_in_the_name_of_who_asks(boss: Asker) -> None:
    stands = sent(boss, "mode", mode="observe")
    assert stands["mode"] == "observe"
    assert (stands["mode_set"]["by"], stands["mode_set"]["reason"]) == ("boss", WHY["reason"])


def test_the_one_key_holds_dispatch_up_until_somebody_resumes(client: Client, access: Access, boss: Asker) -> None:
    add_person(access, "operator", Role.OPERATOR)
    assert sent(signed_in(client, "operator"), "release") == []
    assert client.get("/api/v1/dispatch").json()["suspended"]["by"] == "operator"
    refused(signed_in(client, "operator").ask("POST", "/api/v1/dispatch/resume", json=WHY), 403)
    assert sent(boss, "resume")["suspended"] is None


def test_an_operator_forbids_and_an_engineer_allows_again(client: Client, access: Access, boss: Asker) -> None:
    add_person(access, "operator", Role.OPERATOR)
    assert sent(signed_in(client, "operator"), "veto")["vetoed"]["by"] == "operator"
    assert sent(boss, "veto/lift")["vetoed"] is None


def test_equipment_is_locked_out_and_returned(boss: Asker) -> None:
    (found,) = sent(boss, "lock-outs", equipment="crah-1", until=UNTIL)["locked_out"]
    assert (found["equipment"], found["by"], found["reason"]) == ("crah-1", "boss", WHY["reason"])
    assert sent(boss, "lock-outs/crah-1/end")["locked_out"] == []


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("resume", {}, 409, "not suspended"),
        ("veto/lift", {}, 409, "no veto"),
        ("lock-outs/crah-1/end", {}, 409, "not locked out"),
        ("lock-outs", {"equipment": "crah-99", "until": UNTIL}, 422, "no such equipment"),
        ("lock-outs", {"equipment": "crah-1", "until": NOW.isoformat()}, 422, "is past"),
        ("apply", {"recommendation": "nope"}, 404, "nope"),
        ("mode", {"mode": "manual"}, 422, "observe"),
        ("release", {"reason": "  "}, 422, "reason"),
    ],
)
def test_what_cannot_be_done_says_why(boss: Asker, path: str, body: dict[str, str], status: int, said: str) -> None:
    answer = boss.ask("POST", f"/api/v1/dispatch/{path}", json={**WHY, **body})
    assert said in refused(answer, status)


POINT = "crah-1.supply_air_temperature_setpoint_degc"


def test_a_point_is_allowed_and_forbidden_in_the_name_of_who_asks(client: Client, boss: Asker) -> None:
    (before,) = (row for row in client.get("/api/v1/writes").json() if row["point"] == POINT)
    assert (before["allowed"], before["unit"]) == (False, "degC")
    allowed = boss.ask("POST", f"/api/v1/writes/{POINT}/allow", json={**WHY, "until": UNTIL}).json()
    assert (allowed["allowed"], allowed["allowed_by"]) == (True, "boss")
    assert boss.ask("POST", f"/api/v1/writes/{POINT}/forbid", json=WHY).json()["allowed"] is False


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        (f"{POINT}/forbid", {}, 409, "was not allowed"),
        (f"{POINT}/clear", {}, 409, "not overridden"),
        (f"{POINT}/allow", {"until": NOW.isoformat()}, 422, "is past"),
        ("utility.power_kw/allow", {}, 409, "not writable"),
        ("nope.power_kw/allow", {}, 404, "no point"),
    ],
)
def test_a_point_that_cannot_be_moved_says_why(
    boss: Asker, path: str, body: dict[str, str], status: int, said: str
) -> None:
    assert said in refused(boss.ask("POST", f"/api/v1/writes/{path}", json={**WHY, **body}), status)
