"""Fit the site's models to its history, show how far each may be trusted, and put those in service that are better."""

from __future__ import annotations

import argparse

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.cli.common import Row, add_output, add_site, emit, open_site
from facility.clock import SystemClock
from facility.environment import open_environment
from facility.learn.acceptance import KEPT, NAMEPLATE
from facility.learn.model_events import training_events
from facility.learn.training import TrainingOutcome, train_site
from facility.learn.whole_check import WholeCheck
from models.accuracy import Errors
from models.card import ModelCard


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_site(parser)
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Train, and print the model cards."""
    loaded, state = open_site(arguments)
    with open_environment(loaded, state, SystemClock()) as environment:
        outcome = train_site(loaded, environment.telemetry, environment.models, environment.clock.now())
        for event in training_events(outcome, "train", environment.clock.now()):
            environment.journal.append(event)
        card = environment.models.card(outcome.version)
    emit(arguments, _tables(outcome), card, [_row(part, outcome) for part in outcome.cards])
    return 0


def _row(card: ModelCard, outcome: TrainingOutcome) -> Row:
    return {
        "part": card.name,
        "in_service": _in_service(card, outcome),
        "rmse": _rmse(card.test),
        "nameplate_rmse": _rmse(card.prior_test),
        "yesterday_rmse": _rmse(card.persistence_test),
        "unit": card.unit,
        "cv_rmse_frac": card.test.cv_rmse_frac if card.test else None,
        "nmbe_frac": card.test.nmbe_frac if card.test else None,
        "half_width": card.half_width,
        "coverage_frac": card.coverage_frac,
        "reason": card.reason,
        "notes": "; ".join(card.notes),
    }


def _in_service(card: ModelCard, outcome: TrainingOutcome) -> str:
    """Return what answers for a part now; the whole as operated has no nameplate to fall back on."""
    taken = outcome.decisions[card.name].taken
    if taken == NAMEPLATE:
        return "nameplate"
    if taken == KEPT or not outcome.serves:
        return "as before"
    return "learned" if card.qualified else "doubtful"


def _rmse(errors: Errors | None) -> float | None:
    return errors.rmse if errors else None


def _tables(outcome: TrainingOutcome) -> list[RenderableType]:
    table = Table(title=f"Models {outcome.version}, errors on the newest fifth of the history", title_justify="left")
    for heading in ("part", "in service"):
        table.add_column(heading, overflow="fold")
    for heading in ("RMSE", "nameplate", "yesterday", "CV(RMSE)", "NMBE", "± 90 %", "inside"):
        table.add_column(heading, justify="right")
    table.add_column("unit")
    for card in outcome.cards:
        table.add_row(*_cells(card, outcome))
    lines = [
        Text(f"{card.name} is {_in_service(card, outcome)}: {outcome.decisions[card.name].reason}")
        for card in outcome.cards
        if _in_service(card, outcome) != "learned"
    ]
    verdict = Text(
        f"{outcome.version} {'is in service' if outcome.serves else 'is kept, and does not serve'}: {outcome.reason}"
    )
    notes = sorted({note for card in outcome.cards for note in card.notes})
    return [table, verdict, *lines, *(Text(f"history: {note}") for note in notes), *_whole(outcome.whole)]


def _cells(card: ModelCard, outcome: TrainingOutcome) -> list[str]:
    test = card.test
    if test is None:
        return [card.name, _in_service(card, outcome), *([""] * 7), card.unit]
    return [
        card.name,
        _in_service(card, outcome),
        *(f"{errors.rmse:.3g}" if errors else "" for errors in (test, card.prior_test, card.persistence_test)),
        f"{test.cv_rmse_frac:.1%}",
        f"{test.nmbe_frac:+.1%}",
        f"{card.half_width:.2f}",
        "" if card.coverage_frac is None else f"{card.coverage_frac:.0%}",
        card.unit,
    ]


def _whole(check: WholeCheck | None) -> list[RenderableType]:
    if check is None:
        return [
            Text("the whole cannot be checked: the utility meter, a rack or a component is not measured long enough")
        ]
    measured, modelled = check.measured, check.modelled
    return [
        Text(
            f"{modelled.name} over {modelled.hours:.0f} h: measured {measured.value:.3f}, modelled {modelled.value:.3f} "
            f"({modelled.low:.3f}..{modelled.high:.3f}); power ratio off by {check.power_ratio_mae:.4f} on average; "
            f"{check.coverage_frac:.0%} of steps inside the 90 % interval; {check.other_kw:.1f} kW are neither IT, cooling nor "
            f"nameplate losses, {check.unexplained_kw:+.1f} kW unexplained"
        )
    ]
