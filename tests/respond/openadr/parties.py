"""The parties of the tests: the business logic at a VTN, the site's event book, and a clock that is turned by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from httpx import Client

from facility.grid_event import GridEvent
from facility.respond.openadr.doorbell import Doorbell
from facility.respond.openadr.measures import Measures
from facility.respond.openadr.settings import VenSettings
from facility.respond.openadr.ven import Ven

Json = dict[str, Any]
HOUR = timedelta(hours=1)
SOURCE = "openadr:utility"


class TurnedClock:
    """A clock that stands until it is turned."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    def now(self) -> datetime:
        return self.at


@dataclass
class BusinessLogic:
    """Who makes programs and events."""

    client: Client
    standard: str

    def __post_init__(self) -> None:
        fields = {"grant_type": "client_credentials", "client_id": "bl", "client_secret": "bl-secret"}
        token = self.client.post("/auth/token", data=fields).json()["access_token"]
        self.client.headers["Authorization"] = f"Bearer {token}"

    def add(self, kind: str, body: Json) -> str:
        answer = self.client.post(f"/{kind}", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def change(self, kind: str, name: str, body: Json) -> None:
        answer = self.client.put(f"/{kind}/{name}", json=body)
        assert answer.status_code == 200, answer.text

    def remove(self, kind: str, name: str) -> None:
        assert self.client.delete(f"/{kind}/{name}").status_code == 200

    def all(self, kind: str) -> list[Json]:
        found: list[Json] = self.client.get(f"/{kind}").json()
        return found

    def tokens_given(self) -> int:
        return int(self.client.get("/test/tokens").json()["tokens_given"])


@dataclass
class PlainBook:
    """Keeps events in memory, as the site's book does in its journal: newer revisions only."""

    kept: dict[tuple[str, str], GridEvent] = field(default_factory=dict)
    given: dict[str, bool] = field(default_factory=dict)

    def known(self, source: str) -> Sequence[GridEvent]:
        return [event for (of, _), event in self.kept.items() if of == source]

    def take(self, events: Sequence[GridEvent]) -> Sequence[object]:
        return [self._take(event) for event in events]

    def answers(self, source: str) -> Mapping[str, bool]:
        return {name: takes_part for name, takes_part in self.given.items() if (source, name) in self.kept}

    def _take(self, event: GridEvent) -> str:
        before = self.kept.get((event.source, event.id))
        if before is not None and before.revision >= event.revision:
            return "known"
        self.kept[event.source, event.id] = event
        return "new" if before is None else "changed"


def steady(kw: float) -> Measures:
    return Measures(lambda _start, _end: kw, lambda _start, _end: kw + 100.0, lambda _start, _end: kw - 1.0)


@dataclass
class SiteSide:
    """The site: what it keeps, and VENs of it."""

    vtn: str
    standard: str
    folder: Path
    clock: TurnedClock
    book: PlainBook = field(default_factory=PlainBook)
    measures: dict[str, Measures] = field(default_factory=lambda: {"dc-1-meter": steady(400.0)})

    def settings(self, **more: Any) -> VenSettings:
        given = {
            "name": "utility",
            "vtn": self.vtn,
            "standard": self.standard,
            "client_id": "ven-client",
            "client_secret": "env:TEST_VEN_SECRET",
            "ven_name": "dc-1",
            "resources": ["dc-1-meter"],
            **more,
        }
        return VenSettings.model_validate(given)

    def ven(self, **more: Any) -> Ven:
        """A VEN as after a start."""
        given = self.settings(**more)
        bell = Doorbell(self.folder, given.name)
        return Ven(given, "EUR", self.book, self.measures, self.clock, bell)

    def kept(self) -> dict[str, tuple[int, str, list[float]]]:
        """Return revision, standing and values of what is kept."""
        return {
            each.id: (each.revision, str(each.standing), [interval.value for interval in each.intervals])
            for each in self.book.known(SOURCE)
        }


def at(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def event(program: str, start: datetime, *values: float, payload: str = "SIMPLE", **more: Any) -> Json:
    """An event of hours, one value each."""
    intervals = [
        {"id": number, "payloads": [{"type": payload, "values": [value]}]} for number, value in enumerate(values)
    ]
    period = {"start": at(start), "duration": "PT1H"}
    return {"programID": program, "intervalPeriod": period, "intervals": intervals, **more}
