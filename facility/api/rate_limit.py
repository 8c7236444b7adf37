"""How often may be asked. All limits stand here.

Every request counts for its address, before anybody looks who it is: that costs a look into the database. Who is known then counts
under their own name too, more tightly, so that one program cannot use up what an address has for all behind it.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from http import HTTPStatus

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from facility.api.guard import READS
from facility.api.page.paths import PASSWORD_PATH, RETURN_PATH, SIGN_IN_PATH
from facility.api.problem import ProblemError, problem
from facility.api.proxy import as_address
from facility.api.token_bucket import Rate, TokenBuckets

# Where a password is looked at, which takes 64 MiB and a tenth of a second each time; a return from a provider makes us ask there.
_PASSWORD_PATHS = frozenset(
    {SIGN_IN_PATH, PASSWORD_PATH, "/api/v1/session", "/api/v1/session/confirm", "/api/v1/session/password"}
)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The limits: of an address, of this machine (its proxy, Prometheus, programs), and of an account or token."""

    address_reads: Rate
    address_writes: Rate
    address_passwords: Rate
    machine_reads: Rate
    machine_writes: Rate
    machine_passwords: Rate
    known_reads: Rate
    known_writes: Rate
    sockets_each: int  # open at the same time
    sockets: int  # of all


LIMITS = RateLimits(
    address_reads=Rate(burst=400, per_s=40),
    address_writes=Rate(burst=60, per_s=4),
    address_passwords=Rate(burst=20, per_s=1 / 5),
    machine_reads=Rate(burst=4000, per_s=400),
    machine_writes=Rate(burst=300, per_s=20),
    machine_passwords=Rate(burst=60, per_s=1),
    known_reads=Rate(burst=300, per_s=30),
    known_writes=Rate(burst=30, per_s=2),
    sockets_each=10,
    sockets=50,  # the server takes 100 connections of any kind
)


class Throttle:
    """Counts what is asked and refuses what is too much."""

    def __init__(self, limits: RateLimits) -> None:
        self._limits = limits
        rates = {each.name: getattr(limits, each.name) for each in fields(limits)}
        self._buckets = {name: TokenBuckets(rate) for name, rate in rates.items() if isinstance(rate, Rate)}
        self._sockets: Counter[str] = Counter()

    def wait_of_address(self, scope: Scope) -> int | None:
        """Count a request for its address; return the seconds to wait where it is too much."""
        address = client_address(scope)
        method = scope.get("method", "GET")
        what = "passwords" if _lets_in(method, scope["path"]) else "reads" if method in READS else "writes"
        return self._buckets[f"{'machine' if is_loopback(address) else 'address'}_{what}"].take(address)

    def count_known(self, name: str, *, writes: bool) -> None:
        """Count a request of an account or token, or refuse it."""
        wait_s = self._buckets["known_writes" if writes else "known_reads"].take(name)
        if wait_s is not None:
            raise TooManyError(wait_s)

    @contextmanager
    def socket(self, client: str) -> Iterator[None]:
        """Hold one of the sockets that a client may have open, or refuse it; for the event loop's thread."""
        if self._sockets[client] >= self._limits.sockets_each or self._sockets.total() >= self._limits.sockets:
            raise TooManyError(60, "too many live connections are open; close some")
        self._sockets[client] += 1
        try:
            yield
        finally:
            self._sockets[client] -= 1
            if not self._sockets[client]:
                del self._sockets[client]


class TooManyError(ProblemError):
    """More than the limits allow."""

    def __init__(self, wait_s: int, detail: str | None = None) -> None:
        said = detail or f"too many requests; try again in {wait_s} s"
        wait = {"Retry-After": str(wait_s)}
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, said, kind="too-many", headers=wait)


class RateLimit:
    """ASGI middleware: refuses what an address asks too often."""

    def __init__(self, app: ASGIApp, throttle: Throttle) -> None:
        self._app, self._throttle = app, throttle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        wait_s = self._throttle.wait_of_address(scope) if scope["type"] in ("http", "websocket") else None
        if wait_s is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(_refusal(wait_s))
        else:
            await _refusal(wait_s)(scope, receive, send)


def client_address(scope: Scope) -> str:
    """Return for which address a request counts; a network of IPv6 as one, since each client has all of a /64."""
    host = scope["client"][0] if scope.get("client") else ""
    address = as_address(host)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return host if address is None else str(address)


def is_loopback(address: str) -> bool:
    """Tell whether an address of `client_address` is of this machine; the network of ::1 is written ::."""
    found = as_address(address)
    return found is not None and (found.is_loopback or address == "::")


def _lets_in(method: str, path: str) -> bool:
    return path == RETURN_PATH or (method == "POST" and path in _PASSWORD_PATHS)


def _refusal(wait_s: int) -> Response:
    error = TooManyError(wait_s)
    return problem(error.status, error.detail, kind=error.kind, headers=error.headers)
