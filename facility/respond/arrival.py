"""What becomes of an event that arrives: how it is judged by the settings, and the moves that follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from facility.grid_event import GridEvent
from facility.respond.asked import unnamed_levels
from facility.respond.event_state import PROMISED, Answer, GridEventState, KeptEvent, Moved, Opt, Said, answered
from facility.respond.reception import REFUSED, Outcome, Reception, asks_no_more, received
from facility.respond.settings import RespondSettings
from facility.respond.soundness import malformed, normal
from facility.respond.standing_rules import RULE, accepts


def judged(
    known: KeptEvent | None, event: GridEvent, settings: RespondSettings, now: datetime
) -> tuple[GridEvent, Reception]:
    """Return an event with its times in UTC, as far as it is one, and what is to be made of it."""
    if malformed(event) is None:
        event = normal(event)
    reception = received(known, event, settings.bounds(event.source, event.program), now)
    program = settings.program(event.program)
    if reception.outcome not in REFUSED and program is not None and (levels := unnamed_levels(event, program)):
        why = f"program {program.name} does not say what level {', '.join(levels)} means"
        return event, replace(reception, outcome=Outcome.NOT_PERMITTED, why=why)
    return event, reception


def arrived(
    known: KeptEvent | None, event: GridEvent, reception: Reception, settings: RespondSettings, zone: ZoneInfo
) -> Iterator[Moved]:
    """Yield what an event becomes that was taken, move by move; a new one has the number 0."""
    said = Said(event.source, event.reason, reception.at)
    if reception.outcome is Outcome.CANCELLED:
        before = known or _new(event, said.at)
        yield replace(before.moved(GridEventState.CANCELLED, said.at), event=event, received=said.at), said
        return
    promised = known is not None and known.state in PROMISED and asks_no_more(known.event, event)
    if known is not None and promised and not (known.state is GridEventState.ACTIVE and event.start > said.at):
        yield replace(known, event=event, received=said.at), said
        return
    invited = _new(event, said.at) if known is None else _invited_anew(known, event, said.at, promised=promised)
    yield invited, said
    if promised and known is not None and known.answer is not None:
        yield replace(invited, state=GridEventState.OPTED_IN, answer=known.answer), known.answer.said
        return
    program = settings.program(event.program)
    if program is not None and (why := accepts(event, program, zone)) is not None:
        by_rule = Said(RULE, why, said.at)
        yield answered(invited, Answer(Opt.IN, by_rule)), by_rule


def _new(event: GridEvent, at: datetime) -> KeptEvent:
    return KeptEvent(0, event, GridEventState.INVITED, noticed=at, received=at, since=at)


def _invited_anew(known: KeptEvent, event: GridEvent, at: datetime, *, promised: bool) -> KeptEvent:
    """Return an event that is to be answered anew; what asks for more has its notice now."""
    invited = known if known.state is GridEventState.INVITED else known.moved(GridEventState.INVITED, at)
    return replace(invited, event=event, received=at, noticed=known.noticed if promised else at, answer=None)
