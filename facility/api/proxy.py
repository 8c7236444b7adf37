"""Where a request comes from, and whether over TLS, as a proxy says that is trusted to."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = ("127.0.0.0/8", "::1/128")  # a proxy on this machine
_ENCRYPTED = {"http": "https", "websocket": "wss"}


class Proxy:
    """ASGI middleware: takes the last `X-Forwarded-For` and `X-Forwarded-Proto` from trusted addresses, and from no others.

    The last, since a proxy adds to what the client may have made up.
    """

    def __init__(self, app: ASGIApp, trusted: Iterable[str] = ()) -> None:
        self._app = app
        self._trusted = [ipaddress.ip_network(each) for each in (*LOOPBACK, *trusted)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] in _ENCRYPTED and self._is_trusted(scope.get("client")):
            scope = {**scope, **_told(scope)}
        await self._app(scope, receive, send)

    def _is_trusted(self, client: tuple[str, int] | None) -> bool:
        address = None if client is None else as_address(client[0])
        return address is not None and any(address in network for network in self._trusted)


def as_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return an address; an IPv4 one that came over IPv6 as what it is, None for what is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _told(scope: Scope) -> dict[str, object]:
    headers = Headers(scope=scope)
    told: dict[str, object] = {}
    if as_address(passed_on := _last(headers, "x-forwarded-for")) is not None:
        told["client"] = (passed_on, 0)
    if _last(headers, "x-forwarded-proto").lower() in ("https", "wss"):
        told["scheme"] = _ENCRYPTED[scope["type"]]
    return told


def _last(headers: Headers, name: str) -> str:
    return ",".join(headers.getlist(name)).rpartition(",")[2].strip()
