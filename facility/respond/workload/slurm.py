"""Slurm: nodes are drained and powered down once their jobs are done, and come back; jobs are held and released."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facility.respond.workload.commands import GONE, MAYBE, SURE, Command, Decisions
from facility.respond.workload.names import batches, checked_jobs, checked_nodes
from facility.respond.workload.settings import WorkloadSettings


def slurm(decisions: Decisions, settings: WorkloadSettings, reason: str) -> Sequence[Command]:
    """Return the commands of `scontrol`."""
    return [*_nodes(decisions, settings, reason), *_jobs(decisions)]


def _nodes(decisions: Decisions, settings: WorkloadSettings, reason: str) -> Iterator[Command]:
    # RESUME is refused of a node that is not drained: nobody knows that after a kill, so it is drained first. It comes before
    # POWER_UP, which does nothing to a node on its way down. A power-down that waits for jobs neither takes back (22.05).
    last = "POWER_DOWN_ASAP" if settings.power_off else None
    for names in batches(checked_nodes(decisions.wake, "slurm")):
        if last:
            yield _update("wake", names, MAYBE, "State=DRAIN", f"Reason={reason}")
            yield _update("wake", names, MAYBE, "State=RESUME")
        yield _update("wake", names, GONE, "State=POWER_UP" if last else "State=UNDRAIN")
    for names in batches(checked_nodes(decisions.sleep, "slurm")):
        yield _update("sleep", names, MAYBE if last else SURE, "State=DRAIN", f"Reason={reason}")
        if last:
            yield _update("sleep", names, SURE, f"State={last}")


def _update(action: str, names: tuple[str, ...], leaves: str, *changes: str) -> Command:
    return Command(action, "slept", names, leaves, ("scontrol", "update", f"NodeName={','.join(names)}", *changes))


def _jobs(decisions: Decisions) -> Iterator[Command]:
    for names in batches(checked_jobs(decisions.release, "slurm")):
        yield Command("release", "held", names, GONE, ("scontrol", "release", ",".join(names)))
    for names in batches(checked_jobs(decisions.hold, "slurm")):
        yield Command("hold", "held", names, SURE, ("scontrol", "hold", ",".join(names)))
