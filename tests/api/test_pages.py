"""Lists in pages: each is asked for after the last of the one before, and together they are all of it."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import Client

from facility.access import Permission, Role
from facility.accounts.opening import Access
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import Asker, signed_in
from tests.api.serving import refused

__all__ = ["cheap_hashes"]


@pytest.fixture
def boss(client: Client, access: Access) -> Asker:
    for number in range(4):
        access.people.add(f"person-{number}", Role.VIEWER, by="test")
        access.tokens.add(f"machine {number}", [Permission.READ], by="test")  # all at the same moment
    return signed_in(client, "boss")


@pytest.mark.parametrize(
    ("path", "key"),
    [("/api/v1/users", "name"), ("/api/v1/tokens", "id"), ("/api/v1/points", "id"), ("/api/v1/latest", "point")],
)
def test_pages_are_together_all(boss: Asker, path: str, key: str) -> None:
    whole = boss.ask("GET", path).json()
    found: list[dict[str, Any]] = []
    while page := boss.ask("GET", path, params={"limit": 2} | ({"after": found[-1][key]} if found else {})).json():
        assert len(page) <= 2
        found += page
    assert found == whole
    assert len(whole) >= 4
    refused(boss.ask("GET", path, params={"limit": 0}), 422)
    if key != "name":
        refused(boss.ask("GET", path, params={"after": "gone"}), 404)
