"""PUE of the last twelve months, interim figures by month, and why the ratio changed between two periods.

Causes are weather, load, setpoints, the equipment whose meter shows it, and what stays unexplained. Without `--from` the last four
weeks are compared with the four before.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.cli.common import Row, add_output, add_site, emit, open_site
from facility.cli.times import allow_relative_times, period_of
from facility.clock import SystemClock
from facility.errors import NotEnoughDataError
from facility.learn.site_frame import read_site_frame
from facility.learn.site_ratios import read_site_ratios
from facility.ports import Telemetry
from facility.site_file import LoadedSite
from facility.site_history import open_site_history
from models.whole.as_operated import ThinRowsError
from models.whole.attribution import HOURS, LOAD, SETPOINTS, WEATHER, Attribution, attribute
from models.whole.periods import PeriodRatio
from models.whole.site_rows import WEATHER as OUTDOOR
from models.whole.site_rows import site_rows


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Why:
    """What changed between two periods, or in words why it cannot be said."""

    before: tuple[datetime, datetime]
    after: tuple[datetime, datetime]
    found: Attribution | None
    notes: Sequence[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    allow_relative_times(parser)
    add_site(parser)
    parser.add_argument(
        "--from", dest="start", default="-4w", metavar="TIME", help="begin of the period (default: -4w)"
    )
    parser.add_argument("--to", dest="end", default="now", metavar="TIME", help="its end (default: now)")
    parser.add_argument(
        "--against-from", metavar="TIME", help="begin of the period to compare with (default: as long before)"
    )
    parser.add_argument("--against-to", metavar="TIME", help="its end (default: where the other begins)")
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Read the meters, and print ratios and causes."""
    loaded, state = open_site(arguments)
    clock = SystemClock()
    now = clock.now()
    zone = loaded.site.zone
    after = period_of(arguments.start, arguments.end, now, zone, ("--from", "--to"))
    names = ("--against-from", "--against-to")
    start = arguments.against_from or (after[0] - (after[1] - after[0])).isoformat()
    before = period_of(start, arguments.against_to or after[0].isoformat(), now, zone, names)
    with open_site_history(loaded, state, clock) as telemetry:
        ratios = read_site_ratios(loaded, telemetry, now)
        why = _why(loaded, telemetry, before, after)
    rows = [ratio_row(one) for one in (ratios.year, *ratios.by_month) if one.it_kwh > 0]
    document = {"site": loaded.site.id, "ratios": rows, "change": _change(why)}
    emit(arguments, _tables(loaded, rows, why), document, rows)
    return 0


def ratio_row(period: PeriodRatio) -> Row:
    """Return a period as a row."""
    return {
        "from": period.begin.isoformat(),
        "to": period.end.isoformat(),
        "name": period.name,
        "ratio": period.value,
        "facility_kwh": period.facility_kwh,
        "it_kwh": period.it_kwh,
        "measured_frac": period.measured_frac,
    }


def _why(
    loaded: LoadedSite, telemetry: Telemetry, before: tuple[datetime, datetime], after: tuple[datetime, datetime]
) -> Why:
    try:
        first, second = (read_site_frame(loaded, telemetry, *period, setpoints=True) for period in (before, after))
        parts = [
            part for part in first.parts if part in second.parts
        ]  # a part that one period does not know is no part
        rows = [site_rows(frame.table, parts, frame.conditions) for frame in (first, second)]
        notes = [f"{name}: {note}" for name, frame in (("before", first), ("after", second)) for note in frame.notes]
        notes += [f"{name}: {why}" for name, one in zip(("before", "after"), rows, strict=True) for why in one.left_out]
        if rows[1].table.empty:
            return Why(before, after, None, [*notes, "after: no whole row"])
        setpoints = [name for name in first.conditions if name not in OUTDOOR]
        found = attribute(rows[0], rows[1], {WEATHER: OUTDOOR, SETPOINTS: setpoints})
    except (NotEnoughDataError, ThinRowsError) as error:
        return Why(before, after, None, [str(error)])
    return Why(before, after, found, notes)


def _change(why: Why) -> dict[str, Any]:
    found = None if why.found is None else {**dataclasses.asdict(why.found), "change": why.found.change}
    return {
        "before": [time.isoformat() for time in why.before],
        "after": [time.isoformat() for time in why.after],
        "found": found,
        "notes": list(why.notes),
    }


def _tables(loaded: LoadedSite, rows: Sequence[Row], why: Why) -> list[RenderableType]:
    table = Table(title=f"{loaded.site.name}: facility over IT energy", title_justify="left")
    for heading, side in (
        ("", "left"),
        ("from", "left"),
        ("to", "left"),
        ("ratio", "right"),
        ("facility kWh", "right"),
    ):
        table.add_column(heading, justify=side)  # type: ignore[arg-type]
    table.add_column("measured", justify="right")
    for row in rows:
        begin, end = (pd.Timestamp(str(row[key])).tz_convert(loaded.site.zone) for key in ("from", "to"))
        energy, measured = float(str(row["facility_kwh"])), float(str(row["measured_frac"]))
        table.add_row(
            str(row["name"]),
            f"{begin:%Y-%m-%d}",
            f"{end:%Y-%m-%d}",
            f"{row['ratio']:.4f}",
            f"{energy:,.0f}",
            f"{measured:.1%}",
        )
    return [table, *_change_tables(loaded, why)]


def _change_tables(loaded: LoadedSite, why: Why) -> list[RenderableType]:
    spans = [
        " to ".join(f"{time.astimezone(loaded.site.zone):%Y-%m-%d %H:%M}" for time in span)
        for span in (why.before, why.after)
    ]
    notes = [Text(f"note: {note}") for note in why.notes]
    if why.found is None:
        return [Text(f"why the ratio changed from {spans[0]}, to {spans[1]}, cannot be said:"), *notes]
    found = why.found
    table = Table(title=f"Why the ratio changed: {spans[0]} against {spans[1]}", title_justify="left")
    table.add_column("cause")
    table.add_column("change", justify="right")
    table.add_column("")
    for cause, change in found.causes.items():
        unsure = cause not in (WEATHER, LOAD, SETPOINTS, HOURS) and not abs(change) > found.half_width
        table.add_row(
            cause.removesuffix("_kw").replace("_", " "),
            f"{change:+.4f}",
            "not distinguishable from nothing" if unsure else "",
        )
    table.add_row("all", f"{found.change:+.4f}", f"{found.before:.4f} to {found.after:.4f}")
    lines = [Text(f"± {found.half_width:.4f} (90 %): what the learned site is off by on days it has not seen")]
    if found.unseen_frac > 0:
        lines.append(
            Text(f"{found.unseen_frac:.0%} of the later period lies under conditions that the earlier one did not have")
        )
    lines += [
        Text(f"{name} moved between the periods and not within the first: it cannot be told from equipment")
        for name in found.silent
    ]
    return [table, *lines, *notes]
