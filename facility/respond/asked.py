"""How much an event asks of the site, in kW, under the terms of its program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from facility.grid_event import GridEvent, GridEventKind
from facility.promises import CommitmentKind
from facility.respond.settings import Program

# To draw neither more nor less is held as a cap: the site answers by drawing less, and does not burn power to draw more.
_CAPS = frozenset({GridEventKind.IMPORT_CAP, GridEventKind.SETPOINT})


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked from `start` until `end`."""

    kind: CommitmentKind
    start: datetime
    end: datetime
    amount_kw: float


def asks(event: GridEvent, program: Program) -> Iterator[Ask]:
    """Yield what an event asks, in the order of time; nothing for what it only tells.

    Raises
    ------
    KeyError
        Of a level that the program does not name: `unnamed_levels` tells before.
    """
    for one in event.intervals:
        if event.kind in _CAPS:
            yield Ask(CommitmentKind.IMPORT_CAP, one.start, one.end, max(one.value, 0.0))
        elif event.kind is GridEventKind.REDUCTION and one.value > 0.0:
            yield Ask(CommitmentKind.REDUCTION, one.start, one.end, one.value)
        elif event.kind is GridEventKind.LEVEL and one.value > 0.0:
            yield Ask(program.levels_are, one.start, one.end, program.levels_kw[level_name(one.value)])


def caps(event: GridEvent, program: Program) -> bool:
    """Tell whether an event caps what is drawn, which needs no baseline."""
    levels_cap = event.kind is GridEventKind.LEVEL and program.levels_are is CommitmentKind.IMPORT_CAP
    return event.kind in _CAPS or levels_cap


def unnamed_levels(event: GridEvent, program: Program) -> list[str]:
    """Return the levels of an event whose kW the program does not name."""
    if event.kind is not GridEventKind.LEVEL:
        return []
    wanted = {level_name(one.value) for one in event.intervals if one.value > 0.0}
    return sorted(wanted - set(program.levels_kw))


def level_name(value: float) -> str:
    """Return a level as the settings name it."""
    return f"{value:.0f}"


def penalty_per_kwh(event: GridEvent, program: Program) -> float:
    """Return what a kWh short costs: by the event, else by the agreement."""
    return program.penalty_per_kwh if event.penalty_per_kwh is None else event.penalty_per_kwh


def payment_per_kwh(event: GridEvent, program: Program) -> float:
    """Return what a kWh delivered earns: by the event, else by the agreement."""
    return program.payment_per_kwh if event.payment_per_kwh is None else event.payment_per_kwh
