"""`facility dr workload SITE`: what the plan decides about servers and jobs, as commands of the scheduler.

`--run` carries them out, `--restore` undoes what was carried out.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from facility.cli.common import actor, add_output, add_site, emit, open_site
from facility.clock import SystemClock
from facility.errors import ConfigurationError, NotEnoughDataError
from facility.history.journal import SqlJournal
from facility.history.workload_book import WorkloadBook
from facility.records import Event, Plan
from facility.respond.settings import load_settings, settings_path
from facility.respond.workload.carry_out import Outcome, carry_out
from facility.respond.workload.commands import Adapter, Command, Decisions, decided, undone
from facility.respond.workload.kubernetes import kubernetes
from facility.respond.workload.script import script
from facility.respond.workload.settings import ADAPTERS, AdapterName, WorkloadSettings
from facility.respond.workload.slurm import slurm
from facility.site_file import LoadedSite
from facility.site_journal import open_site_journal

_ADAPTERS: Mapping[AdapterName, Adapter] = {"slurm": slurm, "kubernetes": kubernetes, "script": script}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_site(parser)
    parser.add_argument("--adapter", choices=ADAPTERS, help="another one than the settings name")
    parser.add_argument("--restore", action="store_true", help="undo all that was carried out, whatever the plan says")
    parser.add_argument("--run", action="store_true", help="carry the commands out; without it they are only shown")
    parser.add_argument("--by", help="who carries them out (default: the user of this session)")
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the commands, or carry them out until one fails."""
    loaded, state = open_site(arguments)
    settings = _settings(loaded).with_adapter(arguments.adapter)
    clock = SystemClock()
    now, book = clock.now(), WorkloadBook(state.workload, settings.adapter)
    with ExitStack() as open_now:
        if arguments.run:
            open_now.enter_context(book.held())
        journal = open_now.enter_context(closing(open_site_journal(loaded, state)))
        before = book.kept()
        plan = None if arguments.restore else _plan(journal, now)
        decisions = undone(before) if plan is None else decided(plan, loaded.site, settings, before, now)
        reason = "facility-restore" if plan is None else f"facility-{plan.id}"
        commands = _ADAPTERS[settings.adapter](decisions, settings, reason)
        going: Iterator[Outcome] = iter(())
        if arguments.run:
            if plan is None and before.failed:  # whoever restores has seen to it: the next plan may try again
                before = replace(before, failed={})
                book.keep(before)
            going = carry_out(commands, before, book, settings.timeout_s, clock)
        by = actor(arguments.by) if arguments.run else ""
        outcomes = list(_audited(going, journal, settings.adapter, by, reason))
    rows = _rows(commands, outcomes, ran=arguments.run)
    document = {
        "site": loaded.site.id, "plan": None if plan is None else plan.id, "adapter": settings.adapter,
        "run": arguments.run, "asleep_elsewhere": sorted(decisions.elsewhere), "commands": rows,
    }  # fmt: skip
    flat = [{**row, "names": " ".join(row["names"]), "arguments": shlex.join(row["arguments"])} for row in rows]
    emit(arguments, _tables(flat, decisions), document, flat)
    return 0 if all(outcome.done for outcome in outcomes) else 1


def _settings(loaded: LoadedSite) -> WorkloadSettings:
    found = load_settings(loaded).workload
    if found is None:
        raise ConfigurationError(f"{settings_path(loaded)}: no part `workload`; it says which scheduler runs the work")
    return found


def _plan(journal: SqlJournal, now: datetime) -> Plan:
    plan = journal.latest_plan()
    if plan is None or plan.end <= now:
        raise NotEnoughDataError(["a plan that still holds: `facility recommend` makes one"])
    return plan


def _audited(going: Iterator[Outcome], journal: SqlJournal, adapter: str, by: str, reason: str) -> Iterator[Outcome]:
    for outcome in going:
        command, what = outcome.command, _word(outcome)
        detail = {"command": shlex.join(command.arguments), "reason": reason, "said": outcome.said, "outcome": what}
        sys.stderr.write(f"{what}: {detail['command']}\n")  # as it goes: draining takes its time
        journal.append(Event(SystemClock().now(), f"workload.{command.action}", adapter, by, detail))
        yield outcome


def _word(outcome: Outcome) -> str:
    return "done" if outcome.done else "failed"


def _rows(commands: Sequence[Command], outcomes: Sequence[Outcome], *, ran: bool) -> list[dict[str, Any]]:
    begun = [(_word(one), one.said) for one in outcomes]
    rest = [("not begun" if ran else "not run", "")] * (len(commands) - len(begun))
    return [
        {"action": one.action, "names": one.names, "arguments": one.arguments, "outcome": what, "said": said}
        for one, (what, said) in zip(commands, [*begun, *rest], strict=True)
    ]


def _tables(rows: Sequence[Mapping[str, object]], decisions: Decisions) -> list[RenderableType]:
    notes: list[RenderableType] = []
    if decisions.elsewhere:
        names = ", ".join(sorted(decisions.elsewhere))
        notes.append(f"Asleep by earlier plans, not by these commands: {names}")
    if not rows:
        return ["Nothing to do.", *notes]
    table = Table("action", "command", "outcome", "said", title="Commands of the scheduler", title_justify="left")
    for row in rows:
        table.add_row(*(str(row[name]) for name in ("action", "arguments", "outcome", "said")))
    return [table, *notes]
