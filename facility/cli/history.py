"""Print or export the readings of points, as read or as means over steps.

Times are ISO, in the site's zone unless they carry an offset, or relative to now: -2h, -7d. Points may be patterns:
'crah-*.supply_air_temperature_degc'.
"""

from __future__ import annotations

import argparse
import csv
import difflib
import fnmatch
import io
import json
import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from facility.cli.common import add_site, open_site, write
from facility.cli.times import allow_relative_times, period_of, span_of
from facility.clock import SystemClock
from facility.errors import ConfigurationError
from facility.points import Point, PointIndex
from facility.site_file import LoadedSite
from facility.site_history import open_site_history
from facility.state import StateFolder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    allow_relative_times(parser)
    add_site(parser)
    parser.add_argument("points", nargs="+", metavar="POINT", help="point id or pattern")
    parser.add_argument("--from", dest="start", default="-1h", metavar="TIME", help="first time (default: -1h)")
    parser.add_argument("--to", dest="end", default="now", metavar="TIME", help="time after the last (default: now)")
    parser.add_argument("--step", metavar="SPAN", help="means over steps, such as 5min or 1h (default: as read)")
    parser.add_argument("--format", choices=("table", "csv", "json", "parquet"), default="table")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write to this file instead of the terminal")


def run(arguments: argparse.Namespace) -> int:
    """Read the points and write them out."""
    if arguments.format == "parquet" and arguments.output is None:
        raise ConfigurationError("--format parquet needs --output FILE")
    loaded, state = open_site(arguments)
    now = SystemClock().now()
    between = period_of(arguments.start, arguments.end, now, loaded.site.zone, ("--from", "--to"))
    step = span_of(arguments.step, "--step") if arguments.step else None
    points = [point for pattern in arguments.points for point in _matching(pattern, loaded.points)]
    points = list({point.id: point for point in points}.values())
    frame = _read(loaded, state, [point.id for point in points], between, step)
    _write(frame, points, loaded, arguments)
    return 0


def _read(
    loaded: LoadedSite,
    state: StateFolder,
    points: Sequence[str],
    between: tuple[datetime, datetime],
    step: timedelta | None,
) -> pd.DataFrame:
    with open_site_history(loaded, state, SystemClock()) as telemetry:
        return telemetry.read(points, *between, step)


def _matching(pattern: str, points: PointIndex) -> list[Point]:
    found = [point for point in points if fnmatch.fnmatchcase(point.id, pattern)]
    if not found:
        near = difflib.get_close_matches(pattern, [point.id for point in points], n=1, cutoff=0.3)
        hint = f"; the nearest is {near[0]}" if near else ""
        raise ConfigurationError(f"no point {pattern!r}{hint}; `facility check SITE` lists them")
    return found


def _write(frame: pd.DataFrame, points: Sequence[Point], loaded: LoadedSite, arguments: argparse.Namespace) -> None:
    if arguments.format == "parquet":
        try:
            frame.reset_index().to_parquet(arguments.output, index=False)
        except OSError as error:
            raise ConfigurationError(f"--output {arguments.output}: {error.strerror}") from error
        return
    shape = {"table": _table, "csv": _csv, "json": _json}[arguments.format]
    write(shape(frame.tz_convert(loaded.site.zone), points), arguments.output)


def _rows(frame: pd.DataFrame) -> Iterator[tuple[datetime, list[float | None]]]:
    for time, values in zip(pd.DatetimeIndex(frame.index).to_pydatetime(), frame.to_numpy().tolist(), strict=True):
        yield time, [None if math.isnan(value) else value for value in values]


def _table(frame: pd.DataFrame, points: Sequence[Point]) -> str:
    widths = [max(len(point.id), 10) for point in points]
    lines = [
        f"{'time':25}  " + "  ".join(f"{point.id:>{width}}" for point, width in zip(points, widths, strict=True)),
        f"{'':25}  " + "  ".join(f"{point.unit:>{width}}" for point, width in zip(points, widths, strict=True)),
    ]
    for time, values in _rows(frame):
        cells = ("-" if value is None else f"{value:.6g}" for value in values)
        row = "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        lines.append(f"{time.isoformat(timespec='seconds'):25}  {row}")
    return "\n".join(lines) + "\n" if len(frame) else "no good readings of these points in this time\n"


def _csv(frame: pd.DataFrame, points: Sequence[Point]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["time", *(point.id for point in points)])
    writer.writerows([time.isoformat(), *values] for time, values in _rows(frame))
    return buffer.getvalue()


def _json(frame: pd.DataFrame, points: Sequence[Point]) -> str:
    document = {
        "points": [{"id": point.id, "name": point.name, "unit": point.unit} for point in points],
        "rows": [{"time": time.isoformat(), "values": values} for time, values in _rows(frame)],
    }
    return json.dumps(document) + "\n"
