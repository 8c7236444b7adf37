"""The hook for events of the grid over a real socket: who is let in, what is answered, what is refused and told to the audit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from httpx import Client, Response

from facility.access import Role
from facility.accounts.opening import Access
from facility.api.signed_route import AUDITED as STRANGERS
from facility.api.token_bucket import TokenBuckets
from facility.respond.settings import settings_path
from facility.signed import HOLDS, signature
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import Asker, add_person, signed_in
from tests.api.records_for_tests import NOW, FixedClock
from tests.api.serving import refused, serving
from tests.conftest import EXAMPLE
from tests.respond.grid_events import SETTINGS, START

__all__ = ["cheap_hashes"]
PATH, SECRET = "/api/v1/dr/events", "between the two of us"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> LoadedSite:
    folder = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("hooked") / "site")
    site = load_site(folder / "site.yaml")
    settings_path(site).write_text(
        yaml.safe_dump(SETTINGS.model_dump(mode="json", exclude={"programs": {"__all__": {"accept"}}}))
    )
    return site


@pytest.fixture
def client(
    loaded: LoadedSite, access: Access, tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Client]:
    monkeypatch.setenv("AGGREGATOR", SECRET)
    monkeypatch.setattr("facility.api.signed_route._strangers", TokenBuckets(STRANGERS))
    with serving(loaded, StateFolder(tmp_path), clock) as client:
        yield client


def one(name: str = "e-1", hours: float = 2.0, **more: Any) -> dict[str, Any]:
    end = START + timedelta(hours=hours)
    intervals = [{"start": START.isoformat(), "end": end.isoformat(), "value": 80.0}]
    return {"id": name, "program": "asked", "kind": "reduction", "intervals": intervals, **more}


def post(
    client: Client, *events: dict[str, Any], body: bytes | None = None, secret: str = SECRET, key: str | None = None,
    late: timedelta = timedelta(0), sender: str = "aggregator",
) -> Response:  # fmt: skip
    body = json.dumps({"events": events}).encode() if body is None else body
    timestamp = str(int((NOW - late).timestamp()))
    headers = {
        "Content-Type": "application/json", "Facility-Sender": sender, "Facility-Timestamp": timestamp,
        "Facility-Signature": signature(secret, timestamp, body), **({"Idempotency-Key": key} if key else {}),
    }  # fmt: skip
    return client.post(PATH, content=body, headers=headers)


def audited(client: Client, access: Access) -> list[dict[str, Any]]:
    boss = signed_in(client, "boss")
    events: list[dict[str, Any]] = boss.ask("GET", "/api/v1/events", params={"kind": "dr"}).json()["events"]
    return events[::-1]


def test_an_event_arrives_is_shown_and_answered(client: Client, access: Access) -> None:
    (taken,) = post(client, one()).json()
    assert (taken["id"], taken["outcome"]) == ("e-1", "new")
    (listed,) = client.get(PATH).json()["events"]
    assert (listed["source"], listed["state"], listed["asks"][0]["kw"]) == ("hook:aggregator", "invited", 80.0)
    assert listed["penalty_per_kwh"] == 2.0
    add_person(access, "operator", Role.OPERATOR)
    operator = signed_in(client, "operator")
    answer = {"opt": "in", "reason": "the tank is full"}
    found = operator.ask("POST", f"{PATH}/{taken['number']}/answer", json=answer).json()
    assert (found["state"], found["answered_by"], found["answered_reason"]) == (
        "opted_in",
        "operator",
        "the tank is full",
    )
    assert [move["by"] for move in found["moves"]] == ["hook:aggregator", "operator"]
    assert [event["kind"] for event in audited(client, access)] == ["dr.invited", "dr.opted_in"]


def test_what_cannot_be_answered(client: Client, access: Access, clock: FixedClock) -> None:
    (taken,) = post(client, one()).json()
    boss, late = signed_in(client, "boss"), {"opt": "in", "reason": "it suits us"}
    refused(boss.ask("POST", f"{PATH}/999/answer", json=late), 404)
    refused(boss.ask("POST", f"{PATH}/{10**30}/answer", json=late), 404)
    refused(boss.ask("POST", f"{PATH}/{taken['number']}/answer", json={"opt": "in"}), 422)
    clock.at = START + timedelta(minutes=1)
    boss = signed_in(client, "boss")
    assert "was to be answered until" in refused(boss.ask("POST", f"{PATH}/{taken['number']}/answer", json=late), 409)


def test_pages(client: Client) -> None:
    post(client, *(one(f"e-{index}") for index in range(3)))
    page = client.get(PATH, params={"limit": 2}).json()
    assert [event["id"] for event in page["events"]] == ["e-2", "e-1"]
    rest = client.get(PATH, params={"before": page["next"]}).json()
    assert ([event["id"] for event in rest["events"]], rest["next"]) == (["e-0"], None)
    assert client.get(PATH, params={"state": "active"}).json()["events"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "another"},
        {"sender": "stranger"},
        {"sender": ""},
        {"late": HOLDS + timedelta(seconds=1)},
        {"late": -HOLDS - timedelta(seconds=1)},
        {"body": b"{", "secret": "another"},  # the signature comes before the JSON
    ],
)
def test_who_is_not_known_is_not_let_in(client: Client, access: Access, wrong: dict[str, Any]) -> None:
    answer = post(client, one(), **wrong)
    refused(answer, 401)
    assert answer.json()["type"] == "urn:facility:sign"
    (told,) = audited(client, access)
    assert (told["kind"], told["actor"]) == ("dr.refused", "127.0.0.1")
    assert client.get(PATH).json()["events"] == []


def test_strangers_do_not_fill_the_audit(client: Client, access: Access) -> None:
    for _ in range(2 * STRANGERS.burst):
        refused(post(client, one(), secret="another"), 401)
    assert len(audited(client, access)) <= STRANGERS.burst + 1


def test_a_changed_body_is_not_what_was_signed(client: Client) -> None:
    body = json.dumps({"events": [one()]}).encode()
    timestamp = str(int(NOW.timestamp()))
    headers = {
        "Facility-Sender": "aggregator", "Facility-Timestamp": timestamp,
        "Facility-Signature": signature(SECRET, timestamp, body),
    }  # fmt: skip
    refused(client.post(PATH, content=body.replace(b"80.0", b"90.0"), headers=headers), 401)


def test_a_replay_is_refused_and_a_retry_answered_as_the_first_time(client: Client, access: Access) -> None:
    first = post(client, one(), key="k-1")
    assert "taken before" in refused(post(client, one(), key="k-1"), 409)
    assert "taken before" in refused(post(client, one(), key="k-2"), 409)  # the key is not signed: it makes nothing new
    again = post(client, one(), key="k-1", late=timedelta(seconds=1))
    assert again.json() == first.json()
    assert "another content" in refused(post(client, one("e-2"), key="k-1"), 409)
    assert len(client.get(PATH).json()["events"]) == 1
    assert [event["kind"] for event in audited(client, access)] == ["dr.invited", *["dr.refused"] * 3]


@pytest.mark.parametrize(
    ("events", "status", "said"),
    [
        ([one(program="other")], 409, "not_permitted"),
        ([one(kind="level")], 422, "malformed"),
        ([one(intervals=one()["intervals"] * 2)], 422, "begins before"),
        ([one(hours=-48.0)], 422, "ends before it begins"),
        ([one(extra=1)], 422, "extra"),
        ([one(kind="wish")], 422, "kind"),
        ([one(revision=-1)], 422, "revision"),
        ([], 422, "events"),
    ],
)
def test_what_is_wrong_changes_nothing_and_is_audited(
    client: Client, access: Access, events: list[dict[str, Any]], status: int, said: str
) -> None:
    assert said in refused(post(client, *events), status)
    assert client.get(PATH).json()["events"] == []
    (told,) = audited(client, access)
    assert (told["kind"], told["actor"]) == ("dr.refused", "hook:aggregator")


def test_no_json_and_too_much_of_it(client: Client, access: Access) -> None:
    refused(post(client, body=b"{"), 422)
    assert [event["actor"] for event in audited(client, access)] == ["hook:aggregator"]
    refused(post(client, body=b" " * 70_000), 413)


def test_one_bad_event_among_good_ones_is_told_beside_them(client: Client) -> None:
    found = post(client, one("good"), one("bad", program="other")).json()
    assert [(each["id"], each["outcome"]) for each in found] == [("good", "new"), ("bad", "not_permitted")]


def test_a_burst_over_the_hook_is_taken_whole(client: Client, access: Access) -> None:
    for begin in range(0, 1000, 100):
        answer = post(
            client, *({**one(f"b-{index}"), "reason": "x"} for index in range(begin, begin + 100)), key=f"k-{begin}"
        )
        assert {each["outcome"] for each in answer.json()} == {"new"}
    listed, before = [], None
    while True:
        page = client.get(PATH, params={"limit": 500, **({"before": before} if before else {})}).json()
        listed += [event["id"] for event in page["events"]]
        if (before := page["next"]) is None:
            break
    assert sorted(listed) == sorted(f"b-{index}" for index in range(1000))


def test_a_session_is_no_signature(client: Client, access: Access) -> None:
    boss: Asker = signed_in(client, "boss")
    refused(boss.ask("POST", PATH, json={"events": [one()]}), 401)
