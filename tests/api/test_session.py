"""Signing in over the API and by the forms: cookies, what each write must carry, the lock, and what a refusal says."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from httpx import Client

from facility.access import Permission, Role
from facility.accounts.opening import Access
from facility.accounts.sign_in import FREE_FAILURES, IDLE
from facility.api.guard import LONGEST_BODY
from facility.history.journal import open_journal
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import CHOSEN, ELSEWHERE, Asker, add_person, nobody, signed_in
from tests.api.records_for_tests import FixedClock
from tests.api.serving import refused, serving
from tests.api.test_first_page import read

__all__ = ["cheap_hashes"]
SESSION = "/api/v1/session"
BOSS = {"name": "boss", "password": CHOSEN}


def test_the_cookie_is_for_this_site_and_no_script(client: Client) -> None:
    plain = client.post(SESSION, json=BOSS).headers["set-cookie"]
    name, *rest = plain.split("; ")
    assert name.startswith("facility-example=")
    assert {each.lower() for each in rest} == {"httponly", "samesite=strict", "path=/", "max-age=43200"}
    over_tls = client.post(SESSION, json=BOSS, headers={"X-Forwarded-Proto": "https"}).headers["set-cookie"]
    assert over_tls.startswith("__Host-facility-example=")
    assert "secure" in over_tls.lower().split("; ")


def test_who_am_i(client: Client) -> None:
    assert nobody(client).ask("GET", SESSION).json()["permissions"] == []
    here = Asker(client).ask("GET", SESSION).json()
    assert (here["name"], here["permissions"], here["csrf"]) == ("loopback", ["read"], None)
    boss = signed_in(client, "boss").ask("GET", SESSION).json()
    assert (boss["name"], boss["role"], boss["locked"], boss["must_change_password"]) == ("boss", "admin", False, False)
    assert set(boss["permissions"]) == set(Permission)
    assert (boss["confirmed_until"], boss["ends"]) == ("2026-03-10T12:10:00Z", "2026-03-11T00:00:00Z")


def test_an_idle_session_reads_and_the_password_unlocks_it(client: Client, clock: FixedClock) -> None:
    boss = signed_in(client, "boss")
    clock.at += IDLE
    told = boss.ask("GET", SESSION).json()
    assert (told["locked"], told["permissions"]) == (True, ["read"])
    assert boss.ask("GET", "/api/v1/site").status_code == 200
    answer = boss.ask("POST", "/api/v1/users", json={"name": "new"})
    assert answer.json()["type"] == "urn:facility:locked"
    refused(boss.ask("POST", f"{SESSION}/confirm", json={"password": "wrong"}), 401)
    assert boss.ask("POST", f"{SESSION}/confirm", json={"password": CHOSEN}).status_code == 204
    assert boss.ask("POST", "/api/v1/users", json={"name": "new"}).status_code == 201


@pytest.mark.parametrize("csrf", ["", "0" * 64])
def test_a_write_without_the_sessions_value_changes_nothing(client: Client, access: Access, csrf: str) -> None:
    boss = signed_in(client, "boss")
    forged = Asker(client, boss.headers | {"X-CSRF-Token": csrf})
    answer = forged.ask("POST", "/api/v1/users", json={"name": "new"})
    assert answer.json()["type"] == "urn:facility:csrf"
    refused(forged.ask("DELETE", SESSION), 403)
    for given in (csrf, "ä"):
        refused(forged.ask("POST", "/sign-out", data={"csrf": given}), 403)
    assert [account.name for account in access.people.all()] == ["boss"]
    assert boss.ask("GET", "/api/v1/users").status_code == 200


FOREIGN = {
    "another site": {"Sec-Fetch-Site": "cross-site"},
    "another port": {"Sec-Fetch-Site": "same-site"},
    "another origin": {"Origin": "http://evil.example"},
    "no origin": {"Origin": "null"},
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_page_of_another_site_signs_nobody_in(client: Client, headers: dict[str, str]) -> None:
    assert "another site" in refused(client.post("/sign-in", data=BOSS, headers=headers), 403)
    assert client.get("/api/v1/site", headers=headers).status_code == 200  # reads are not the guard's to refuse


def test_our_own_page_and_programs_are_let_through(client: Client) -> None:
    own = str(client.base_url).rstrip("/")
    for headers in ({"Sec-Fetch-Site": "same-origin", "Origin": own}, {"Origin": own}, {}):
        assert client.post(SESSION, json=BOSS, headers=headers).status_code == 204


def test_long_requests_and_those_of_unknown_length_are_refused(client: Client) -> None:
    refused(client.post("/sign-in", content=b"x" * (LONGEST_BODY + 1)), 413)
    refused(client.post("/sign-in", content=iter([b"x"])), 411)


def test_too_many_failures_say_when_to_try_again(client: Client, access: Access) -> None:
    wrong = BOSS | {"password": "wrong"}
    for _ in range(FREE_FAILURES):
        assert refused(client.post(SESSION, json=wrong, headers=ELSEWHERE), 401).startswith("name and password")
    answer = client.post(SESSION, json=BOSS, headers=ELSEWHERE)
    refused(answer, 429)
    assert answer.headers["Retry-After"] == "30"
    assert "try again in 30 s" in client.post("/sign-in", data=BOSS).text  # by the form too, from anywhere
    add_person(access, "other", Role.VIEWER)
    other = BOSS | {"name": "other"}
    refused(client.post(SESSION, json=other, headers=ELSEWHERE), 429)  # the address that the proxy names
    assert client.post(SESSION, json=other, headers={"X-Forwarded-For": "192.0.2.7, 192.0.2.8"}).status_code == 204


def test_passwords_are_in_no_answer(client: Client) -> None:
    answer = client.post(SESSION, json={"name": "x" * 65, "password": "not for the log"})
    assert "not for the log" not in answer.text
    assert "name" in refused(answer, 422)


def test_the_admin_adds_people_and_tokens(client: Client, access: Access, tmp_path: Path) -> None:
    boss = signed_in(client, "boss")
    added = boss.ask("POST", "/api/v1/users", json={"name": "r.weber", "role": "operator"}).json()
    newcomer = signed_in(client, "r.weber", added["one_time_password"])
    answer = newcomer.ask("GET", "/api/v1/site")
    assert answer.json()["type"] == "urn:facility:password"
    change = {"old": added["one_time_password"], "new": "entirely of my own"}
    assert newcomer.ask("POST", f"{SESSION}/password", json=change).status_code == 204
    refused(newcomer.ask("GET", "/api/v1/site"), 401)  # all sessions have ended
    assert signed_in(client, "r.weber", "entirely of my own").ask("GET", "/api/v1/site").status_code == 200

    token = boss.ask("POST", "/api/v1/tokens", json={"name": "grafana", "days": 30}).json()
    machine = Asker(client, {**ELSEWHERE, "Authorization": f"Bearer {token['secret']}"})
    assert machine.ask("GET", "/api/v1/metrics").status_code == 200
    assert machine.ask("GET", SESSION).json()["name"] == f"token:{token['id']}"
    listed = boss.ask("GET", "/api/v1/users").json() + boss.ask("GET", "/api/v1/tokens").json()
    assert [each.get("one_time_password", each.get("secret")) for each in listed] == [None] * 3
    with closing(open_journal(None, StateFolder(tmp_path))) as journal:
        told = {(event.kind, event.subject): event.actor for event in journal.events()}
        assert journal.verify() is None
    assert told["account.added", "r.weber"] == told["token.added", token["id"]] == "boss"


REFUSED = {
    "taken": ("POST", "users", {"name": "boss"}, 409, "not given twice"),
    "of a process": ("POST", "users", {"name": "planner"}, 422, "name of a process"),
    "no role": ("POST", "users", {"name": "x", "role": "king"}, 422, "role"),
    "more than there is": ("POST", "users", {"name": "x", "admin": True}, 422, "admin"),
    "unknown": ("PATCH", "users/x", {"enabled": False}, 404, "no account"),
    "last admin": ("PATCH", "users/boss", {"role": "viewer"}, 409, "has to be an admin"),
    "two changes": ("PATCH", "users/boss", {"role": "admin", "enabled": True}, 422, "one of"),
    "no change": ("PATCH", "users/boss", {}, 422, "one of"),
    "administering token": ("POST", "tokens", {"name": "x", "scopes": ["administer"]}, 422, "people's to make"),
    "endless token": ("POST", "tokens", {"name": "x", "days": 9999}, 422, "1 to 1830"),
    "unknown token": ("DELETE", "tokens/x", None, 404, "no token"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_what_an_admin_cannot_do(client: Client, case: tuple[str, str, object, int, str]) -> None:
    method, path, body, status, why = case
    more = {} if body is None else {"json": body}
    assert why in refused(signed_in(client, "boss").ask(method, f"/api/v1/{path}", **more), status)


def test_a_person_signs_in_and_out_by_the_forms(client: Client, access: Access) -> None:
    given = access.people.add("r.weber", Role.VIEWER, by="boss")[1]
    form = {"name": "r.weber", "password": given}
    wrong = client.post("/sign-in", data=form | {"password": "<b>"})
    assert wrong.status_code == 401
    assert "▲ name and password do not belong together" in read(wrong.text).text
    answer = client.post("/sign-in", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/plain").headers["location"] == "/sign-in"  # a password of one's own first
    page = client.get("/sign-in").text
    assert "Signed in as r.weber, viewer." in read(page).text
    csrf = dict(read(page).tags[[tag for tag, _ in read(page).tags].index("input")][1])["value"]
    short = client.post("/password", data={"csrf": csrf, "old": given, "new": "short"})
    assert (short.status_code, "12 to 256" in short.text) == (422, True)
    changed = client.post("/password", data={"csrf": csrf, "old": given, "new": CHOSEN})
    assert (changed.status_code, changed.headers["location"]) == (303, "/sign-in")

    client.post("/sign-in", data=form | {"password": CHOSEN})
    assert ">r.weber</a>" in client.get("/plain").text
    csrf = client.get(SESSION).json()["csrf"]
    assert client.post("/sign-out", data={"csrf": csrf}).status_code == 303
    assert client.get(SESSION).json()["name"] == "loopback"


def test_the_pages_obey_their_own_content_security_policy(client: Client) -> None:
    pages = (client.get("/sign-in").text, signed_in(client, "boss").ask("GET", "/sign-in").text)
    for tag, attributes in (each for page in pages for each in read(page).tags):
        assert tag not in {"script", "style", "iframe", "object"}
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert str(attributes.get("action") or "/").startswith("/")


def test_a_probe_needs_no_journal(loaded: LoadedSite, tmp_path: Path, clock: FixedClock) -> None:
    state = StateFolder(tmp_path / "broken")
    state.journal.mkdir(parents=True)
    with serving(loaded, state, clock) as client:
        cookie = {"Cookie": "facility-example=x"}
        assert client.get("/api/v1/alive", headers=cookie).json() == {"status": "failed"}
        assert client.get("/style.css", headers=cookie).status_code == 200
        assert "journal" in refused(client.get("/api/v1/site", headers=cookie), 503)
        assert "journal" in refused(client.post(SESSION, json=BOSS), 503)
