"""Plan the next 48 hours and print what to change, what it saves and the limits that bind."""

from __future__ import annotations

import argparse
import csv
import io
import json
import uuid
from pathlib import Path

from rich.console import Console

from facility.advise.report import plan_document, recommendation_rows
from facility.cli.recommend_tables import print_plan
from facility.cycle import CycleOutcome, run_cycle
from facility.environment import SystemClock, open_environment
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder, default_state


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("site", type=Path, help="site file")
    parser.add_argument("--state", type=Path, help="state folder (default: var/<site id>)")
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table")
    parser.add_argument("--output", type=Path, help="write to this file instead of the terminal")


def run(arguments: argparse.Namespace) -> int:
    """Make a plan, journal it, print it."""
    loaded = load_site(arguments.site)
    state = StateFolder(arguments.state) if arguments.state else default_state(loaded.site.id)
    with open_environment(loaded, state, SystemClock()) as environment:
        outcome = run_cycle(environment, correlation_id=uuid.uuid4().hex[:12])
    text = _render(loaded, outcome, arguments.format)
    if arguments.output:
        arguments.output.write_text(text, encoding="utf-8")
    else:
        Console().out(text, end="", highlight=False)
    return 0


def _render(loaded: LoadedSite, outcome: CycleOutcome, form: str) -> str:
    site, plan, recommendations = loaded.site, outcome.plan, outcome.recommendations
    if form == "json":
        return json.dumps(plan_document(plan, recommendations, site.zone, site.currency), indent=1, default=str) + "\n"
    if form == "csv":
        return _csv(recommendation_rows(recommendations))
    buffer = io.StringIO()
    terminal = Console()
    console = Console(file=buffer, width=max(terminal.width, 120), force_terminal=terminal.is_terminal)
    print_plan(console, site, plan, recommendations)
    return buffer.getvalue()


def _csv(rows: list[dict[str, object]]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]) if rows else ["id"])
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
