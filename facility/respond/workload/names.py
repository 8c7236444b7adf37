"""Names that may stand in a command: what could be taken for an option, a list, a range or all nodes is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from facility.errors import ConfigurationError

_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
_SLURM_JOB = re.compile(r"[1-9][0-9]{0,9}(_[0-9]{1,9})?")
_KUBERNETES = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
MOST_NAMES = 100  # in one command
_ALL_OF_SLURM = "all"  # Slurm takes it for every node that it has


def node_fault(node: str, adapter: str) -> str | None:
    """Return why a node cannot be called so; None where it can."""
    kind = _KUBERNETES if adapter == "kubernetes" else _NODE
    if kind.fullmatch(node) and not (adapter == "slurm" and node.lower() == _ALL_OF_SLURM):
        return None
    return f"{node[:60]!r} cannot be the name of a node for {adapter}; see prefix, suffix and names"


def checked_nodes(nodes: Iterable[str], adapter: str) -> tuple[str, ...]:
    """Return names of nodes, in order.

    Raises
    ------
    ConfigurationError
        If one cannot be such a name.
    """
    found = tuple(sorted(nodes))
    for node in found:
        fault = node_fault(node, adapter)
        if fault is not None:
            raise ConfigurationError(f"workload: {fault}")
    return found


def checked_jobs(jobs: Iterable[str], adapter: str) -> tuple[str, ...]:
    """Return ids of jobs, in order.

    Raises
    ------
    ConfigurationError
        If one cannot be an id of the scheduler.
    """
    kind = {"slurm": _SLURM_JOB, "kubernetes": _KUBERNETES}.get(adapter, _NODE)
    found = tuple(sorted(jobs))
    for job in found:
        if not kind.fullmatch(job):
            raise ConfigurationError(f"workload: jobs: {job[:60]!r} cannot be the id of a job for {adapter}")
    return found


def batches(names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield names, so many as one command takes."""
    for begin in range(0, len(names), MOST_NAMES):
        yield names[begin : begin + MOST_NAMES]
