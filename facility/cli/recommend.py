"""Plan the next 48 hours and print what to change, what it saves and the limits that bind."""

from __future__ import annotations

import argparse
import uuid
from pathlib import Path

from facility.advise.report import plan_document, recommendation_rows
from facility.cli.common import add_output, add_site, emit, open_site
from facility.cli.recommend_tables import plan_tables
from facility.clock import SystemClock
from facility.cycle import run_cycle
from facility.environment import open_environment
from facility.prepare.job_file import read_jobs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_site(parser)
    add_output(parser)
    parser.add_argument(
        "--jobs", metavar="FILE", type=Path, help="single jobs with deadlines to be run, as JSON or CSV"
    )


def run(arguments: argparse.Namespace) -> int:
    """Make a plan, journal it with its recommendations, and print both."""
    loaded, state = open_site(arguments)
    jobs = () if arguments.jobs is None else read_jobs(arguments.jobs)
    with open_environment(loaded, state, SystemClock()) as environment:
        outcome = run_cycle(environment, correlation_id=uuid.uuid4().hex[:12], jobs=jobs)
    site, plan, recommendations = loaded.site, outcome.plan, outcome.recommendations
    emit(
        arguments,
        plan_tables(site, plan, recommendations),
        plan_document(plan, recommendations, site.zone, site.currency),
        recommendation_rows(recommendations),
    )
    return 0
