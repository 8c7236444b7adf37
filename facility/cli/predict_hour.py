"""How `facility predict` shows the next hour of racks and liquid loops."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.prepare.next_hour import NextHour, RackHour
from facility.records import Interval

_SHOWN_A_HALL = 3
_WORTH_A_LINE = 0.05  # of a probability


def hour_tables(hour: NextHour) -> list[RenderableType]:
    """Return the racks of each hall that are most likely to pass their limit, what a lost CRAH would bring, the CDUs, the rest."""
    found: list[RenderableType] = []
    if hour.racks:
        found.append(_rack_table(hour))
        hot = [rack.rack for rack in hour.racks if rack.is_hot_spot]
        found.append(Text(f"hot spots to be expected: {', '.join(hot) or 'none'}", style="bold" if hot else ""))
    found += [
        Text(f"if {one.crah} is lost: {one.over_limit:.0%} that a rack of {one.hall} passes its limit within the hour")
        for one in hour.lost_crahs
        if one.over_limit >= _WORTH_A_LINE
    ]
    if hour.cdus:
        found.append(_cdu_table(hour))
    return [*found, *(Text(f"no forecast of the next hour: {note}") for note in hour.notes)]


def _rack_table(hour: NextHour) -> Table:
    table = Table(title="Hottest racks in an hour", title_justify="left")
    table.add_column("hall")
    table.add_column("rack")
    for heading in ("now °C", "in an hour °C", "limit °C", "passes it"):
        table.add_column(heading, justify="right")
    for rack in _hottest(hour):
        limit = f"{rack.limit_degc:.1f}"
        table.add_row(
            rack.hall,
            rack.rack,
            "-" if rack.now_degc is None else f"{rack.now_degc:.1f}",
            _said(rack.in_an_hour_degc),
            limit,
            f"{rack.over_limit:.0%}",
        )
    return table


def _hottest(hour: NextHour) -> Iterator[RackHour]:
    for hall in dict.fromkeys(rack.hall for rack in hour.racks):
        ours = [rack for rack in hour.racks if rack.hall == hall]
        ranked = sorted(ours, key=lambda rack: (rack.over_limit, rack.in_an_hour_degc.high), reverse=True)
        yield from (rack for index, rack in enumerate(ranked) if index < _SHOWN_A_HALL or rack.is_hot_spot)


def _cdu_table(hour: NextHour) -> Table:
    table = Table(title="Liquid loops in an hour", title_justify="left")
    for heading in ("loop", "CDU", "supply °C", "return °C"):
        table.add_column(heading, justify="right" if "°C" in heading else "left")
    for cdu in hour.cdus:
        table.add_row(cdu.loop, cdu.cdu, _said(cdu.supply_degc), _said(cdu.return_degc))
    return table


def _said(interval: Interval) -> str:
    return f"{interval.value:.1f} ({interval.low:.1f} to {interval.high:.1f})"
