"""List, show and compare versions of the models, and put an earlier one back in service.

A version that a person puts in service is pinned: trainings go on, but replace it only after `rollback --release`.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

from facility.cli import models_tables as tables
from facility.cli.common import actor, add_output, add_site, emit, open_site, write
from facility.clock import SystemClock
from facility.environment import Environment, open_environment
from facility.errors import ConfigurationError, ModelError
from facility.learn.card_page import card_page
from facility.learn.compare import compare_versions
from facility.learn.model_events import release_event, rollback_event
from facility.learn.model_store import ModelStore
from facility.learn.sample import unpack
from facility.learn.version import put_back
from facility.learn.version_rows import standing, version_rows

_HELP = {
    "list": "show the versions, oldest first, and which one is in service",
    "show": "show the card of a version, or write it as a page of pictures",
    "compare": "show what two versions miss, side by side",
    "rollback": "put an earlier version in service, or any other, and pin it there",
}
Action = Callable[[argparse.Namespace, Environment], None]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(_HELP))
    for name, text in _HELP.items():
        action = actions.add_parser(name, help=text, description=text)
        add_site(action)
        if name == "show":
            action.add_argument("version", nargs="?", metavar="VERSION", help="default: the one in service")
            action.add_argument("--page", type=Path, metavar="FILE.html", help="write the pictures to this file")
        elif name == "compare":
            action.add_argument("versions", nargs=2, metavar="VERSION")
        elif name == "rollback":
            action.add_argument("version", nargs="?", metavar="VERSION", help="default: the one in service before")
            action.add_argument("--release", action="store_true", help="let trainings replace the one in service again")
            action.add_argument("--by", help="who decides (default: the user of this session)")
            action.add_argument("--reason", required=True, help="why; it goes to the journal")
        add_output(action)


def run(arguments: argparse.Namespace) -> int:
    """Show, compare or decide."""
    loaded, state = open_site(arguments)
    with open_environment(loaded, state, SystemClock()) as environment:
        _ACTIONS[arguments.action](arguments, environment)
    return 0


def _list(arguments: argparse.Namespace, environment: Environment) -> None:
    rows = version_rows(environment.models)
    emit(arguments, [tables.versions_table(rows, environment.loaded.site.zone)], rows, rows)


def _show(arguments: argparse.Namespace, environment: Environment) -> None:
    models = environment.models
    version = arguments.version or _serving(models)
    models.require(version)
    card = models.card(version)
    if arguments.page is not None:
        samples = unpack(models.pictures(version))
        page = card_page(environment.loaded.site, card, samples, standing(models, version))
        write(page, arguments.page, "--page")
    rows = tables.part_rows(card)
    emit(arguments, tables.card_tables(card, standing(models, version), rows), card, rows)


def _compare(arguments: argparse.Namespace, environment: Environment) -> None:
    first, second = arguments.versions
    now = environment.clock.now()
    found = compare_versions(
        environment.loaded, environment.telemetry, environment.models, (first, second), now
    )  # fmt: skip
    document = {"versions": [first, second], "parts": [dataclasses.asdict(part) for part in found]}
    rows = tables.comparison_rows(found)
    emit(arguments, [tables.comparison_table((first, second), found)], document, rows)


def _rollback(arguments: argparse.Namespace, environment: Environment) -> None:
    models, now = environment.models, environment.clock.now()
    by = actor(arguments.by)
    if arguments.release:
        if arguments.version:
            raise ConfigurationError("--release goes without a version: it leaves the one in service as it is")
        version = models.release()
        environment.journal.append(release_event(version, by, arguments.reason, now))
    else:
        before = models.serving()
        version = put_back(models, arguments.version, by, arguments.reason, now)
        environment.journal.append(rollback_event(version, before, by, arguments.reason, now))
    _list(arguments, environment)


_ACTIONS: Mapping[str, Action] = {"list": _list, "show": _show, "compare": _compare, "rollback": _rollback}


def _serving(models: ModelStore) -> str:
    version = models.serving()
    if version is None:
        raise ModelError("no version is in service: `facility train` makes the first")
    return version
