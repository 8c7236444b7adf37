"""What `facility alarms` shows; times are the site's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table

from facility.alarms.alarm import Alarm
from facility.alarms.catalogue import CATALOGUE
from facility.alarms.rates import TARGET_SHARE, Rates
from facility.history.alarm_book import AlarmMove


def listed(found: Sequence[Alarm], zone: ZoneInfo) -> RenderableType:
    """Return alarms as a table."""
    if not found:
        return "No alarms."
    table = _table("Alarms", "priority", "state", "since", "id", "what is wrong", "what to do", "who")
    for alarm in found:
        definition = CATALOGUE[alarm.condition]
        what = definition.title + (f": {alarm.text}" if alarm.text else "")
        state = alarm.state.value.replace("_", " ")
        table.add_row(
            alarm.priority.value,
            state,
            _time(alarm.since, zone),
            alarm.id,
            what,
            definition.response,
            _who(alarm, zone),
        )
    return table


def shown(alarm: Alarm, moves: Sequence[AlarmMove], zone: ZoneInfo) -> list[RenderableType]:
    """Return an alarm and how it came to its state."""
    table = _table("How it came to that", "at", "from", "to", "by", "why", "what it said")
    for one in moves:
        states = one.before.value.replace("_", " "), one.after.value.replace("_", " ")
        table.add_row(_time(one.at, zone), *states, one.actor, one.reason, one.text)
    return [listed([alarm], zone), table]


def figures(found: Rates, zone: ZoneInfo) -> list[RenderableType]:
    """Return the figures of the alarm system beside what ISA-18.2 aims at."""
    table = _table(f"Alarms since {_time(found.since, zone)}", "figure", "is", "ISA-18.2 aims at")
    rows = (
        ("a day", f"{found.mean_per_day:.1f}", "about 150, at most 300"),
        ("in ten minutes, on average", f"{found.mean_per_ten_minutes:.2f}", "about 1, at most 2"),
        ("in ten minutes, at most", str(found.most_in_ten_minutes), "10"),
        ("in the last ten minutes", str(found.last_ten_minutes), "10"),
        ("floods", str(len(found.floods)), ""),
        ("of the time in a flood", f"{found.in_flood_frac:.2%}", "under 1 %"),
        *(
            (f"of {name} priority", f"{share:.0%}", f"about {TARGET_SHARE[name]:.0%}")
            for name, share in found.share.items()
        ),
        ("chattering", ", ".join(found.chattering) or "none", "none"),
        ("stale: standing for more than a day", ", ".join(found.stale) or "none", "under 5"),
        ("the top ten's share", f"{found.top_frac:.0%}", "1 to 5 %"),
    )
    for row in rows:
        table.add_row(*row)
    top = _table("The top ten", "id", "annunciated")
    for name, number in found.top:
        top.add_row(name, str(number))
    return [table, top] if found.top else [table]


def _who(alarm: Alarm, zone: ZoneInfo) -> str:
    if alarm.hold is not None:
        until = f" until {_time(alarm.hold.until, zone)}" if alarm.hold.until else ""
        return f"put aside by {alarm.hold.by}{until}: {alarm.hold.reason}"
    if alarm.acknowledged is not None:
        return f"acknowledged by {alarm.acknowledged.by}"
    return f"follows from {alarm.suppressed_by}" if alarm.suppressed_by else ""


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _time(at: datetime | None, zone: ZoneInfo) -> str:
    return "never" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
