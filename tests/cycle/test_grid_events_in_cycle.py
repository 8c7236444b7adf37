"""An accepted event in a whole cycle: the plan holds it as a commitment, against a baseline that is frozen in the book.

So does the plan that is being made when it arrives.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from facility.clock import SystemClock
from facility.cycle import run_cycle
from facility.environment import open_environment
from facility.grid_event import GridEvent, GridEventInterval, GridEventKind
from facility.heartbeat import Heartbeat
from facility.history.dispatch_records import LockOut, Said
from facility.history.grid_event_book import GridEventBook
from facility.keeping_up import KeepingUp
from facility.offering import Offering
from facility.promises import CommitmentKind
from facility.respond.settings import settings_path
from facility.respond.soundness import normal
from facility.service.planner import plan_once
from facility.service.promise_watch import PromiseWatch
from facility.service.worker import Worker
from facility.site_file import LoadedSite, load_site
from facility.site_respond import open_grid_event_book
from facility.state import StateFolder
from tests.cycle.lived_in import changed_site, live

REDUCTION_KW = 20.0


PROGRAM = {
    "name": "peak",
    "baseline": {"method": "meter_before"},
    "penalty_per_kwh": 5.0,
    "accept": {"most_kw": 100.0},
}


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedSite:
    """A site that accepts what is asked, and has lived some hours."""
    found = load_site(changed_site(tmp_path, {}))
    settings_path(found).write_text(yaml.safe_dump({"programs": [PROGRAM]}))
    live(found, StateFolder(tmp_path / "state"), 0.2)
    return found


def reduction(name: str, now: datetime, ahead_h: float) -> GridEvent:
    start = now + timedelta(hours=ahead_h)
    asked = GridEventInterval(start, start + timedelta(hours=2), REDUCTION_KW)
    return GridEvent("openadr:utility", name, 0, "peak", GridEventKind.REDUCTION, (asked,), sent=now)


def test_a_plan_holds_what_was_accepted(loaded: LoadedSite, tmp_path: Path) -> None:
    state, clock = StateFolder(tmp_path / "state"), SystemClock()
    now = clock.now()
    event = reduction("e-1", now, 3.0)
    with open_environment(loaded, state, clock) as environment:
        assert environment.grid_events is not None
        (reception,) = environment.grid_events.receive([event], now)
        assert reception.number is not None
        plan = run_cycle(environment, "promised").plan
        assert environment.grid_events.baseline(reception.number) is not None
        locked = {"crah-7": LockOut("crah-7", Said("r.weber", "belt", now), now + timedelta(hours=8))}
        inputs = Offering.of(replace(environment, lock_outs=locked)).inputs
    assert [(one.id, one.amount_kw) for one in inputs.commitments] == [("dr-1", REDUCTION_KW)]  # sold once
    assert not inputs.site.in_service("crah-7", inputs.start)
    (outcome,) = plan.commitments
    (asked,) = normal(event).intervals
    assert (outcome.id, outcome.kind, outcome.committed_kw) == ("dr-1", CommitmentKind.REDUCTION, REDUCTION_KW)
    assert (outcome.start, outcome.end) == (asked.start, asked.end)
    assert outcome.shortfall_kwh >= 0.0 and outcome.delivered_kw != 0.0


class ArrivingMeanwhile(PromiseWatch):
    """Looks into the book; before so manyth a look an event arrives there."""

    def __init__(self, worker: Worker, book: GridEventBook, at_look: int) -> None:
        super().__init__(worker)
        self._events, self._at_look, self.looks = book, at_look, 0

    def changed(self) -> bool:
        self.looks += 1
        if self.looks == self._at_look:
            now = SystemClock().now()
            self._events.receive([reduction("e-2", now, 6.0)], now)
        return super().changed()


def test_an_event_that_arrives_while_a_plan_is_made_is_in_that_plan(loaded: LoadedSite, tmp_path: Path) -> None:
    state, clock = StateFolder(tmp_path / "state"), SystemClock()
    worker = Worker(state, clock, Heartbeat(state, "planner", clock), loaded)
    with closing(open_grid_event_book(loaded, state)) as book:
        book.receive([reduction("e-1", clock.now(), 3.0)], clock.now())
        promises = ArrivingMeanwhile(worker, book, at_look=4)
        outcome = plan_once(worker, keeping_up=KeepingUp(promises))
    assert outcome is not None and promises.looks > 4
    assert [one.id for one in outcome.plan.commitments] == ["dr-1", "dr-2"]
    assert not promises.changed(), "nothing is left for another plan"
    with open_environment(loaded, state, clock) as environment:
        newest = environment.journal.latest_plan()
    assert newest is not None and newest.id == outcome.plan.id
