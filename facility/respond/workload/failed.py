"""What a scheduler could not do, as it is known afterwards: a node that was not drained serves on, and no plan lets it sleep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from facility.respond.workload.commands import SLEEP, CarriedOut, Failure
from facility.respond.workload.settings import WorkloadSettings
from facility.site import Site


def failures(done: CarriedOut, settings: WorkloadSettings, now: datetime) -> dict[str, Failure]:
    """Return what failed lately and was not done since, by node; after `held_h` it may be tried anew."""
    since = now - timedelta(hours=settings.held_h)
    return {node: one for node, one in done.failed.items() if one.at > since}


def kept_awake(done: CarriedOut, settings: WorkloadSettings, site: Site, now: datetime) -> Mapping[str, frozenset[str]]:
    """Return the servers of each pool that were to sleep and could not be put to sleep."""
    serving = {node for node, one in failures(done, settings, now).items() if one.action == SLEEP}
    found = {
        pool.id: frozenset(name for entry in pool.members for name in entry.servers if settings.node(name) in serving)
        for pool in site.server_pools
    }
    return {pool: names for pool, names in found.items() if names}
