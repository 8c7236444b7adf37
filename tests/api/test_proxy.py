"""Whom a proxy may speak for: address and TLS as it says them, from trusted addresses only."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from facility.api.proxy import Proxy

CHAIN = [("x-forwarded-for", "203.0.113.9, 192.0.2.7")]


def heard(peer: str, headers: list[tuple[str, str]], *trusted: str, kind: str = "http") -> tuple[str, str]:
    """Return address and scheme that the application behind the proxy hears."""
    found: dict[str, Any] = {}

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        found.update(scope)

    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope: Any = {
        "type": kind,
        "headers": raw,
        "client": (peer, 1),
        "scheme": {"http": "http", "websocket": "ws"}[kind],
    }
    asyncio.run(Proxy(app, trusted)(scope, None, None))  # type: ignore[arg-type]
    return found["client"][0], found["scheme"]


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_a_proxy_of_this_machine_says_the_address_that_it_adds_last(peer: str) -> None:
    assert heard(peer, CHAIN) == ("192.0.2.7", "http")
    assert heard(peer, [*CHAIN, ("x-forwarded-for", "198.51.100.4")])[0] == "198.51.100.4"
    assert heard(peer, [])[0] == peer
    assert heard(peer, [("x-forwarded-for", "unknown")])[0] == peer


def test_nobody_else_says_anything_but_who_is_named() -> None:
    told = [*CHAIN, ("x-forwarded-proto", "https")]
    assert heard("10.0.0.5", told) == ("10.0.0.5", "http")
    assert heard("10.0.0.5", told, "10.0.0.6/32") == ("10.0.0.5", "http")
    assert heard("10.0.0.5", told, "10.0.0.5/32") == ("192.0.2.7", "https")
    assert heard("10.0.0.5", told, "10.0.0.0/24") == ("192.0.2.7", "https")
    assert heard("fd00::5", told, "fd00::/64") == ("192.0.2.7", "https")


@pytest.mark.parametrize(("said", "scheme"), [("https", "wss"), ("wss", "wss"), ("http", "ws"), ("HTTPS", "wss")])
def test_a_websocket_is_encrypted_where_the_proxy_says_so(said: str, scheme: str) -> None:
    assert heard("127.0.0.1", [("x-forwarded-proto", said)], kind="websocket")[1] == scheme
    assert heard("127.0.0.1", [("x-forwarded-proto", f"https, {said}")], kind="websocket")[1] == scheme
