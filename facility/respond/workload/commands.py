"""What is to be done now: what the plan decides, against what was carried out before.

Commands are vectors of arguments, never a line for a shell. Each says what it leaves of the names that it acts on, so that a
command that was cut short is known as such (`MAYBE`), done again by the next reduce, and undone by a restore.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from facility.records import Plan
from facility.respond.workload.settings import WorkloadSettings
from facility.site import Site

Kept = Literal["slept", "held", "scaled"]
Marks = Mapping[str, str]  # name -> how sure it is
SURE, MAYBE = "sure", "maybe"
GONE = ""  # what a command leaves that undoes
SLEEP = "sleep"


@dataclass(frozen=True, slots=True)
class Failure:
    """The last command on a node, which failed: what it was to do, when, and what was said."""

    action: str
    at: datetime
    said: str


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What commands have done that is not undone: nodes put to sleep, jobs held, servers told as shed by object; what failed."""

    slept: Marks = field(default_factory=dict)
    held: Marks = field(default_factory=dict)
    scaled: Marks = field(default_factory=dict)
    failed: Mapping[str, Failure] = field(default_factory=dict)  # by node, until the same is done

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to undo."""
        return not (self.slept or self.held or self.scaled)


@dataclass(frozen=True, slots=True)
class Command:
    """One command, what it does to which names, and what it leaves of them where it succeeds."""

    action: str
    part: Kept
    names: tuple[str, ...]
    leaves: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decisions:
    """What is to change. `elsewhere` sleeps by the plan, and neither this plan nor a command put it to sleep."""

    sleep: frozenset[str] = frozenset()
    wake: frozenset[str] = frozenset()
    hold: frozenset[str] = frozenset()
    release: frozenset[str] = frozenset()
    scale: Marks = field(default_factory=dict)  # object -> servers to shed; GONE: no longer told
    elsewhere: frozenset[str] = frozenset()


Adapter = Callable[[Decisions, WorkloadSettings, str], Sequence[Command]]


def decided(plan: Plan, site: Site, settings: WorkloadSettings, before: CarriedOut, now: datetime) -> Decisions:
    """Return what the plan wants changed at a time.

    A node is put to sleep where a move of this plan is due, or where that was tried before; woken is only what was put to sleep.
    """
    asleep, moved, known = _servers(plan, site, settings, now)
    ours = asleep & (moved | set(before.slept))
    hold, release = _jobs(plan, before, now) if settings.jobs else (frozenset(), frozenset())
    return Decisions(
        sleep=frozenset(node for node in ours if before.slept.get(node) != SURE),
        wake=frozenset(before.slept) & known - asleep,
        hold=hold,
        release=release,
        scale=_scale(site, settings, before, ours),
        elsewhere=asleep - ours,
    )


def undone(before: CarriedOut) -> Decisions:
    """Return what undoes all that was carried out, or may have been."""
    return Decisions(
        wake=frozenset(before.slept), release=frozenset(before.held), scale=dict.fromkeys(before.scaled, GONE)
    )


def _servers(
    plan: Plan, site: Site, settings: WorkloadSettings, now: datetime
) -> tuple[frozenset[str], set[str], frozenset[str]]:
    """Return the nodes that sleep now, those of which this plan put to sleep, and all whose servers it names."""
    asleep: set[str] = set()
    moved: set[str] = set()
    known: set[str] = set()
    for pool in site.server_pools:
        names = plan.asleep_at(pool.id, now)
        if names is not None:
            asleep |= names
            moved |= names & {
                name for move in plan.server_moves if move.pool == pool.id and move.at <= now for name in move.sleep
            }
            known |= {name for entry in pool.members for name in entry.servers}
    nodes = {name: settings.node(name) for name in asleep | known}
    return (
        frozenset(nodes[name] for name in asleep), {nodes[name] for name in moved},
        frozenset(nodes[name] for name in known),
    )  # fmt: skip


def _jobs(plan: Plan, before: CarriedOut, now: datetime) -> tuple[frozenset[str], frozenset[str]]:
    """Hold what has arrived and begins later; release what was held and begins now, or is no longer in the plan."""
    waiting = {
        run.job.id
        for run in plan.jobs
        if not run.job.running and run.job.arrives <= now and (run.begins is None or run.begins > now)
    }
    hold = frozenset(job for job in waiting if before.held.get(job) != SURE)
    return hold, frozenset(before.held) - waiting


def _scale(site: Site, settings: WorkloadSettings, before: CarriedOut, ours: frozenset[str]) -> Marks:
    tiers = {
        settings.node(name): entry.tier
        for pool in site.server_pools
        for entry in pool.members
        for name in entry.servers
    }
    shed: dict[str, int] = dict.fromkeys(settings.scaled.values(), 0)
    for node in ours:
        tier = tiers.get(node)
        if tier in settings.scaled:
            shed[settings.scaled[tier]] += 1
    wanted = {name: str(count) if count else GONE for name, count in shed.items()}
    return {name: mark for name, mark in wanted.items() if before.scaled.get(name, GONE) != mark}
