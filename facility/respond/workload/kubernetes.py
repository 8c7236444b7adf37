"""Kubernetes: nodes are cordoned, drained and uncordoned, jobs suspended, and what scales a tier is told how much to shed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facility.respond.workload.commands import GONE, MAYBE, SURE, Command, Decisions
from facility.respond.workload.names import batches, checked_jobs, checked_nodes
from facility.respond.workload.settings import WorkloadSettings

ANNOTATION = "facility/shed-servers"  # by how many servers a tier is to shrink
_SPARE_S = 5.0  # for kubectl to say that its own time is up


def kubernetes(decisions: Decisions, settings: WorkloadSettings, _reason: str) -> Sequence[Command]:
    """Return the commands of `kubectl`; the annotation is told before nodes are drained, and taken back after they came back."""
    where = () if settings.namespace is None else (f"--namespace={settings.namespace}",)
    told = {name: mark for name, mark in decisions.scale.items() if mark != GONE}
    return [
        *_woken(decisions), *_annotated(told, where), *_jobs(decisions, where), *_drained(decisions, settings),
        *_annotated({name: GONE for name in decisions.scale if name not in told}, where),
    ]  # fmt: skip


def _woken(decisions: Decisions) -> Iterator[Command]:
    for names in batches(checked_nodes(decisions.wake, "kubernetes")):
        yield Command("wake", "slept", names, GONE, ("kubectl", "uncordon", *names))


def _drained(decisions: Decisions, settings: WorkloadSettings) -> Iterator[Command]:
    """Cordon all nodes first, so that no pod moves to one that is drained next."""
    nodes = checked_nodes(decisions.sleep, "kubernetes")
    limit = f"--timeout={max(settings.timeout_s - _SPARE_S, 1.0):.0f}s"
    for names in batches(nodes):
        yield Command("sleep", "slept", names, MAYBE, ("kubectl", "cordon", *names))
    for node in nodes:
        arguments = ("kubectl", "drain", "--ignore-daemonsets", "--delete-emptydir-data", limit, node)
        yield Command("sleep", "slept", (node,), SURE, arguments)


def _annotated(scale: dict[str, str], where: tuple[str, ...]) -> Iterator[Command]:
    for name, mark in sorted(scale.items()):
        change = (f"{ANNOTATION}-",) if mark == GONE else ("--overwrite", f"{ANNOTATION}={mark}")
        yield Command("scale", "scaled", (name,), mark, ("kubectl", "annotate", *where, name, *change))


def _jobs(decisions: Decisions, where: tuple[str, ...]) -> Iterator[Command]:
    for action, jobs, leaves in (("release", decisions.release, GONE), ("hold", decisions.hold, SURE)):
        change = '{"spec":{"suspend":%s}}' % ("true" if action == "hold" else "false")
        for job in checked_jobs(jobs, "kubernetes"):
            yield Command(action, "held", (job,), leaves, ("kubectl", "patch", *where, "job", job, f"--patch={change}"))
