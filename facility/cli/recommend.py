"""Plan the next 48 hours and print what to change, what it saves and the limits that bind; or follow the plan in force."""

from __future__ import annotations

import argparse
import uuid
from pathlib import Path

from facility.advise.corrected import correction_rows, tracking_document
from facility.advise.report import plan_document, recommendation_rows
from facility.cli.common import add_output, add_site, emit, open_site
from facility.cli.follow_tables import tracking_tables
from facility.cli.recommend_tables import plan_tables
from facility.clock import SystemClock
from facility.cycle import run_cycle
from facility.environment import open_environment
from facility.errors import NotEnoughDataError
from facility.follow import Follower
from facility.prepare.job_file import read_jobs
from facility.site_file import LoadedSite
from facility.state import StateFolder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_site(parser)
    add_output(parser)
    parser.add_argument(
        "--follow", action="store_true", help="make no new plan: correct the one in force by what is measured now"
    )
    parser.add_argument(
        "--jobs", metavar="FILE", type=Path, help="single jobs with deadlines to be run, as JSON or CSV"
    )


def run(arguments: argparse.Namespace) -> int:
    """Make a plan, or correct the one in force; journal it with its recommendations, and print both."""
    loaded, state = open_site(arguments)
    if arguments.follow:
        return _follow(arguments, loaded, state)
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


def _follow(arguments: argparse.Namespace, loaded: LoadedSite, state: StateFolder) -> int:
    with open_environment(loaded, state, SystemClock()) as environment:
        plan = environment.journal.latest_plan()
        if plan is None:
            raise NotEnoughDataError(["a plan to follow; `facility recommend SITE` makes one"])
        tracking = Follower(loaded).follow(environment, plan)
    emit(arguments, tracking_tables(loaded.site, tracking), tracking_document(tracking), correction_rows(tracking))
    return 0
