"""A sender of events of the grid, as an aggregator is one: it signs, waits when told to, and sends again what got no answer."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Self

import httpx

from facility.signed import SIGNATURE, TIMESTAMP, signature

PATH = "/api/v1/dr/events"
MOST_TRIES = 120
PAUSE_S = 1.0  # after no answer; and the next try is signed with another second, or it would be a replay
TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery that was taken: what the site calls its events, how often it got no answer before, how often it had to wait."""

    numbers: tuple[int, ...]
    unanswered: int
    made_to_wait: int


class Hook:
    """Sends events; safe to use from several threads."""

    def __init__(self, url: str, sender: str, secret: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=TIMEOUT_S)
        self._sender, self._secret = sender, secret

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send(self, *events: Mapping[str, Any]) -> Taken:
        """Send a delivery of events until it is taken.

        Raises
        ------
        httpx.HTTPStatusError
            If it is refused.
        TimeoutError
            If it gets no answer however often it is sent.
        """
        unanswered = made_to_wait = 0
        for _ in range(MOST_TRIES):
            try:
                answer = self._post(events)
            except httpx.TransportError:
                unanswered += 1
                time.sleep(PAUSE_S)
                continue
            if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                made_to_wait += 1
                time.sleep(float(answer.headers["Retry-After"]))
                continue
            taken = answer.raise_for_status().json()
            return Taken(tuple(one["number"] for one in taken), unanswered, made_to_wait)
        raise TimeoutError(f"{events[0]['id']}: sent {MOST_TRIES} times, and not taken")

    def _post(self, events: Sequence[Mapping[str, Any]]) -> httpx.Response:
        body, timestamp = json.dumps({"events": events}).encode(), str(int(time.time()))
        headers = {
            "Content-Type": "application/json", "Facility-Sender": self._sender, "Idempotency-Key": events[0]["id"],
            TIMESTAMP: timestamp, SIGNATURE: signature(self._secret, timestamp, body),
        }  # fmt: skip
        return self._client.post(PATH, content=body, headers=headers)


def reduction(name: str, program: str, start: datetime, kw: float) -> Mapping[str, Any]:
    """Return an event of an hour that asks for less power."""
    interval = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat(), "value": kw}
    return {"id": name, "program": program, "kind": "reduction", "intervals": [interval]}
