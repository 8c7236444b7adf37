"""Plan small tries of setpoints that history has never moved, so that the models learn their effect; report what they taught.

Each step goes to a value, holds it and goes back; none is planned whose hottest inlet, doubt and margin included, could reach its
limit, or would pass it if the CRAHs that the hall must be able to lose stopped meanwhile. `--propose` puts the steps into the
journal, where `facility review` approves or rejects them one by one. No step stands on another: how far the next ones go is for
history to say, so run this again once they are over. After `facility train`, `--report` tells which of them were carried out, how
the range that the models have seen grew, and what each setpoint does by the models in service.
"""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from facility.advise.commissioning import tries_of
from facility.advise.growth import range_growth, unexcited
from facility.advise.report import recommendation_rows
from facility.cli.commission_report import (
    effect_rows,
    effect_table,
    growth_rows,
    growth_tables,
    outcome_rows,
    outcome_tables,
)
from facility.cli.commission_tables import campaign_tables, refusal_rows, step_rows
from facility.cli.common import add_output, add_site, emit, open_site
from facility.cli.times import time_of
from facility.clock import SystemClock
from facility.environment import Environment, open_environment
from facility.errors import ConfigurationError, JournalError, ModelError
from facility.findings import read_findings
from facility.learn.learned import load_learned
from facility.prepare.commissioning import campaign_at, unmoved_setpoints
from facility.prepare.commissioning_done import Outcome, outcomes
from facility.prepare.commissioning_effects import effects_at
from facility.records import Recommendation, RecommendationKind, RecommendationState
from facility.trust.believed import BelievedTelemetry
from models.commissioning.campaign import Campaign

NOTICE = timedelta(hours=1)  # before the first step, for somebody to decide
# One that expired may have been carried out by hand: history says.
_CALLED_OFF = frozenset({RecommendationState.REJECTED, RecommendationState.SUPERSEDED})


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
    if arguments.propose:
        _require_nothing_ahead(environment, now)
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


def _require_nothing_ahead(environment: Environment, now: datetime) -> None:
    """Refuse to propose while approved steps are still to come: what they reach decides what comes next."""
    states = (RecommendationState.APPROVED, RecommendationState.APPLIED)
    ahead = [item.ends for item in _tries(environment) if item.state in states and item.ends and item.ends > now]
    if ahead:
        until = max(ahead).astimezone(environment.loaded.site.zone)
        raise JournalError(
            f"approved steps go on until {until:%Y-%m-%d %H:%M}: what they reach decides what comes next; propose after that"
        )


def _tries(environment: Environment) -> list[Recommendation]:
    """Return the steps of commissionings that were not called off."""
    return [
        item
        for item in environment.journal.recommendations()
        if item.kind is RecommendationKind.COMMISSIONING and item.state not in _CALLED_OFF
    ]


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
    models, loaded, now = environment.models, environment.loaded, environment.clock.now()
    over = sorted((item for item in _tries(environment) if item.ends and item.ends <= now), key=lambda one: one.created)
    found = list(outcomes(loaded, environment.telemetry, over))
    before = arguments.since or _version_before(environment, found)
    models.require(before)
    after = models.versions()[-1]
    if after == before:
        raise ModelError(f"{before} is the newest version: `facility train` first, after the steps")
    cards = models.card(before), models.card(after)
    growth = range_growth(*cards)
    unmoved = unexcited(cards[0]), unmoved_setpoints(loaded, environment.telemetry, now)
    effects = effects_at(loaded, environment.telemetry, load_learned(models, loaded.site), now)
    rows = growth_rows(growth)
    document = {
        "site": loaded.site.id,
        "before": {"version": before, "unmoved": list(unmoved[0])},
        "after": {"version": after, "unmoved": list(unmoved[1])},
        "tries": outcome_rows(found),
        "ranges": rows,
        "effects": effect_rows(effects),
    }
    tables = [*outcome_tables(found), *growth_tables(growth, (before, after), unmoved), effect_table(effects)]
    emit(arguments, tables, document, rows)


def _version_before(environment: Environment, found: Sequence[Outcome]) -> str:
    """Return the newest version trained before the first step that was carried out."""
    begun = [one.tried.begins for one in found if one.done and one.tried.begins is not None]
    if not begun:
        raise JournalError("history shows no step that was carried out: --since VERSION says what to compare with")
    models = environment.models
    older = [one for one in models.versions() if datetime.fromisoformat(models.card(one)["trained"]) <= min(begun)]
    if not older:
        raise ModelError(
            "no version of the models is older than the first step: --since VERSION says which to compare with"
        )
    return older[-1]
