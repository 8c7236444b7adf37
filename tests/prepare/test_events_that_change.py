"""A sender that changes its event while it runs, ends it early, or cancels it in its recovery: the book and the plan follow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from facility.grid_event import GridEvent, GridEventStanding
from facility.heartbeat import Heartbeat
from facility.history.grid_event_book import GridEventBook
from facility.prepare.grid_commitments import Outlook, grid_commitments
from facility.prepare.settle_event import settle_event
from facility.respond.event_state import Answer, GridEventState, Opt, Said
from facility.respond.reception import Outcome
from facility.service.promise_watch import PromiseWatch
from facility.service.worker import Worker
from facility.site_history import open_site_history
from facility.site_respond import open_grid_event_book
from facility.state import StateFolder
from tests.api.records_for_tests import FixedClock
from tests.respond.grid_events import NOW, START, changed, grid_event, hours
from tests.respond.responding import responding_site, store_meter

STEP, MINUTE, HOUR = timedelta(minutes=15), timedelta(minutes=1), timedelta(hours=1)
ASKED = grid_event((80.0, 80.0))
RUNS = START + 30 * MINUTE


@dataclass
class Responding:
    """A site that has accepted an event, with weeks of readings of its meter: 400 kW, and 320 kW while the event runs."""

    worker: Worker
    book: GridEventBook
    promises: PromiseWatch

    def told(self, event: GridEvent, at: datetime) -> Outcome:
        """Let the sender tell something, and the clock follow; return what became of it."""
        (reception,) = self.book.receive([event], at)
        self.book.keep_time(at)
        return reception.outcome

    def planned_kw(self, at: datetime) -> list[float]:
        """Return what a plan that begins then has to hold, step by step, the rest of the event and an hour more."""
        times = [at + index * STEP for index in range(10)]
        outlook = Outlook(times, STEP, np.full(len(times), 12.0), at)
        with closing(open_site_history(self.worker.loaded, self.worker.state, FixedClock(at))) as telemetry:
            held = grid_commitments(self.worker.loaded, telemetry, self.book, outlook)
        return [sum(one.amount_kw for one in held if one.start <= time < one.end) for time in times]

    def settled_kwh(self, at: datetime) -> tuple[float, float]:
        """Return what was promised and what of it was delivered."""
        with closing(open_site_history(self.worker.loaded, self.worker.state, FixedClock(at))) as telemetry:
            sums = settle_event(self.worker.loaded, telemetry, self.book, self.book.event(1), at).settlement
        return sums.committed_kwh, sums.credited_kwh


@pytest.fixture
def site(example_site: Path, tmp_path: Path) -> Iterator[Responding]:
    """The event is planned for, has begun, and runs for half an hour when the test begins."""
    state, loaded = StateFolder(tmp_path / "var"), responding_site(example_site)
    store_meter(loaded, state, NOW - timedelta(days=21), START, 400.0)
    store_meter(loaded, state, START, START + 2 * HOUR, 320.0)
    worker = Worker(state, FixedClock(NOW), Heartbeat(state, "planner", FixedClock(NOW)), loaded)
    with closing(open_grid_event_book(loaded, state)) as book:
        found = Responding(worker, book, PromiseWatch(worker))
        assert found.told(ASKED, NOW) is Outcome.NEW
        assert found.planned_kw(NOW)[8:] == [80.0, 80.0], "which freezes its baseline"
        book.keep_time(RUNS)
        found.promises.remember()
        yield found


def test_less_asked_while_it_runs_is_planned_at_once(site: Responding) -> None:
    assert site.told(changed(ASKED, intervals=hours(80.0, 30.0)), RUNS) is Outcome.REVISED
    assert site.promises.changed() and site.book.event(1).state is GridEventState.ACTIVE
    assert site.planned_kw(RUNS) == [80.0] * 2 + [30.0] * 4 + [0.0] * 4
    site.book.keep_time(START + 2 * HOUR)
    assert site.settled_kwh(START + 3 * HOUR) == pytest.approx((110.0, 110.0))


@pytest.mark.parametrize("notice_min", [30.0, 0.0])
def test_more_asked_while_it_runs_comes_too_late_and_what_was_promised_holds(
    example_site: Path, site: Responding, notice_min: float
) -> None:
    responding_site(example_site, notice_min=notice_min)
    with closing(open_grid_event_book(site.worker.loaded, site.worker.state)) as book:
        for values in ((80.0, 100.0), (80.0, 80.0, 80.0)):
            (reception,) = book.receive([changed(ASKED, intervals=hours(*values))], RUNS)
            assert reception.outcome is Outcome.LATE
    assert not site.promises.changed()
    assert site.planned_kw(RUNS) == [80.0] * 6 + [0.0] * 4


@pytest.mark.parametrize("ended_ago", [timedelta(0), 3 * MINUTE])
def test_what_is_ended_early_is_done_and_settled_until_then(site: Responding, ended_ago: timedelta) -> None:
    """By the time that its sender's word arrives, its end has passed."""
    (first, _) = ASKED.intervals
    ended = changed(ASKED, intervals=(replace(first, end=RUNS - ended_ago),))
    assert site.told(ended, RUNS) is Outcome.REVISED
    assert site.promises.changed() and site.book.event(1).state is GridEventState.DONE
    assert site.planned_kw(RUNS) == [0.0] * 10
    delivered_kwh = 80.0 * ((RUNS - ended_ago - START) / HOUR)
    assert site.settled_kwh(START + 3 * HOUR) == pytest.approx((delivered_kwh, delivered_kwh))


def test_what_is_cancelled_while_it_runs_leaves_the_plan(site: Responding) -> None:
    assert site.told(changed(ASKED, standing=GridEventStanding.CANCELLED), RUNS) is Outcome.CANCELLED
    assert site.promises.changed() and site.book.event(1).state is GridEventState.CANCELLED
    assert site.planned_kw(RUNS) == [0.0] * 10


def test_what_is_cancelled_in_its_recovery_was_delivered(site: Responding) -> None:
    """The hours after an event are those in which the site makes up for it: there is nothing to call off, and it is paid."""
    recovers = START + 2 * HOUR + 20 * MINUTE
    site.book.keep_time(recovers)
    assert site.promises.changed(), "it is over: no plan holds it any more"
    assert site.told(changed(ASKED, standing=GridEventStanding.CANCELLED), recovers) is Outcome.PAST
    assert not site.promises.changed() and site.book.event(1).state is GridEventState.DONE
    assert site.planned_kw(recovers) == [0.0] * 10
    assert site.settled_kwh(recovers) == pytest.approx((160.0, 160.0))


def test_what_is_declined_is_over_when_its_event_is(site: Responding) -> None:
    site.book.answer(1, Answer(Opt.OUT, Said("r.weber", "a pump fails", RUNS)))
    assert site.promises.changed()
    over = START + 2 * HOUR
    assert site.book.keep_time(over - MINUTE) == []
    assert [one.state for one in site.book.keep_time(over)] == [GridEventState.DECLINED]
    assert site.book.event(1).answer is not None, "who declined it, and why, stays"
    assert site.told(changed(ASKED, intervals=hours(10.0, start=over + HOUR)), over) is Outcome.PAST
    assert site.book.keep_time(over + HOUR) == [] and not site.promises.changed()
