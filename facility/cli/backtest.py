"""Say what plans would have saved on recorded history, each made from what was known then.

Every day is planned as it was seen at its begin (readings, models, forecasts), and judged by the models at the weather and load
that it had: as run less as planned. Each plan is followed to the next; the service plans more often.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from facility.backtest.origins import windows
from facility.backtest.run import Backtest
from facility.cli.backtest_tables import day_rows, document, tables
from facility.cli.common import add_output, add_site, emit, open_site
from facility.cli.times import allow_relative_times, period_of, span_of
from facility.clock import SystemClock
from facility.environment import open_environment
from facility.errors import ConfigurationError

NOTHING_JUDGED = 4  # as for a history that is too short


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    allow_relative_times(parser)
    add_site(parser)
    parser.add_argument("--from", dest="start", default="-7d", metavar="TIME", help="the first plan (default: -7d)")
    parser.add_argument("--to", dest="end", default="now", metavar="TIME", help="end of what is judged (default: now)")
    parser.add_argument("--every", default="1d", metavar="SPAN", help="how often to plan (default: 1d)")
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Plan and judge, with progress on stderr, and print each day and the total."""
    loaded, state = open_site(arguments)
    clock = SystemClock()
    now = clock.now()
    start, end = period_of(arguments.start, arguments.end, now, loaded.site.zone, ("--from", "--to"))
    if end > now:
        raise ConfigurationError(f"--to {arguments.end} lies in the future: nothing is recorded of it")
    spans = windows(start, end, span_of(arguments.every, "--every"), loaded.site)
    with open_environment(loaded, state, clock) as environment, tempfile.TemporaryDirectory() as scratch:
        outcome = Backtest(environment, Path(scratch), _tell).run(spans)
    site = loaded.site
    emit(arguments, tables(site, outcome), document(site, outcome), day_rows(outcome))
    return 0 if outcome.days else NOTHING_JUDGED


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
