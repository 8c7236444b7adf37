"""How an event of the grid stands at the site: one state machine, moved by its sender, by people or rules, and by the clock."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from facility.errors import FacilityError
from facility.grid_event import GridEvent, GridEventKind

CLOCK = "clock"  # who moves an event whose time has come
# What tells the site something and asks nothing of it: there is nothing to opt in to.
# Capacity is told too: it holds by the contract, not by an answer.
TELLING = frozenset(
    {GridEventKind.PRICE, GridEventKind.CARBON, GridEventKind.IMPORT_SUBSCRIBED, GridEventKind.IMPORT_RESERVED}
)


class GridEventState(enum.StrEnum):
    """How far an event is."""

    INVITED = "invited"
    OPTED_IN = "opted_in"
    OPTED_OUT = "opted_out"
    ACTIVE = "active"
    DONE = "done"
    DECLINED = "declined"  # opted out, and over
    CANCELLED = "cancelled"


_STATE = GridEventState
MOVES: Mapping[GridEventState, frozenset[GridEventState]] = {
    _STATE.INVITED: frozenset({_STATE.OPTED_IN, _STATE.OPTED_OUT, _STATE.CANCELLED}),
    _STATE.OPTED_IN: frozenset({_STATE.INVITED, _STATE.OPTED_OUT, _STATE.ACTIVE, _STATE.CANCELLED}),
    _STATE.OPTED_OUT: frozenset({_STATE.INVITED, _STATE.OPTED_IN, _STATE.DECLINED, _STATE.CANCELLED}),
    _STATE.ACTIVE: frozenset({_STATE.INVITED, _STATE.OPTED_OUT, _STATE.DONE, _STATE.CANCELLED}),
    _STATE.DONE: frozenset(),
    _STATE.DECLINED: frozenset(),
    _STATE.CANCELLED: frozenset(),
}
PROMISED = frozenset({_STATE.OPTED_IN, _STATE.ACTIVE})  # what the plan holds
OVER = frozenset(state for state, moves in MOVES.items() if not moves)


class GridEventError(FacilityError):
    """What was asked of an event cannot be done in its state."""


class Opt(enum.StrEnum):
    """What the site answers."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Said:
    """Who moved an event, why and when."""

    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered, by whom and why."""

    opt: Opt
    said: Said


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """An event as the site keeps it.

    Attributes
    ----------
    number
        What the site calls it.
    noticed, received
        When it came first, which freezes its baseline; when its present revision came.
    since
        When it came to its state.
    not_planned
        Why no plan holds it, though it is accepted.
    """

    number: int
    event: GridEvent
    state: GridEventState
    noticed: datetime
    received: datetime
    since: datetime
    answer: Answer | None = None
    not_planned: str | None = None

    @property
    def answerable_until(self) -> datetime:
        """Return until when an answer is waited for; one that comes while its event runs may be answered while it does."""
        if self.event.answer_by is not None:
            return min(self.event.answer_by, self.event.end)
        return self.event.start if self.received < self.event.start else self.event.end

    def moved(self, to: GridEventState, at: datetime) -> KeptEvent:
        """Return it in another state.

        Raises
        ------
        GridEventError
            If it cannot get there from where it is.
        """
        if to not in MOVES[self.state]:
            raise GridEventError(f"event {self.number} is {self.state.value} and cannot become {to.value}")
        stays = to in PROMISED and self.state in PROMISED
        return replace(self, state=to, since=at, not_planned=self.not_planned if stays else None)


Moved = tuple[KeptEvent, Said]  # what an event has become, by whom and why


def answered(kept: KeptEvent, answer: Answer) -> KeptEvent:
    """Return an event with an answer; the same answer again changes nothing.

    Raises
    ------
    GridEventError
        If it is over, or it is too late to opt in. Opting out is possible until the end: its price is in the agreement.
    """
    if kept.state in OVER or answer.said.at >= kept.event.end:
        raise GridEventError(f"event {kept.number} is over; there is nothing to answer")
    if answer.opt is Opt.OUT:
        return (
            kept
            if kept.state is _STATE.OPTED_OUT
            else replace(kept.moved(_STATE.OPTED_OUT, answer.said.at), answer=answer)
        )
    if kept.state in PROMISED:
        return kept
    if answer.said.at > kept.answerable_until:
        raise GridEventError(f"event {kept.number} was to be answered until {kept.answerable_until.isoformat()}")
    return replace(kept.moved(_STATE.OPTED_IN, answer.said.at), answer=answer)


def due_moves(kept: KeptEvent, now: datetime) -> Iterator[Moved]:
    """Yield what the clock makes of an event, move by move; nothing where nothing is due."""
    said = Said(CLOCK, "", now)
    if kept.state is _STATE.INVITED and now > kept.answerable_until:
        said = replace(said, reason="nobody answered in time")
        kept = replace(kept.moved(_STATE.OPTED_OUT, now), answer=Answer(Opt.OUT, said))
        yield kept, said
        said = replace(said, reason="")
    if kept.state is _STATE.OPTED_IN and now >= kept.event.start:
        kept = kept.moved(_STATE.ACTIVE, now)
        yield kept, said
    if kept.state is _STATE.ACTIVE and now >= kept.event.end:
        yield kept.moved(_STATE.DONE, now), said
    if kept.state is _STATE.OPTED_OUT and now >= kept.event.end:
        yield kept.moved(_STATE.DECLINED, now), said
