"""One request with a JSON answer: bounded in time and size, and no redirection is followed, for a secret goes with it."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from facility.errors import FacilityError

TIMEOUT_S = 15.0
LONGEST_ANSWER = 16 * 1024 * 1024


class VtnError(FacilityError):
    """A VTN, or its server of tokens, does not answer or refuses; `status` is None where there was no answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


def ask(request: Request) -> Any:
    """Return the JSON of the answer.

    Raises
    ------
    VtnError
        If there is no answer, one that is not of status 2xx, or one that is no JSON.
    """
    parts = urlsplit(request.url)
    host = parts.hostname or ""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = (
        http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT_S, context=ssl.create_default_context())
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_S)
    )
    where = f"{request.method} {parts.scheme}://{parts.netloc}{parts.path}"
    headers = {"Accept": "application/json", "User-Agent": "facility", **request.headers}
    try:
        connection.request(request.method, path, request.body, headers)
        answer = connection.getresponse()
        content = answer.read(LONGEST_ANSWER + 1)
    except (OSError, http.client.HTTPException) as error:
        raise VtnError(f"{where}: {error or type(error).__name__}") from error
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise VtnError(f"{where}: {answer.status} {_detail(content)}".rstrip(), answer.status)
    return _json(content, where)


def _json(content: bytes, where: str) -> Any:
    if len(content) > LONGEST_ANSWER:
        raise VtnError(f"{where}: the answer is longer than {LONGEST_ANSWER // 1024**2} MiB")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise VtnError(f"{where}: the answer is no JSON") from None


def _detail(content: bytes) -> str:
    """Return what a problem document says; nothing else of an answer is repeated."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    said = (
        document.get("detail") or document.get("title") or document.get("error") if isinstance(document, dict) else ""
    )
    return str(said or "")[:200]
