"""The audit trail in formats that others read: CSV, JSON lines, Parquet; each names its site and the head that it ends before."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from facility.history.audit_chain import Head
from facility.history.audit_trail import AuditEvent

_AT_ONCE = 1000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets would run
_SCHEMA = pa.schema(
    [
        pa.field("sequence", pa.int64()),
        pa.field("time", pa.timestamp("us", tz="UTC")),
        *(
            pa.field(name, pa.string())
            for name in (
                "kind",
                "subject",
                "actor",
                "detail",
                "correlation_id",
                "key_id",
                "previous_hash",
                "hash",
                "body",
            )
        ),
    ]
)


@dataclass(frozen=True, slots=True)
class Cover:
    """What an export says of itself."""

    site_id: str
    head: Head | None
    at: datetime

    def document(self) -> dict[str, str]:
        """Return it by names."""
        head = "none" if self.head is None else str(self.head)
        return {"site": self.site_id, "head": head, "exported": self.at.isoformat(timespec="seconds"), "zone": "UTC"}


def event_row(one: AuditEvent) -> dict[str, object]:
    """Return an event as a row for people and programs; numbers that are none are words."""
    event, link = one.event, one.link
    return {
        "sequence": link.sequence,
        "time": event.time,
        "kind": event.kind,
        "subject": event.subject,
        "actor": event.actor,
        "detail": {name: _finite(value) for name, value in event.detail.items()},
        "correlation_id": event.correlation_id,
        "key_id": link.key_id,
        "previous_hash": link.previous_hash,
        "hash": link.hash,
    }


def _whole_row(one: AuditEvent) -> dict[str, object]:
    """Return an event with the exact text that its hash is of."""
    row = event_row(one)
    return {**row, "detail": json.dumps(row["detail"], ensure_ascii=False), "body": one.link.body}


def csv_lines(cover: Cover, events: Iterable[AuditEvent]) -> Iterator[bytes]:
    """Yield CSV: a comment that says what it is, the headings, an event a line. Text that spreadsheets would run is quoted by '."""
    said = ", ".join(f"{name} {value}" for name, value in cover.document().items())
    yield f"# facility audit trail: {said}\r\n".encode()
    yield _csv([name if name != "time" else "time [UTC]" for name in _SCHEMA.names])
    for one in events:
        row = {**_whole_row(one), "time": one.event.time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
        yield _csv([_inert(row[name]) for name in _SCHEMA.names])


def json_lines(cover: Cover, events: Iterable[AuditEvent]) -> Iterator[bytes]:
    """Yield JSON lines: first what it is, then an event a line."""
    yield json.dumps({"audit_trail": cover.document()}).encode() + b"\n"
    for one in events:
        row = {**event_row(one), "time": one.event.time.isoformat(), "body": one.link.body}
        yield json.dumps(row, ensure_ascii=False).encode() + b"\n"


def write_parquet(cover: Cover, events: Iterable[AuditEvent], to: IO[bytes]) -> None:
    """Write Parquet; what it is stands in the metadata of its schema."""
    rows = iter(events)
    schema = _SCHEMA.with_metadata({f"facility.{name}": value for name, value in cover.document().items()})
    with pq.ParquetWriter(to, schema) as writer:
        while batch := [_whole_row(one) for one in islice(rows, _AT_ONCE)]:
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))


LINES: Mapping[str, Callable[[Cover, Iterable[AuditEvent]], Iterator[bytes]]] = {"csv": csv_lines, "jsonl": json_lines}


def _csv(cells: list[object]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue().encode()


def _inert(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _finite(value: object) -> object:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
