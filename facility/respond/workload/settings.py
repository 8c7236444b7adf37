"""The part `workload` of a site's settings: which scheduler runs the work, and by what names it knows the servers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Literal, get_args

from pydantic import Field

from facility.errors import ConfigurationError
from facility.respond.workload.names import node_fault
from facility.site import Site
from facility.site.values import Part, Positive

AdapterName = Literal["slurm", "kubernetes", "script"]
ADAPTERS: tuple[AdapterName, ...] = get_args(AdapterName)
_SCALED = r"^[a-z][a-z.]{0,60}/[a-z0-9][a-z0-9.-]{0,252}$"


class WorkloadSettings(Part):
    """How decisions of the plan reach the scheduler."""

    adapter: AdapterName
    prefix: str = ""  # node name: prefix, server, suffix
    suffix: str = ""
    names: dict[str, str] = Field(default_factory=dict)  # server -> node, where that is not so
    timeout_s: Annotated[Positive, Field(le=3600.0)] = 300.0  # of each command
    held_h: Annotated[Positive, Field(le=168.0)] = 6.0  # so long no plan lets a node sleep that was not drained
    jobs: bool = False  # hold and release the jobs of the plan too; their ids are the scheduler's
    power_off: bool = True  # Slurm: power nodes down and up, not only drain and resume them
    namespace: Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")] | None = None  # Kubernetes
    scaled: dict[str, Annotated[str, Field(pattern=_SCALED)]] = Field(default_factory=dict)  # tier -> what is annotated
    script: Annotated[str, Field(pattern=r"^/.+")] | None = None

    def node(self, server: str) -> str:
        """Return what the scheduler calls a server."""
        return self.names.get(server, f"{self.prefix}{server}{self.suffix}")

    def with_adapter(self, adapter: AdapterName | None) -> WorkloadSettings:
        """Return the same for another scheduler.

        Raises
        ------
        ConfigurationError
            If that is the script, and none is named.
        """
        found = self if adapter is None else self.model_copy(update={"adapter": adapter})
        if found.adapter == "script" and found.script is None:
            raise ConfigurationError(f"workload: script: {_NO_SCRIPT}")
        return found


_NO_SCRIPT = "give the path of the executable; the adapter script needs it"


def workload_faults(given: WorkloadSettings, site: Site) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield what the site does not have, and names that no scheduler could have."""
    if given.adapter == "script" and given.script is None:
        yield ("workload", "script"), _NO_SCRIPT
    servers = [name for pool in site.server_pools for entry in pool.members for name in entry.servers]
    for name in given.names:
        if name not in servers:
            yield ("workload", "names"), f"{name} is no server of the site's pools (`members`)"
    nodes = Counter(given.node(server) for server in servers)
    for node, count in nodes.items():
        fault = node_fault(node, given.adapter)
        if fault or count > 1:
            yield ("workload",), fault or f"{node} is the name of {count} servers; give each its own"
            return
    tiers = {tier.id for pool in site.server_pools for tier in pool.tiers}
    for tier in given.scaled:
        if tier not in tiers:
            yield ("workload", "scaled"), f"{tier} is no tier of the site: {', '.join(sorted(tiers)) or 'none'}"
