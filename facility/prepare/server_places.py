"""Where servers stand and which of them sleep, as far as inlet models and the last plan know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from facility.records import Plan
from facility.site import Site
from models.plant_model import CoolingPlant


def asleep_servers(site: Site, last_plan: Plan | None, at: datetime) -> dict[str, frozenset[str]]:
    """Return, by pool, the servers that sleep if the last plan was followed; only names that the site still has."""
    found: dict[str, frozenset[str]] = {}
    for pool in site.server_pools:
        asleep = None if last_plan is None else last_plan.asleep_at(pool.id, at)
        if asleep is not None:
            found[pool.id] = asleep & {name for entry in pool.members for name in entry.servers}
    return found


def main_crah(plants: Sequence[CoolingPlant]) -> dict[str, str]:
    """Return, by rack, the CRAH whose air it gets most of, of halls whose inlet model tells the CRAHs apart."""
    found: dict[str, str] = {}
    for hall in (hall for plant in plants for hall in plant.hall_parts):
        if hall.inlets.reach.size:
            most = np.argmax(hall.inlets.reach, axis=1)
            found |= {rack: hall.inlets.crahs[index] for rack, index in zip(hall.inlets.racks, most, strict=True)}
    return found
