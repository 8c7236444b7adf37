"""What forbids writing one point: the site file's limits and rate, an engineer's leave, somebody else's hand, its reversion."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime

from facility.acquire.writing.rules import WriteRules, is_unchanged
from facility.dispatch.facts import PointFacts
from facility.dispatch.refusal import Refusal, RefusalKind


def check_point(facts: PointFacts, value: float, now: datetime, *, automatic: bool) -> Iterator[Refusal]:
    """Say what forbids writing a value to a point."""
    rules = facts.rules
    if isinstance(rules, str):
        yield Refusal(RefusalKind.LIMIT, facts.point, "it must be writable", rules, "set it by hand")
        return
    outside = list(_limits(rules, value))
    yield from outside
    yield from _leave(facts, now)
    if not outside:
        yield from _rate(rules, facts, value)
    if automatic:
        yield from check_reversion(facts, now)


def check_reversion(facts: PointFacts, now: datetime) -> Iterator[Refusal]:
    """Say what forbids writing a point without a person: nobody would take it back if this service died."""
    test = facts.test
    if facts.reversion == "none":
        yield Refusal(RefusalKind.REVERSION, facts.point, "Auto needs a reversion outside this service",
                      "the site file says none", "leave it to people, or give it a watchdog")  # fmt: skip
    elif test is None or not test.holds(now):
        number = "never tested" if test is None else (
            f"the test expired at {test.expires:%Y-%m-%d %H:%M} UTC" if test.passed else f"failed: {test.note}"
        )  # fmt: skip
        yield Refusal(RefusalKind.REVERSION, facts.point, f"Auto needs a passed test of reversion ({facts.reversion})",
                      number, "test its reversion")  # fmt: skip


def writes_needed(rules: WriteRules, present: float | None, value: float) -> int:
    """Return how many writes bring a point from what it holds to a value; one where nobody knows what it holds."""
    if present is None or rules.max_step is None:
        return 1
    if is_unchanged(rules, present, value):
        return 0
    return math.ceil(abs(value - present) / rules.max_step * (1 - 1e-9))


def _limits(rules: WriteRules, value: float) -> Iterator[Refusal]:
    if not rules.low <= value <= rules.high:  # also NaN
        yield Refusal(RefusalKind.LIMIT, rules.point, f"allowed is {rules.low:g} to {rules.high:g} {rules.unit}",
                      rules.says(value), "choose a value inside, or widen low and high in the site file")  # fmt: skip


def _leave(facts: PointFacts, now: datetime) -> Iterator[Refusal]:
    permit, override = facts.standing.permit, facts.standing.override
    if permit is None or not permit.holds(now):
        number = "nobody does" if permit is None else f"the leave of {permit.actor} has ended"
        yield Refusal(RefusalKind.PERMISSION, facts.point, "an engineer must allow writing it", number,
                      "have it allowed")  # fmt: skip
    if override is not None:
        yield Refusal(RefusalKind.OVERRIDE, facts.point, "nobody else may have changed it",
                      f"{override.found:.6g} found, {override.expected:.6g} written",
                      "find out why, then clear it")  # fmt: skip


def _rate(rules: WriteRules, facts: PointFacts, value: float) -> Iterator[Refusal]:
    """Refuse what the day's budget cannot end; what is only too soon waits for its time."""
    needed = writes_needed(rules, facts.present, value)
    left = rules.writes_per_day - facts.standing.writes_last_day
    if needed > left:
        yield Refusal(RefusalKind.RATE, facts.point, f"{rules.writes_per_day} writes in 24 hours ({rules.budget_from})",
                      f"{needed} needed, {max(left, 0)} left", "wait, or set writes_per_day in the site file")  # fmt: skip
