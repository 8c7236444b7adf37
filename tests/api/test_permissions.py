"""Every permission, on routes of this test: those of the API are let in and refused as these are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter, Request
from httpx import Client

from facility.access import SCOPES, Permission, Role
from facility.accounts.opening import Access, open_access
from facility.accounts.sign_in import CONFIRMED, IDLE
from facility.api.entry import needs
from facility.api.who import is_this_machine
from facility.site_file import load_site
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import Asker, add_person, machine, nobody, signed_in
from tests.api.records_for_tests import FixedClock
from tests.api.serving import serving
from tests.conftest import EXAMPLE

__all__ = ["cheap_hashes"]
READ, DECIDE, RELEASE, DISPATCH, ADMINISTER = Permission
MAY = {
    "viewer": {READ},
    "operator": {READ, DECIDE, RELEASE},
    "engineer": {READ, DECIDE, RELEASE, DISPATCH},
    "admin": {READ, DECIDE, RELEASE, DISPATCH, ADMINISTER},
}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def access(tmp_path: Path, clock: FixedClock) -> Iterator[Access]:
    with closing(open_access(load_site(EXAMPLE / "site.yaml"), StateFolder(tmp_path), clock)) as opened:
        for role in Role:
            add_person(opened, f"the-{role}", role)
        yield opened


@pytest.fixture
def client(access: Access, tmp_path: Path, clock: FixedClock) -> Iterator[Client]:
    router = APIRouter()
    for permission in Permission:
        router.add_api_route(f"/do/{permission}", lambda: "done", methods=["POST"], dependencies=[needs(permission)])
    with serving(load_site(EXAMPLE / "site.yaml"), StateFolder(tmp_path), clock, router) as client:
        yield client


def let_in(asker: Asker) -> set[Permission]:
    answers = {permission: asker.ask("POST", f"/do/{permission}").status_code for permission in Permission}
    assert set(answers.values()) <= {200, 403}
    return {permission for permission, status in answers.items() if status == 200}


@pytest.mark.parametrize("role", Role)
def test_a_role_may_what_it_grants_while_its_person_is_there(
    client: Client, access: Access, clock: FixedClock, role: Role
) -> None:
    asker, may = signed_in(client, f"the-{role}"), MAY[role.value]
    assert let_in(asker) == may
    clock.at += CONFIRMED
    assert let_in(asker) == may - {DISPATCH, ADMINISTER}
    clock.at += IDLE
    assert let_in(asker) == {READ}
    assert asker.ask("POST", "/api/v1/session/confirm", json={"password": "a few words do well"}).status_code == 204
    assert let_in(asker) == may


def test_reading_keeps_no_session_open_and_writing_does(client: Client, access: Access, clock: FixedClock) -> None:
    asker = signed_in(client, "the-operator")
    clock.at += IDLE / 2
    assert asker.ask("POST", "/do/decide").status_code == 200
    clock.at += IDLE / 2
    assert asker.ask("GET", "/api/v1/site").status_code == 200
    assert asker.ask("GET", "/api/v1/session").json()["locked"] is False
    clock.at += IDLE / 2
    assert asker.ask("POST", "/do/decide").json()["type"] == "urn:facility:locked"


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_a_token_may_what_its_scope_says(client: Client, access: Access, scope: Permission) -> None:
    assert let_in(machine(client, access, scope)) == {scope}


def test_nobody_known_reads_at_most(client: Client) -> None:
    for asker, read in ((Asker(client), 200), (nobody(client), 401)):
        statuses = {permission: asker.ask("POST", f"/do/{permission}").status_code for permission in Permission}
        assert statuses == dict.fromkeys(Permission, 401) | {READ: read}


def request(peer: str | None, **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "headers": raw, "client": None if peer is None else (peer, 1)}
    return Request(scope)


@pytest.mark.parametrize(
    ("peer", "ours"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.5", False),
        ("::ffff:10.0.0.5", False),
        ("fe80::1", False),
        ("localhost", False),
        ("", False),
        (None, False),
    ],
)
def test_this_machine_is_known_by_its_loopback_address_alone(peer: str | None, ours: bool) -> None:
    assert is_this_machine(request(peer)) is ours
