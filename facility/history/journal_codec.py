"""Plans, recommendations and events as JSON text and back, exactly; and the hashes that chain events."""

from __future__ import annotations

import hashlib
import hmac
from typing import Generic, TypeVar

from pydantic import ConfigDict, TypeAdapter

from facility.records import Event, Plan, Recommendation

_Record = TypeVar("_Record")
CHAIN_START = "0" * 64


class Codec(Generic[_Record]):
    """Turns records of one type into JSON and back."""

    def __init__(self, adapter: TypeAdapter[tuple[_Record]]) -> None:
        self._adapter = adapter

    def dump(self, record: _Record) -> str:
        """Return a record as JSON."""
        return self._adapter.dump_json((record,)).decode()[1:-1]

    def load(self, text: str) -> _Record:
        """Return the record that `dump` wrote."""
        return self._adapter.validate_json(f"[{text}]")[0]


# NaN and infinity stay what they are. A plain dataclass takes its configuration from what holds it: here a tuple of one.
_EXACT = ConfigDict(ser_json_inf_nan="constants")
PLAN = Codec(TypeAdapter(tuple[Plan], config=_EXACT))
RECOMMENDATION = Codec(TypeAdapter(tuple[Recommendation], config=_EXACT))
EVENT = Codec(TypeAdapter(tuple[Event], config=_EXACT))


def chained(previous_hash: str, body: str) -> str:
    """Return the hash of an event from before there was a key; it covers all events before it."""
    return hashlib.sha256(f"{previous_hash}\n{body}".encode()).hexdigest()


def sealed(secret: bytes, previous_hash: str, body: str) -> str:
    """Return the HMAC-SHA-256 of an event; it covers all events before it."""
    return hmac.digest(secret, f"{previous_hash}\n{body}".encode(), hashlib.sha256).hex()
