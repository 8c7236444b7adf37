"""Whether the site's standing rules accept an event without asking a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from facility.grid_event import GridEvent
from facility.promises import CommitmentKind
from facility.respond.asked import asks, payment_per_kwh
from facility.respond.event_state import TELLING
from facility.respond.settings import Program, StandingRule

RULE = "standing rule"  # who answers
_SATURDAY = 5


def accepts(event: GridEvent, program: Program, zone: ZoneInfo) -> str | None:
    """Return why an event is accepted at once; None where a person has to answer."""
    if event.kind in TELLING:
        return "it tells, and asks nothing"
    if event.test:
        return "a test changes no plan"
    if program.accept is None or next(_against(event, program, program.accept, zone), None) is not None:
        return None
    return f"within the rule of program {program.name}"


def _against(event: GridEvent, program: Program, rule: StandingRule, zone: ZoneInfo) -> Iterator[str]:
    local = event.start.astimezone(zone)
    if event.end - event.start > timedelta(hours=rule.longest_h):
        yield "longer"
    if not rule.begins_from <= local.time().replace(tzinfo=None) <= rule.begins_until:
        yield "at another time of day"
    if rule.weekdays_only and local.weekday() >= _SATURDAY:
        yield "at a weekend"
    if payment_per_kwh(event, program) < rule.least_payment_per_kwh:
        yield "for less"
    for ask in asks(event, program):
        # How much a cap takes from the site depends on what it would draw: that is for a person.
        if ask.kind is not CommitmentKind.REDUCTION or ask.amount_kw > rule.most_kw:
            yield "more"
