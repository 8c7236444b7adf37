"""What the grid asks during a comparison, from a file; and how the product hears of it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from facility.errors import ConfigurationError
from facility.grid_event import GridEvent, GridEventInterval, GridEventKind
from facility.history.grid_event_book import GridEventBook
from facility.respond.event_state import KeptEvent
from facility.respond.frozen_baseline import FROZEN, FrozenBaseline
from facility.respond.settings import BaselineTerms, Program, RespondSettings, StandingRule

COLUMNS = ("told", "start", "end", "kw", "penalty_per_kwh")
PROGRAM, SOURCE = "closed-loop", "openadr:closed-loop"
_ANYTHING_KW = 1e9
Beside = Callable[[KeptEvent], Iterable[FrozenBaseline | str]]  # a baseline, or why there is none


@dataclass(frozen=True, slots=True)
class GridCall:
    """So many kW less than the plan in force has the site draw, told at a time; short of it each kWh costs."""

    told: datetime
    start: datetime
    end: datetime
    kw: float
    penalty_per_kwh: float


def read_calls(path: Path) -> tuple[GridCall, ...]:
    """Read what is asked and when.

    Parameters
    ----------
    path
        CSV with `told`, `start`, `end` (times with their offset), `kw` and `penalty_per_kwh`.

    Raises
    ------
    ConfigurationError
        With file, line and what to do.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(sorted(_calls(path, csv.DictReader(file)), key=lambda call: call.told))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error


def _calls(path: Path, rows: csv.DictReader[str]) -> Iterator[GridCall]:
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or [])]
    if missing:
        raise ConfigurationError(f"{path}: no column {', '.join(missing)}; expected {', '.join(COLUMNS)}")
    for row in rows:
        try:
            yield _call({name: (row[name] or "").strip() for name in COLUMNS})
        except ValueError as error:
            raise ConfigurationError(f"{path}:{rows.line_num}: {error}") from None


def _call(row: dict[str, str]) -> GridCall:
    times = {name: datetime.fromisoformat(row[name]) for name in ("told", "start", "end")}
    for name, time in times.items():
        if time.tzinfo is None:
            raise ValueError(f"{name} {row[name]} has no offset from UTC; add one, such as +00:00")
    if not times["told"] <= times["start"] < times["end"]:
        raise ValueError("expected told <= start < end")
    kw, penalty_per_kwh = float(row["kw"]), float(row["penalty_per_kwh"])
    if not 0.0 < kw < _ANYTHING_KW or not 0.0 <= penalty_per_kwh < _ANYTHING_KW:
        raise ValueError(f"kw {row['kw']}, penalty_per_kwh {row['penalty_per_kwh']}: expected positive numbers")
    return GridCall(**times, kw=kw, penalty_per_kwh=penalty_per_kwh)


def call_settings(terms: BaselineTerms) -> RespondSettings:
    """Return settings under which the site accepts whatever is asked: what it can deliver is what a comparison is about."""
    rule = StandingRule(most_kw=_ANYTHING_KW, longest_h=24.0 * 31)
    return RespondSettings(programs=(Program(name=PROGRAM, baseline=terms, accept=rule),))


@dataclass(slots=True)
class GridEar:
    """Tells the product's book what is asked, when its time has come; `beside` makes further baselines of it, at once."""

    book: GridEventBook
    calls: Sequence[GridCall]
    beside: Beside = lambda _: ()
    _told: int = field(default=0, init=False)
    _beside: dict[str, list[FrozenBaseline | str]] = field(default_factory=dict, init=False)

    def hear(self, time: datetime) -> bool:
        """Keep the book's time; return whether something new is asked."""
        due = [call for call in self.calls if call.told <= time]
        fresh, self._told = due[self._told :], len(due)
        if fresh:
            events = [self._event(number, call) for number, call in enumerate(due) if call in fresh]
            self.book.receive(events, time)
            known = {kept.event.id: kept for kept in self.book.events()}
            self._beside |= {event.id: list(self.beside(known[event.id])) for event in events}
        self.book.keep_time(time)
        return bool(fresh)

    def baselines(self) -> list[list[FrozenBaseline]]:
        """Return the baselines of each call: first the one that the plan was held against; none where it never was."""
        found = {kept.event.id: self.book.baseline(kept.number) for kept in self.book.events()}
        names = [_name(number) for number in range(len(self.calls))]
        return [
            []
            if (own := found.get(name)) is None
            else [FROZEN.validate_json(own), *(one for one in self._beside[name] if isinstance(one, FrozenBaseline))]
            for name in names
        ]

    def notes(self) -> Iterator[str]:
        """Yield which calls were not planned for and which baselines could not be told, with why."""
        for kept in self.book.events():
            if kept.not_planned is not None:
                yield f"the event of {kept.event.start:%Y-%m-%d %H:%M} UTC was not planned for: {kept.not_planned}"
            for one in self._beside.get(kept.event.id, []):
                if isinstance(one, str):
                    yield f"the event of {kept.event.start:%Y-%m-%d %H:%M} UTC: {one}"

    def _event(self, number: int, call: GridCall) -> GridEvent:
        return GridEvent(
            source=SOURCE,
            id=_name(number),
            revision=0,
            program=PROGRAM,
            kind=GridEventKind.REDUCTION,
            intervals=(GridEventInterval(call.start, call.end, call.kw),),
            sent=call.told,
            penalty_per_kwh=call.penalty_per_kwh,
        )


def _name(number: int) -> str:
    return f"call-{number}"
