"""Every route against everybody: who is let in, who has to sign in (401), and who may not (403)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import APIRouter, Depends
from httpx import Client, Response
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from facility.access import SCOPES, Permission, Role
from facility.accounts.opening import Access
from facility.accounts.sign_in import CONFIRMED, IDLE
from facility.api.app import PAGES, PREFIX, TOPICS
from facility.api.entry import Needs, OpenToAll, SignedIn, check_declared, declarations, needs, open_to_all
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import Asker, add_person, machine, nobody, signed_in
from tests.api.records_for_tests import NOW, FixedClock
from tests.api.serving import refused, serving

__all__ = ["cheap_hashes"]

# What each route is for. A new route is written down here, by a person who has thought about it.
OPEN, READ, ADMINISTER, OWN = "open to all", "read", "administer", "one's own session"
ROUTES = {
    "GET /": READ,
    "GET /openapi.json": READ,
    "GET /style.css": OPEN,
    "GET /sign-in": OPEN,
    "POST /sign-in": OPEN,
    "POST /password": OWN,
    "POST /sign-out": OWN,
    "GET /api/v1/site": READ,
    "GET /api/v1/points": READ,
    "GET /api/v1/latest": READ,
    "WebSocket /api/v1/live": READ,
    "GET /api/v1/history": READ,
    "GET /api/v1/plan": READ,
    "GET /api/v1/recommendations": READ,
    "GET /api/v1/alarms": READ,
    "GET /api/v1/alarms/{name}": READ,
    "GET /api/v1/alarm-rates": READ,
    "GET /api/v1/health": READ,
    "GET /api/v1/metrics": READ,
    "GET /api/v1/alive": OPEN,
    "GET /api/v1/session": OPEN,
    "POST /api/v1/session": OPEN,
    "DELETE /api/v1/session": OWN,
    "POST /api/v1/session/confirm": OWN,
    "POST /api/v1/session/password": OWN,
    "GET /api/v1/users": ADMINISTER,
    "POST /api/v1/users": ADMINISTER,
    "PATCH /api/v1/users/{name}": ADMINISTER,
    "GET /api/v1/tokens": ADMINISTER,
    "POST /api/v1/tokens": ADMINISTER,
    "DELETE /api/v1/tokens/{token_id}": ADMINISTER,
}
IN = 0  # let in: whatever comes of it, it is neither 401 nor 403
EXPECTED = {
    "nobody": {OPEN: IN, READ: 401, ADMINISTER: 401, OWN: 401},
    "this machine": {OPEN: IN, READ: IN, ADMINISTER: 401, OWN: 401},
    "viewer": {OPEN: IN, READ: IN, ADMINISTER: 403, OWN: IN},
    "operator": {OPEN: IN, READ: IN, ADMINISTER: 403, OWN: IN},
    "engineer": {OPEN: IN, READ: IN, ADMINISTER: 403, OWN: IN},
    "admin": {OPEN: IN, READ: IN, ADMINISTER: IN, OWN: IN},
    "admin, first sign-in": {OPEN: IN, READ: 403, ADMINISTER: 403, OWN: IN},
    "admin, locked": {OPEN: IN, READ: IN, ADMINISTER: 403, OWN: IN},
    "token to read": {OPEN: IN, READ: IN, ADMINISTER: 403, OWN: 401},
    "token to decide": {OPEN: IN, READ: 403, ADMINISTER: 403, OWN: 401},
    "token for all": {OPEN: IN, READ: IN, ADMINISTER: 403, OWN: 401},
}


def asker(kind: str, client: Client, access: Access, clock: FixedClock) -> Callable[[], Asker]:
    """Return what makes somebody of a kind anew for each request: some requests sign out."""
    if kind in list(Role):
        add_person(access, kind, Role(kind))
    given = access.people.add("newcomer", Role.ADMIN, by="test")[1]

    def locked() -> Asker:
        clock.at = NOW
        found = signed_in(client, "boss")
        clock.at = NOW + IDLE
        return found

    tokens = {"token to read": [Permission.READ], "token to decide": [Permission.DECIDE], "token for all": SCOPES}
    makers: dict[str, Callable[[], Asker]] = {
        "nobody": lambda: nobody(client),
        "this machine": lambda: Asker(client),
        "admin, first sign-in": lambda: signed_in(client, "newcomer", given),
        "admin, locked": locked,
        **{str(role): lambda: signed_in(client, kind) for role in Role},
        **{name: lambda scopes=scopes: machine(client, access, *scopes) for name, scopes in tokens.items()},  # type: ignore[misc]
    }
    return makers[kind]


def test_the_table_has_every_route_and_each_declares_what_it_says() -> None:
    declared = {line.replace(" ", f" {PREFIX}", 1): found for line, found in declarations(TOPICS)}
    declared |= dict(declarations(PAGES))
    kinds = {
        line: found.permission.value if isinstance(found, Needs) else OWN if isinstance(found, SignedIn) else OPEN
        for line, found in declared.items()
    }
    assert kinds == ROUTES
    assert all(found.why for found in declared.values() if isinstance(found, OpenToAll))


def test_the_table_is_what_the_api_tells(client: Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    told = {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}
    assert told == {line for line in ROUTES if PREFIX in line and not line.startswith("WebSocket")}


@pytest.mark.parametrize("kind", EXPECTED)
def test_everybody_at_every_route(client: Client, access: Access, clock: FixedClock, kind: str) -> None:
    anew, wrong = asker(kind, client, access, clock), []
    for line, purpose in ROUTES.items():
        method, path = line.split()
        who = anew()
        if method == "WebSocket":
            got = _listens(who, path)
            if got != EXPECTED[kind][purpose]:
                wrong.append((line, got, ""))
            continue
        form = purpose == OWN and PREFIX not in path
        body = {"data": {"csrf": who.csrf}} if form else {"json": {}} if method in {"POST", "PATCH"} else {}
        answer = who.ask(method, path.format(name="x", token_id="x"), **body)
        got = _outcome(line, answer, EXPECTED[kind][purpose])
        if got != EXPECTED[kind][purpose]:
            wrong.append((line, got, answer.text))
    assert wrong == []


def _listens(who: Asker, path: str) -> int:
    try:
        with connect(f"ws://{who.client.base_url.netloc.decode()}{path}", additional_headers=who.headers):
            return IN
    except InvalidStatus as refusal:
        return refusal.response.status_code


def _outcome(line: str, answer: Response, expected: int) -> int:
    """A page that refuses a password has let its reader in; the first page sends who is not let in to the form."""
    if line == "GET /" and answer.status_code == 303:
        assert answer.headers["location"] == "/sign-in"
        return expected or 303
    refusal = answer.headers.get("content-type") == "application/problem+json"
    return answer.status_code if refusal and answer.status_code in (401, 403) else IN


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_other_methods_are_not_allowed(client: Client, method: str) -> None:
    asked = {line.split()[1] for line in ROUTES if not line.startswith("WebSocket")}
    for path in asked - {line.split()[1] for line in ROUTES if line.startswith(method)}:
        refused(client.request(method, path), 405)


def test_a_route_that_declares_nothing_or_twice_does_not_start() -> None:
    router = APIRouter()

    @router.get("/bare", dependencies=[Depends(lambda: None)])
    def bare() -> None: ...

    @router.get("/twice", dependencies=[needs(Permission.READ), open_to_all("both")])
    def twice() -> None: ...

    @router.get("/right", dependencies=[needs(Permission.READ)])
    def right() -> None: ...

    with pytest.raises(TypeError, match=r"need: GET /bare, GET /twice$"):
        check_declared([router])


@pytest.mark.parametrize("name", ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP"])
def test_what_a_proxy_passes_on_is_not_of_this_machine(client: Client, name: str) -> None:
    assert client.get("/api/v1/site").status_code == 200
    assert "/sign-in" in refused(client.get("/api/v1/site", headers={name: "127.0.0.1"}), 401)


def test_reading_can_be_closed_to_this_machine_too(
    loaded: LoadedSite, access: Access, tmp_path: Path, clock: FixedClock
) -> None:
    with serving(loaded, StateFolder(tmp_path), clock, open_reading=False) as client:
        answer = client.get("/api/v1/site")
        refused(answer, 401)
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert client.get("/").headers["location"] == "/sign-in"
        assert client.get("/api/v1/alive").json() == {"status": "failed"}
        assert machine(client, access, Permission.READ).ask("GET", "/api/v1/metrics").status_code == 200


@pytest.mark.parametrize("given", ["Bearer nope", "Bearer", "Basic Ym9zczp4", ""])
def test_a_wrong_token_never_reads_as_if_it_had_none(client: Client, given: str) -> None:
    refused(client.get("/api/v1/site", headers={"Authorization": given}), 401)


def test_a_revoked_token_and_a_disabled_person_are_out_at_once(client: Client, access: Access) -> None:
    boss, reader = signed_in(client, "boss"), machine(client, access, Permission.READ)
    add_person(access, "viewer", Role.VIEWER)
    viewer = signed_in(client, "viewer")
    for who in (reader, viewer):
        assert who.ask("GET", "/api/v1/site").status_code == 200
    (listed,) = boss.ask("GET", "/api/v1/tokens").json()
    assert boss.ask("DELETE", f"/api/v1/tokens/{listed['id']}").json()["revoked"] is True
    assert boss.ask("PATCH", "/api/v1/users/viewer", json={"enabled": False}).json()["enabled"] is False
    for who in (reader, viewer):
        refused(who.ask("GET", "/api/v1/site"), 401)


def test_an_admin_is_asked_for_the_password_before_changing_people(
    client: Client, access: Access, clock: FixedClock
) -> None:
    boss = signed_in(client, "boss")
    clock.at += CONFIRMED
    answer = boss.ask("POST", "/api/v1/users", json={"name": "new"})
    assert answer.json()["type"] == "urn:facility:confirm"
    refused(answer, 403)
    assert boss.ask("POST", "/api/v1/session/confirm", json={"password": "a few words do well"}).status_code == 204
    assert boss.ask("POST", "/api/v1/users", json={"name": "new"}).status_code == 201
