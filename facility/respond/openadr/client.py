"""The VTN as the site asks it: with a token, page by page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from facility.ports import Clock
from facility.respond.openadr.http_json import Request, VtnError, ask
from facility.respond.openadr.settings import VenSettings
from facility.respond.openadr.token import TokenSource

PAGE = 50  # the most that the standard lets be asked for
MOST_PAGES = 400
_UNAUTHORIZED = (401, 403)
Query = Mapping[str, str | list[str]]
Json = dict[str, Any]


class VtnClient:
    """One VTN; used by one thread at a time."""

    def __init__(self, ven: VenSettings, clock: Clock) -> None:
        self._base = ven.vtn
        self._tokens = TokenSource(ven, clock)

    def token(self) -> str:
        """Return a token that holds, for a broker that takes the same; raises as a request does."""
        return self._tokens.token()

    def renew_token(self) -> None:
        """Fetch another token the next time."""
        self._tokens.forget()

    def get(self, path: str) -> Any:
        """Return what is at a path."""
        return self._ask("GET", path)

    def all(self, path: str, query: Query | None = None) -> list[Json]:
        """Return all objects of a list.

        Raises
        ------
        VtnError
            If the VTN does not give the whole list.
        """
        found: list[Json] = []
        for page in range(MOST_PAGES):
            asked = {**(query or {}), "skip": str(page * PAGE), "limit": str(PAGE)}
            part = self._ask("GET", f"{path}?{urlencode(asked, doseq=True)}")
            if not isinstance(part, list) or not all(isinstance(each, dict) for each in part):
                raise VtnError(f"{path}: expected a list of objects")
            found += part
            if len(part) < PAGE:
                return found
        raise VtnError(f"{path}: more than {MOST_PAGES * PAGE} objects")

    def post(self, path: str, body: Json) -> Json:
        """Make an object, and return it as the VTN keeps it."""
        return self._object("POST", path, body)

    def put(self, path: str, body: Json) -> Json:
        """Change an object, and return it as the VTN keeps it."""
        return self._object("PUT", path, body)

    def _object(self, method: str, path: str, body: Json) -> Json:
        answer = self._ask(method, path, json.dumps(body, allow_nan=False).encode())
        if not isinstance(answer, dict) or not isinstance(answer.get("id"), str):
            raise VtnError(f"{path}: expected an object with its id")
        return answer

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        try:
            return self._ask_once(method, path, body)
        except VtnError as error:
            # 3.0.1 has no 401 in its document: a token that has ended may be refused with either.
            if error.status not in _UNAUTHORIZED:
                raise
            self._tokens.forget()
            return self._ask_once(method, path, body)

    def _ask_once(self, method: str, path: str, body: bytes | None) -> Any:
        headers = {"Authorization": f"Bearer {self._tokens.token()}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return ask(Request(method, f"{self._base}{path}", headers, body))
