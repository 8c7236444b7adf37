"""Rows of the tables of the grid's events as records, and back."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from facility.grid_event import GridEvent
from facility.history.grid_event_tables import GridEventMoveRow, GridEventRow
from facility.history.journal_codec import Codec
from facility.respond.event_state import Answer, GridEventState, KeptEvent, Opt, Said
from facility.respond.soundness import normal

GRID_EVENT = Codec(TypeAdapter(tuple[GridEvent]))


@dataclass(frozen=True, slots=True)
class GridEventMove:
    """A move of an event, or a revision that left it in its state: who, when and why."""

    before: GridEventState | None
    after: GridEventState
    revision: int
    said: Said


def as_kept(row: GridEventRow) -> KeptEvent:
    """Return the event that a row keeps."""
    return KeptEvent(
        number=row.number,
        event=normal(GRID_EVENT.load(row.body)),
        state=GridEventState(row.state),
        noticed=row.noticed,
        received=row.received,
        since=row.since,
        answer=_answer(row),
        not_planned=row.not_planned,
    )


def fill(row: GridEventRow, kept: KeptEvent) -> None:
    """Write an event into its row."""
    row.body, row.state = GRID_EVENT.dump(kept.event), kept.state.value
    row.noticed, row.received, row.since = kept.noticed, kept.received, kept.since
    row.not_planned = kept.not_planned
    row.opt = row.answered_by = row.answered_reason = row.answered_at = None
    if (answer := kept.answer) is not None:
        row.opt, row.answered_by = answer.opt.value, answer.said.by
        row.answered_reason, row.answered_at = answer.said.reason, answer.said.at


def as_move(row: GridEventMoveRow) -> GridEventMove:
    """Return the move that a row keeps."""
    before = GridEventState(row.from_state) if row.from_state else None
    return GridEventMove(before, GridEventState(row.to_state), row.revision, Said(row.actor, row.reason, row.at))


def _answer(row: GridEventRow) -> Answer | None:
    if row.opt is None or row.answered_by is None or row.answered_at is None:
        return None
    return Answer(Opt(row.opt), Said(row.answered_by, row.answered_reason or "", row.answered_at))
