"""GET from a provider, guarded: limits on time and size, no redirection, and what is unchanged is not sent again."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from facility.errors import SignalError

TIMEOUT_S, LONGEST_S = 10.0, 30.0  # a pause in the answer; all of it
MOST_BYTES = 8 << 20
_CHUNK = 64 << 10
_MOST_KEPT = 8


class RefusedError(SignalError):
    """The provider answered with a status that is no success; `retry_after_s` if it said when to ask again."""

    def __init__(self, host: str, status: int, body: bytes, retry_after_s: float | None, reason: str = "") -> None:
        self.host, self.status, self.body, self.retry_after_s = host, status, body, retry_after_s
        super().__init__(f"{host}: answered with status {status}" + (f": {reason}" if reason else ""))

    def because(self, reason: str) -> RefusedError:
        """Return the same with the reason that its body gave."""
        return RefusedError(self.host, self.status, self.body, self.retry_after_s, reason)


@dataclass(frozen=True, slots=True)
class _Answer:
    body: bytes
    marks: Mapping[str, str]  # to send, so that the provider may say that nothing has changed


@dataclass(slots=True)
class HttpGet:
    """Asks one provider, and remembers its last answers with the marks that it gave them."""

    base_url: str
    _kept: dict[str, _Answer] = field(default_factory=dict)

    def get(self, path: str, query: Mapping[str, str], headers: Mapping[str, str] | None = None) -> bytes:
        """Return the body of an answer.

        Raises
        ------
        SignalError
            If there is none, or it is too long or too slow; its message never holds the query: keys travel there.
        RefusedError
            If the status is no success, a redirection too: it could lead anywhere.
        """
        target = urlsplit(self.base_url)
        where = f"{target.path}{path}" + (f"?{urlencode(query)}" if query else "")
        known = self._kept.get(where)
        asked = {
            "User-Agent": "facility",
            "Accept-Encoding": "identity",
            **(headers or {}),
            **(known.marks if known else {}),
        }
        status, told, body = _exchange(self.base_url, where, asked)
        if status == http.client.NOT_MODIFIED and known is not None:
            return known.body
        if status != http.client.OK:
            raise RefusedError(target.hostname or "", status, body, _seconds(told.get("retry-after")))
        self._keep(where, told, body)
        return body

    def get_json(self, path: str, query: Mapping[str, str], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return the body of an answer that is a JSON object."""
        try:
            found = json.loads(self.get(path, query, headers))
        except (ValueError, RecursionError) as error:  # JSON and UTF-8
            raise SignalError(f"{urlsplit(self.base_url).hostname}: answered with no JSON: {error}") from error
        if not isinstance(found, dict):
            raise SignalError(f"{urlsplit(self.base_url).hostname}: answered with JSON that is no object")
        return found

    def _keep(self, where: str, told: Mapping[str, str], body: bytes) -> None:
        said = {"If-None-Match": told.get("etag"), "If-Modified-Since": told.get("last-modified")}
        marks = {name: value for name, value in said.items() if value}
        self._kept.pop(where, None)
        if marks:
            self._kept[where] = _Answer(body, marks)
        while len(self._kept) > _MOST_KEPT:
            del self._kept[next(iter(self._kept))]


def _exchange(base_url: str, where: str, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str], bytes]:
    target = urlsplit(base_url)
    host = target.hostname or ""
    connection = (
        http.client.HTTPSConnection(host, target.port, timeout=TIMEOUT_S, context=ssl.create_default_context())
        if target.scheme == "https"
        else http.client.HTTPConnection(host, target.port, timeout=TIMEOUT_S)
    )
    until = time.monotonic() + LONGEST_S
    try:
        connection.request("GET", where, headers=dict(headers))
        answer = connection.getresponse()
        body = b""
        while chunk := answer.read1(_CHUNK):
            body += chunk
            if len(body) > MOST_BYTES:
                raise SignalError(f"{host}: answered with more than {MOST_BYTES >> 20} MB")
            if time.monotonic() > until:
                raise SignalError(f"{host}: took longer than {LONGEST_S:.0f} s to answer")
        if answer.length:  # promised and not sent
            raise SignalError(f"{host}: broke off its answer")
    except (OSError, http.client.HTTPException) as error:
        raise SignalError(f"{host}: {error or type(error).__name__}") from error
    finally:
        connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after is not None and retry_after.isdigit() else None
