"""One question to a provider: bounded in time and size, and no redirection is followed, since it could lead anywhere."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from facility.errors import FacilityError

PAUSE_S = 5.0  # the longest pause within an answer
WITHIN_S = 10.0  # the whole answer
MOST_BYTES = 256 * 1024


class ProviderError(FacilityError):
    """The provider cannot be asked, or answers what it should not."""


def ask(
    address: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the JSON object at an address, or the answer to a form that is posted there.

    Raises
    ------
    ProviderError
        If there is none, whyever. What was asked or answered is not repeated in it.
    """
    target = urlsplit(address)
    try:
        status, content = _exchanged(address, form, headers or {})
    except (OSError, http.client.HTTPException) as error:
        raise ProviderError(f"{target.hostname} does not answer: {type(error).__name__}") from error
    if status != http.client.OK:
        raise ProviderError(f"{target.hostname} answers with status {status}")
    if len(content) > MOST_BYTES:
        raise ProviderError(f"{target.hostname} answers more than {MOST_BYTES} bytes")
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise ProviderError(f"{target.hostname} does not answer in JSON") from None
    if not isinstance(found, dict):
        raise ProviderError(f"{target.hostname} does not answer with a JSON object")
    return found


def _exchanged(address: str, form: Mapping[str, str] | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
    target = urlsplit(address)
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    body = None if form is None else urlencode(form).encode()
    typed = {} if form is None else {"Content-Type": "application/x-www-form-urlencoded"}
    connection = _connection(target.scheme, target.hostname or "", target.port)
    try:
        connection.connect()
        late = threading.Timer(WITHIN_S, _cut, [connection.sock])
        late.daemon = True
        late.start()
        try:
            method = "GET" if form is None else "POST"
            connection.request(method, path, body, {"Accept": "application/json", **typed, **headers})
            answer = connection.getresponse()
            return answer.status, answer.read(MOST_BYTES + 1)
        finally:
            late.cancel()
    finally:
        connection.close()


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=PAUSE_S, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=PAUSE_S)


def _cut(connected: socket.socket) -> None:
    """End an answer that comes drop by drop: each drop would be in time."""
    with contextlib.suppress(OSError):  # it has just ended by itself
        connected.shutdown(socket.SHUT_RDWR)
