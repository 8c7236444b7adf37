"""What comes to the site from outside: weather, work and the heat that networks ask for; a synthetic course unless others say."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from facility.site import ServerPool, Site
from tools.simulated_site.climate import Climate, Outdoors
from tools.simulated_site.noise import Hidden, SmoothNoise
from tools.simulated_site.physics.constants import SECONDS_PER_HOUR

LIQUID_POOL_FRAC = 0.3  # of its racks' heat: from here on a pool is taken for accelerators


class Surroundings(Protocol):
    """What happens to a site whatever it does."""

    def outdoors(self, time: datetime) -> Outdoors:
        """Return the outdoor air at a time."""
        ...

    def demand(self, pool: str, time: datetime) -> float | None:
        """Return the work that cannot wait, as a fraction of all a pool's servers; None: the synthetic course counts."""
        ...

    def heat(self, contract: str, time: datetime) -> float | None:
        """Return the heat [kW] that a contract asks for; None: the site file counts."""
        ...


class Synthetic:
    """A temperate climate and the work of ordinary days, drawn from the seed."""

    def __init__(self, site: Site, hidden: Hidden) -> None:
        self._climate = Climate(hidden, site.zone, site.altitude_m)
        self._zone = site.zone
        self._demand = {pool.id: Demand(pool, hidden, _liquid(site, pool)) for pool in site.server_pools}

    def outdoors(self, time: datetime) -> Outdoors:
        """Return the outdoor air at a time."""
        return self._climate.at(time)

    def demand(self, pool: str, time: datetime) -> float:
        """Return a pool's demand at a time."""
        return self._demand[pool].at(time, self._zone)

    def heat(self, _contract: str, _time: datetime) -> float | None:
        """Leave it to the site file."""
        return None


def _liquid(site: Site, pool: ServerPool) -> bool:
    racks = [rack for hall in site.halls if hall.id == pool.hall for rack in hall.racks]
    racks = [rack for rack in racks if not pool.racks or rack.id in pool.racks]
    liquid_kw = sum(rack.rated_kw * rack.liquid_frac for rack in racks)
    return liquid_kw > LIQUID_POOL_FRAC * sum(rack.rated_kw for rack in racks)


class Demand:
    """Work that cannot wait, as a fraction of all servers: office hours for ordinary pools, long jobs for liquid-cooled ones."""

    def __init__(self, pool: ServerPool, hidden: Hidden, liquid: bool) -> None:
        self._jobs = SmoothNoise(f"{hidden.seed}/{pool.id}/jobs", 5 * SECONDS_PER_HOUR)
        self._bursts = SmoothNoise(f"{hidden.seed}/{pool.id}/bursts", 600.0)
        self._base = hidden.around(f"{pool.id}.base", 0.60 if liquid else 0.38, 0.06)
        self._day = 0.02 if liquid else hidden.around(f"{pool.id}.day", 0.17, 0.15)
        self._jobs_frac = 0.05 if liquid else 0.02

    def at(self, time: datetime, zone: ZoneInfo) -> float:
        """Return the demand at a time."""
        local = time.astimezone(zone)
        hour = local.hour + local.minute / 60.0 + local.second / 3600.0
        busy = math.exp(2.0 * (math.cos(2 * math.pi * (hour - 14.5) / 24.0) - 1.0))
        weekend = 0.35 if local.weekday() >= 5 else 1.0
        time_s = time.timestamp()
        jobs = self._jobs_frac * self._jobs.at(time_s)
        bursts = 0.008 * self._bursts.at(time_s)
        return min(max(self._base + self._day * busy * weekend + jobs + bursts, 0.05), 0.95)
