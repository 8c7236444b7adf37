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
from facility.api.entry import Needs, OpenToAll, Signed, SignedIn, check_declared, declarations, needs, open_to_all
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import Asker, add_person, machine, nobody, signed_in
from tests.api.records_for_tests import NOW, FixedClock
from tests.api.serving import refused, serving

__all__ = ["cheap_hashes"]

# What each route is for. A new route is written down here, by a person who has thought about it.
OPEN, READ, ADMINISTER, OWN = "open to all", "read", "administer", "one's own session"
DECIDE, RELEASE, DISPATCH = "decide", "release", "dispatch"
READ_KNOWN = "read, signed in"
SIGNED = "the signature of a sender"
ROUTES = {
    "GET /": OPEN,
    "GET /assets/{name}": OPEN,
    "GET /plain": READ,
    "GET /openapi.json": READ,
    "GET /docs": READ,
    "GET /style.css": OPEN,
    "GET /sign-in": OPEN,
    "POST /sign-in": OPEN,
    "GET /sign-in/provider": OPEN,
    "GET /sign-in/return": OPEN,
    "POST /password": OWN,
    "POST /sign-out": OWN,
    "GET /api/v1/site": READ,
    "GET /api/v1/topology": READ,
    "GET /api/v1/halls/{hall_id}/psychrometrics": READ,
    "GET /api/v1/points": READ,
    "GET /api/v1/latest": READ,
    "GET /api/v1/stand-ins": READ,
    "POST /api/v1/points/{name}/stand-in": DISPATCH,
    "POST /api/v1/points/{name}/stand-in/end": DISPATCH,
    "WebSocket /api/v1/live": READ,
    "GET /api/v1/history": READ,
    "GET /api/v1/plan": READ,
    "GET /api/v1/plans": READ,
    "GET /api/v1/plans/{name}": READ,
    "GET /api/v1/plans/{name}/comparison": READ,
    "GET /api/v1/plan/explanation": READ,
    "GET /api/v1/recommendations": READ,
    "GET /api/v1/recommendations/{name}": READ,
    "POST /api/v1/recommendations/{name}/decision": DECIDE,
    "POST /api/v1/recommendations/{name}/comments": DECIDE,
    "GET /api/v1/dispatch": READ,
    "POST /api/v1/dispatch/mode": DISPATCH,
    "POST /api/v1/dispatch/apply": DISPATCH,
    "POST /api/v1/dispatch/release": RELEASE,
    "POST /api/v1/dispatch/resume": DISPATCH,
    "POST /api/v1/dispatch/veto": RELEASE,
    "POST /api/v1/dispatch/veto/lift": DISPATCH,
    "POST /api/v1/dispatch/lock-outs": RELEASE,
    "POST /api/v1/dispatch/lock-outs/{name}/end": DISPATCH,
    "GET /api/v1/pue": READ,
    "GET /api/v1/models": READ,
    "GET /api/v1/models/{version}": READ,
    "GET /api/v1/models/{version}/points": READ,
    "GET /api/v1/forecast-errors": READ,
    "GET /api/v1/next-hour": READ,
    "GET /api/v1/savings": READ,
    "GET /api/v1/switchbacks": READ,
    "POST /api/v1/switchbacks": DISPATCH,
    "POST /api/v1/switchbacks/{name}/stop": RELEASE,
    "GET /api/v1/writes": READ,
    "POST /api/v1/writes/{name}/allow": DISPATCH,
    "POST /api/v1/writes/{name}/forbid": RELEASE,
    "POST /api/v1/writes/{name}/clear": DISPATCH,
    "GET /api/v1/alarms": READ,
    "GET /api/v1/alarms/{name}": READ,
    "POST /api/v1/alarms/{name}/acknowledge": DECIDE,
    "POST /api/v1/alarms/{name}/shelve": DECIDE,
    "POST /api/v1/alarms/{name}/unshelve": DECIDE,
    "POST /api/v1/alarms/{name}/out-of-service": DISPATCH,
    "POST /api/v1/alarms/{name}/in-service": DECIDE,
    "GET /api/v1/alarm-rates": READ,
    "POST /api/v1/dr/events": SIGNED,
    "GET /api/v1/dr/events": READ,
    "GET /api/v1/dr/events/{number}": READ,
    "GET /api/v1/dr/events/{number}/course": READ,
    "GET /api/v1/dr/events/{number}/settlement": READ,
    "POST /api/v1/dr/events/{number}/answer": DECIDE,
    "GET /api/v1/dr/offers": READ,
    "POST /api/v1/dr/offers": DECIDE,
    "GET /api/v1/events": READ_KNOWN,
    "GET /api/v1/events/export": READ_KNOWN,
    "GET /api/v1/audit-head": READ_KNOWN,
    "GET /api/v1/health": READ,
    "GET /api/v1/metrics": READ,
    "GET /api/v1/alive": OPEN,
    "GET /api/v1/openadr/{name}/notifications": OPEN,
    "POST /api/v1/openadr/{name}/notifications": OPEN,
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
    "nobody": {OPEN: IN, READ: 401, DECIDE: 401, DISPATCH: 401, ADMINISTER: 401, OWN: 401},
    "this machine": {OPEN: IN, READ: IN, DECIDE: 401, DISPATCH: 401, ADMINISTER: 401, OWN: 401},
    "viewer": {OPEN: IN, READ: IN, DECIDE: 403, DISPATCH: 403, ADMINISTER: 403, OWN: IN},
    "operator": {OPEN: IN, READ: IN, DECIDE: IN, DISPATCH: 403, ADMINISTER: 403, OWN: IN},
    "engineer": {OPEN: IN, READ: IN, DECIDE: IN, DISPATCH: IN, ADMINISTER: 403, OWN: IN},
    "admin": {OPEN: IN, READ: IN, DECIDE: IN, DISPATCH: IN, ADMINISTER: IN, OWN: IN},
    "admin, first sign-in": {OPEN: IN, READ: 403, DECIDE: 403, DISPATCH: 403, ADMINISTER: 403, OWN: IN},
    "admin, locked": {OPEN: IN, READ: IN, DECIDE: 403, DISPATCH: 403, ADMINISTER: 403, OWN: IN},
    "token to read": {OPEN: IN, READ: IN, DECIDE: 403, DISPATCH: 403, ADMINISTER: 403, OWN: 401},
    "token to decide": {OPEN: IN, READ: 403, DECIDE: IN, DISPATCH: 403, ADMINISTER: 403, OWN: 401},
    "token for all": {OPEN: IN, READ: IN, DECIDE: IN, DISPATCH: IN, ADMINISTER: 403, OWN: 401},
}
for _kind, _let in EXPECTED.items():  # as whoever may read, but not for being on this machine
    _let[RELEASE] = 403 if _kind == "token to decide" else _let[DECIDE]
    _let[READ_KNOWN] = 401 if _kind == "this machine" else _let[READ]
    _let[SIGNED] = 401  # neither a session nor a token is a signature: tests/api/test_dr_hook.py signs


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
        line: _said(found) if isinstance(found, Needs) else OTHERS[type(found)] for line, found in declared.items()
    }
    assert kinds == ROUTES
    assert all(found.why for found in declared.values() if isinstance(found, OpenToAll))


OTHERS = {SignedIn: OWN, OpenToAll: OPEN, Signed: SIGNED}


def _said(found: Needs) -> str:
    return READ_KNOWN if found == Needs(Permission.READ, known=True) else found.permission.value


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
        answer = who.ask(method, path.format(name="x", token_id="x", version="x", hall_id="x", number="1"), **body)
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
    """A page that refuses a password has let its reader in; the plain page sends who is not let in to the form."""
    if line == "GET /plain" and answer.status_code == 303:
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
        assert client.get("/plain").headers["location"] == "/sign-in"
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
