"""/events, /events/export and /audit-head: who did what, all of it in a file, and what shows later that none of it was cut off.

Names of people, and what was typed as a name to sign in, are among it: whoever reads it signs in, on this machine too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel

from facility.access import Permission
from facility.api.entry import needs
from facility.api.problem import ProblemError
from facility.api.routes.view import View
from facility.history.audit_export import LINES, Cover, event_row, write_parquet
from facility.history.audit_trail import AuditEvent, Wanted

router = APIRouter(tags=["audit"])
MOST = 500
MOST_EXPORTED = 100_000
_CHUNK_BYTES = 64 * 1024
_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}


class EventAnswer(BaseModel):
    """An event, and its place in the chain."""

    sequence: int
    time: AwareDatetime
    kind: str
    subject: str
    actor: str
    detail: dict[str, str | int | float | bool | None]
    correlation_id: str | None
    key_id: str | None
    previous_hash: str
    hash: str


class EventsAnswer(BaseModel):
    """A page of events; `next` is the `cursor` of the page after it, none where there is none."""

    events: list[EventAnswer]
    next: int | None


class HeadAnswer(BaseModel):
    """The last event of the chain, as `facility audit verify --head` takes it; none of a journal without events."""

    at: AwareDatetime
    sequence: int | None
    hash: str | None
    head: str | None


def _wanted(
    kind: Annotated[
        str | None, Query(description="a kind, or what stands above it: `write` has `write.written`")
    ] = None,
    subject: str | None = None,
    actor: str | None = None,
    since: Annotated[AwareDatetime | None, Query(description="ISO 8601 with an offset")] = None,
    until: Annotated[AwareDatetime | None, Query(description="ISO 8601 with an offset; not included")] = None,
) -> Wanted:
    return Wanted(kind, subject, actor, since, until)


Filters = Annotated[Wanted, Depends(_wanted)]


@router.get("/events", dependencies=[needs(Permission.READ, known=True)])
def read_events(
    *,
    view: View,
    wanted: Filters,
    order: Literal["newest", "oldest"] = "newest",
    cursor: Annotated[int | None, Query(ge=0, lt=1 << 63, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> EventsAnswer:
    """Return a page of events, newest or oldest first."""
    trail = view.audit
    found = trail.newest_first(wanted, cursor) if order == "newest" else trail.oldest_first(wanted, cursor or 0)
    page = list(islice(found, limit + 1))
    answers = [EventAnswer.model_validate(event_row(one)) for one in page[:limit]]
    return EventsAnswer(events=answers, next=answers[-1].sequence if len(page) > limit else None)


@router.get(
    "/events/export",
    dependencies=[needs(Permission.READ, known=True)],
    response_class=StreamingResponse,
    responses={200: {"content": {name: {} for name in _MEDIA.values()}}},
)
def export_events(
    *, view: View, wanted: Filters, form: Annotated[Literal["csv", "jsonl", "parquet"], Query(alias="format")] = "csv"
) -> StreamingResponse:
    """Return all events that are wanted, oldest first, with the exact text that each hash is of."""
    trail = view.audit
    if (number := trail.count(wanted)) > MOST_EXPORTED:
        detail = f"about {number:,} events, at most {MOST_EXPORTED:,}; ask for less time, or run facility audit export"
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    head, now = trail.head(), view.clock.now()
    cover = Cover(view.loaded.site.id, head, now)
    found = trail.oldest_first(wanted, last=0 if head is None else head.sequence)
    name = f"{view.loaded.site.id}-audit-{now:%Y%m%dT%H%MZ}.{form}"
    return StreamingResponse(
        _parquet(cover, found) if form == "parquet" else LINES[form](cover, found),
        media_type=_MEDIA[form],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.get("/audit-head", dependencies=[needs(Permission.READ, known=True)])
def read_head(view: View) -> HeadAnswer:
    """Return the head of the audit trail; who keeps it can tell later whether the trail was cut off or made anew."""
    head, now = view.audit.head(), view.clock.now()
    if head is None:
        return HeadAnswer(at=now, sequence=None, hash=None, head=None)
    return HeadAnswer(at=now, sequence=head.sequence, hash=head.hash, head=str(head))


def _parquet(cover: Cover, found: Iterator[AuditEvent]) -> Iterator[bytes]:
    """Yield a Parquet file: its end says where its parts are, so that it is whole on the disk before it is sent."""
    with tempfile.TemporaryFile() as file:
        write_parquet(cover, found, file)
        file.seek(0)
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
