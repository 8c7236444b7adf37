"""How long after an event is posted the newest plan holds it: while the planner waits, and while it plans."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from facility.heartbeat import BEAT_S
from facility.history.journal import SqlJournal
from facility.promises import CommitmentOutcome
from facility.site_journal import open_site_journal
from tools.bench.respond_hook import Hook, reduction
from tools.bench.respond_service import PROMISED, Service, wait_until
from tools.bench.rows import Row, compared

ASKED_S = 30.0
NOTICE = timedelta(hours=3)
ASKED_KW = 10.0


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds from the post of an event to a plan with it, of one each kind, and how long the planner's last cycle was."""

    waiting_s: float
    planning_s: float
    cycle_s: float


def plan_rows(service: Service, hook: Hook, rounds: int) -> list[Row]:
    """Post two events a round, the second while the planner plans for the first, from round to round later in its cycle."""
    first, draw = datetime.now(UTC) + NOTICE, random.Random(1)
    with closing(open_site_journal(service.loaded, service.state)) as journal:
        found = []
        for index in range(rounds):
            wait_until(lambda: _waits(service), "the planner waits, and has made a plan")
            time.sleep(draw.uniform(0.0, BEAT_S))  # anywhere between two of its looks
            found.append(_round(service, hook, journal, first + timedelta(hours=2 * index), (index + 0.5) / rounds))
    return rows_of(found)


def rows_of(rounds: Sequence[Round]) -> list[Row]:
    """Return the slowest of all and of each kind, and the longest cycle."""
    waiting_s, planning_s = max(one.waiting_s for one in rounds), max(one.planning_s for one in rounds)
    return [
        compared("event_to_plan_seconds", max(waiting_s, planning_s), "s", ASKED_S),
        compared("event_to_plan_seconds: the planner waits", waiting_s, "s", ASKED_S),
        compared("event_to_plan_seconds: the planner plans", planning_s, "s", ASKED_S),
        Row("event_to_plan_cycle_seconds", max(one.cycle_s for one in rounds), "s"),
        Row("event_to_plan_events", 2.0 * len(rounds), "-"),
    ]


def _round(service: Service, hook: Hook, journal: SqlJournal, start: datetime, cycle_share: float) -> Round:
    last_cycle_s = service.said("planner")["cycle_s"]
    first_s, first = _post(hook, start)
    wait_until(lambda: service.said("planner")["activity"] == "planning", "the planner plans")
    time.sleep(cycle_share * last_cycle_s)  # at first it has not read yet what is promised
    second_s, second = _post(hook, start + timedelta(hours=1))
    waiting_s, planning_s = (_planned(journal, *one) for one in ((first, first_s), (second, second_s)))
    wait_until(lambda: _waits(service), "the planner says how long it took")
    return Round(waiting_s, planning_s, service.said("planner")["cycle_s"])


def _post(hook: Hook, start: datetime) -> tuple[float, int]:
    began_s = time.monotonic()
    (number,) = hook.send(reduction(f"plan-{start:%d-%H%M}", PROMISED, start, ASKED_KW)).numbers
    return began_s, number


def _planned(journal: SqlJournal, number: int, began_s: float) -> float:
    wait_until(lambda: _holds(journal, number), f"a plan that holds event {number}")
    return time.monotonic() - began_s


def _holds(journal: SqlJournal, number: int) -> bool:
    plan = journal.latest_plan()
    return plan is not None and number in {_event(one) for one in plan.commitments}


def _event(outcome: CommitmentOutcome) -> int:
    return int(outcome.id.removeprefix("dr-").partition(".")[0])


def _waits(service: Service) -> bool:
    said = service.said("planner")
    return said.get("activity") == "waiting" and said.get("last_plan") is not None
