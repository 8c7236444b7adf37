"""Any other scheduler: one executable of the site, called with what to do, why, and the names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facility.respond.workload.commands import GONE, SURE, Command, Decisions
from facility.respond.workload.names import batches, checked_jobs, checked_nodes
from facility.respond.workload.settings import WorkloadSettings


def script(decisions: Decisions, settings: WorkloadSettings, reason: str) -> Sequence[Command]:
    """Return the calls of the executable."""
    assert settings.script is not None, "with_adapter refuses it"
    return list(_calls(decisions, settings.script, reason))


def _calls(decisions: Decisions, path: str, reason: str) -> Iterator[Command]:
    jobs = (("release", decisions.release, GONE), ("hold", decisions.hold, SURE))
    nodes = (("wake", decisions.wake, GONE), ("sleep", decisions.sleep, SURE))
    for action, found, leaves in jobs:
        for names in batches(checked_jobs(found, "script")):
            yield Command(action, "held", names, leaves, (path, action, reason, *names))
    for action, found, leaves in nodes:
        for names in batches(checked_nodes(found, "script")):
            yield Command(action, "slept", names, leaves, (path, action, reason, *names))
