"""Who may ask, and what browsers may do with the answer.

Three things are refused before anything is looked at: foreign names, writes that another site's page sends, and long requests.

DNS rebinding: a web page elsewhere can make a browser ask us under a name of its own that resolves to this machine. So only names
that cannot be such a one are served: addresses, localhost, and the names that `--host`,
`--name` and the certificate gave.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from facility.api.problem import problem

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers send our own forms with `Origin: null`
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ONE_YEAR = "max-age=31536000"  # browsers then ask this name over TLS only
READS = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_BODY = 64 * 1024
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")


class Guard:
    """ASGI middleware: refuses foreign names in `Host`, and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, allowed_names: Iterable[str]) -> None:
        self._app = app
        self._names = {"localhost", *(name.lower() for name in allowed_names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket" and not self._named_well(scope):
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                for name, value in HEADERS.items():
                    headers[name] = value
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = ONE_YEAR
            await send(message)

        refusal = self._refusal(scope)
        await (self._app if refusal is None else refusal)(scope, receive, guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        if not self._named_well(scope):
            return problem(421, "this name is not served here; use localhost, the address, or facility serve --name")
        headers = Headers(scope=scope)
        if scope["method"] not in READS and _is_of_another_site(headers, headers["host"]):
            return problem(403, "a page of another site sends this; it is not done")
        length = headers.get("content-length", "0")
        if "transfer-encoding" in headers or not length.isdecimal():
            return problem(411, "say how long the request is: Content-Length")
        if int(length[:12]) > LONGEST_BODY:
            return problem(413, f"longer than {LONGEST_BODY} bytes")
        return None

    def _named_well(self, scope: Scope) -> bool:
        hosts = Headers(scope=scope).getlist("host")
        return len(hosts) == 1 and self._allowed(hosts[0])

    def _allowed(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match[1].strip("[]").lower()
        return name in self._names or _is_address(name)


def _is_of_another_site(headers: Headers, host: str) -> bool:
    """Tell whether a browser says so; programs send neither header. Browsers send the first over TLS and to localhost only."""
    if (fetched := headers.get("sec-fetch-site")) is not None:
        return fetched not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2].lower() != host.lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
