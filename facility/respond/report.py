"""Events as rows, for the API and the command line."""

from __future__ import annotations

from typing import Any

from facility.respond.asked import asks, payment_per_kwh, penalty_per_kwh, unnamed_levels
from facility.respond.event_state import GridEventState, KeptEvent, Said
from facility.respond.settings import Program, RespondSettings


def event_row(kept: KeptEvent, settings: RespondSettings) -> dict[str, Any]:
    """Return an event with how it stands. A program that the settings no longer name asks nothing."""
    event, answer, program = kept.event, kept.answer, settings.program(kept.event.program)
    terms = program or Program(name="unknown")
    asked = [] if unnamed_levels(event, terms) else list(asks(event, terms))
    return {
        "number": kept.number,
        "source": event.source,
        "id": event.id,
        "revision": event.revision,
        "program": event.program,
        "kind": event.kind,
        "state": kept.state,
        "test": event.test,
        "priority": event.priority,
        "start": event.start,
        "end": event.end,
        "asks": [{"kind": one.kind, "start": one.start, "end": one.end, "kw": one.amount_kw} for one in asked],
        "noticed": kept.noticed,
        "since": kept.since,
        "answer_until": kept.answerable_until,
        "opt": answer and answer.opt,
        "answered_by": answer and answer.said.by,
        "answered_reason": answer and answer.said.reason,
        "payment_per_kwh": payment_per_kwh(event, terms),
        "penalty_per_kwh": penalty_per_kwh(event, terms),
        "reason": event.reason,
        "not_planned": kept.not_planned,
    }


def move_row(before: GridEventState | None, after: GridEventState, revision: int, said: Said) -> dict[str, Any]:
    """Return a move, or a revision that left an event in its state."""
    return {"before": before, "after": after, "revision": revision, "by": said.by, "reason": said.reason, "at": said.at}
