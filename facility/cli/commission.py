"""Plan small tries of setpoints that history has never moved, so that the models learn their effect; report what they taught.

Each step goes to a value, holds it and goes back; none is planned whose hottest inlet, doubt and margin included, could reach its
limit. `--propose` puts the steps into the journal, where `facility review` approves or rejects them one by one. After they were
carried out and `facility train` has run, `--report` tells how the range that the models have seen grew.
"""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from facility.advise.commissioning import tries_of
from facility.advise.growth import range_growth, unexcited
from facility.advise.report import recommendation_rows
from facility.cli.commission_tables import campaign_tables, growth_rows, growth_tables, refusal_rows, step_rows
from facility.cli.common import add_output, add_site, emit, open_site
from facility.cli.times import time_of
from facility.clock import SystemClock
from facility.environment import Environment, open_environment
from facility.errors import ConfigurationError, JournalError, ModelError
from facility.findings import read_findings
from facility.learn.learned import load_learned
from facility.prepare.commissioning import campaign_at, unmoved_setpoints
from facility.records import Recommendation, RecommendationKind, RecommendationState
from facility.trust.believed import BelievedTelemetry
from models.commissioning.campaign import Campaign

NOTICE = timedelta(hours=1)  # before the first step, for somebody to decide
_NEVER_DONE = frozenset({RecommendationState.REJECTED, RecommendationState.SUPERSEDED, RecommendationState.EXPIRED})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_site(parser)
    parser.add_argument("--begin", metavar="TIME", help="when the first step may begin (default: in an hour)")
    parser.add_argument("--propose", action="store_true", help="put the steps into the journal, to be approved")
    parser.add_argument("--report", action="store_true", help="tell how the range that the models have seen grew")
    parser.add_argument(
        "--since", metavar="VERSION", help="of --report: the models before (default: before the first step)"
    )
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Plan and print the steps, or report what they taught."""
    if arguments.report and (arguments.propose or arguments.begin):
        raise ConfigurationError("--report goes without --propose and --begin: it looks back")
    if arguments.since and not arguments.report:
        raise ConfigurationError("--since belongs to --report")
    loaded, state = open_site(arguments)
    with open_environment(loaded, state, SystemClock()) as environment:
        (_report if arguments.report else _plan)(arguments, environment)
    return 0


def _plan(arguments: argparse.Namespace, environment: Environment) -> None:
    loaded, now = environment.loaded, environment.clock.now()
    begins = now + NOTICE if arguments.begin is None else time_of(arguments.begin, now, loaded.site.zone)
    if begins < now:
        raise ConfigurationError(f"--begin {arguments.begin}: that is past")
    campaign = plan_at(environment, now, begins)
    proposed = propose(environment, campaign, now) if arguments.propose else ()
    rows = step_rows(campaign, loaded.site.zone)
    document = {
        "site": loaded.site.id,
        "begins": begins.isoformat(),
        "steps": rows,
        "refused": refusal_rows(campaign),
        "proposed": recommendation_rows(proposed),
    }
    emit(arguments, campaign_tables(campaign, loaded.site.zone, len(proposed)), document, rows)


def plan_at(environment: Environment, now: datetime, begins: datetime) -> Campaign:
    """Return the campaign for a site as it is now; what is not believed takes no part."""
    findings = [finding for finding, _ in read_findings(environment.findings)]
    telemetry = BelievedTelemetry(environment.telemetry, findings)
    learned = load_learned(environment.models, environment.loaded.site)
    return campaign_at(environment.loaded, telemetry, learned, now, begins)


def propose(environment: Environment, campaign: Campaign, now: datetime) -> Sequence[Recommendation]:
    """Put the steps of a campaign into the journal, beside the newest plan.

    Raises
    ------
    JournalError
        If there is no plan yet.
    """
    plan = environment.journal.latest_plan()
    if plan is None:
        raise JournalError("no plan yet beside which to propose steps: `facility recommend SITE` makes one")
    loaded = environment.loaded
    tries = tries_of(campaign, loaded.points, plan, now, loaded.site.zone)
    environment.journal.propose_tries(tries, f"commissioning-{uuid.uuid4().hex[:12]}")
    return tries


def _report(arguments: argparse.Namespace, environment: Environment) -> None:
    models = environment.models
    before = arguments.since or _version_before(environment)
    models.require(before)
    after = models.versions()[-1]
    if after == before:
        raise ModelError(f"{before} is the newest version: `facility train` first, after the steps")
    cards = models.card(before), models.card(after)
    growth = range_growth(*cards)
    still = unmoved_setpoints(environment.loaded, environment.telemetry, environment.clock.now())
    unmoved = unexcited(cards[0]), still
    rows = growth_rows(growth)
    document = {
        "site": environment.loaded.site.id,
        "before": {"version": before, "unmoved": list(unmoved[0])},
        "after": {"version": after, "unmoved": list(unmoved[1])},
        "ranges": rows,
    }
    emit(arguments, growth_tables(growth, (before, after), unmoved), document, rows)


def _version_before(environment: Environment) -> str:
    """Return the newest version trained before the first step that was not called off."""
    begun = [
        item.begins
        for item in environment.journal.recommendations()
        if item.kind is RecommendationKind.COMMISSIONING and item.state not in _NEVER_DONE and item.begins is not None
    ]
    if not begun:
        raise JournalError("no step of a commissioning is in the journal: --since VERSION says what to compare with")
    models = environment.models
    older = [one for one in models.versions() if datetime.fromisoformat(models.card(one)["trained"]) <= min(begun)]
    if not older:
        raise ModelError(
            "no version of the models is older than the first step: --since VERSION says which to compare with"
        )
    return older[-1]
