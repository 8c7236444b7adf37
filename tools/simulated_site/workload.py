"""Server pools: awake servers, the work that cannot wait, and what racks draw under it; counts work asked for and done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from facility.records import FloatArray
from facility.site import ServerPool, Site
from tools.simulated_site.deferrable import DeferrableQueue, QueueState
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.constants import SECONDS_PER_HOUR
from tools.simulated_site.racks import Racks
from tools.simulated_site.servers import STANDBY_FRAC, RackLoad, rack_load
from tools.simulated_site.setpoints import Key, Setpoints
from tools.simulated_site.surroundings import Surroundings, Synthetic


@dataclass(slots=True)
class WorkloadState:
    """What the pools remember; counters are in hours of fully used servers."""

    awake: dict[str, float]
    utilisation: dict[str, float]
    asked_server_h: float = 0.0
    done_server_h: float = 0.0
    unserved_servers: dict[str, float] = field(default_factory=dict)  # now, by pool
    throttled: dict[str, float] = field(default_factory=dict)  # how much of its work a pool dropped in the last step


class Workload:
    """All pools of a site over its racks."""

    def __init__(
        self, site: Site, hidden: Hidden, setpoints: Setpoints, racks: Racks, surroundings: Surroundings | None = None
    ) -> None:
        self._setpoints, self._racks, self._hidden = setpoints, racks, hidden
        self._own = Synthetic(site, hidden)
        self._surroundings: Surroundings = surroundings or self._own
        self._pools = {pool.id: pool for pool in site.server_pools}
        self._shares = {pool.id: self._share(pool) for pool in site.server_pools}
        self.queues = {work.id: DeferrableQueue(work, hidden, setpoints, site.zone) for work in site.deferrable_work}
        self._fan_share = np.full(len(racks.ids), 0.08)
        for pool in site.server_pools:
            self._fan_share[self._shares[pool.id] > 0] = pool.fan_power_share_frac
        self._unpooled_kw = self._unpooled()
        self._done_server_h: dict[str, float] = {}  # in this step, before that
        self.state = WorkloadState(
            awake={pool.id: float(pool.servers) for pool in site.server_pools},
            utilisation={pool.id: 0.5 for pool in site.server_pools},
            unserved_servers={pool.id: 0.0 for pool in site.server_pools},
        )

    @property
    def queue_states(self) -> dict[str, QueueState]:
        """What each class of work that may wait remembers."""
        return {name: queue.state for name, queue in self.queues.items()}

    def _share(self, pool: ServerPool) -> FloatArray:
        """Return each rack's share of a pool's power: by rating, uneven as racks are."""
        members = self._racks.where(pool.racks) if pool.racks else range(len(self._racks.ids))
        share = np.zeros(len(self._racks.ids))
        for index in members:
            rack = self._racks.ids[index]
            if pool.racks or self._racks.halls[index] == pool.hall:
                share[index] = self._racks.rated_kw[index] * self._hidden.around(f"{rack}.share", 1.0, 0.15)
        return np.asarray(share / share.sum())

    def _unpooled(self) -> FloatArray:
        """Return the steady power of racks whose servers are in no pool."""
        pooled = sum(self._shares.values(), np.zeros(len(self._racks.ids)))
        filled = [self._hidden.between(f"{rack}.filled", 0.4, 0.65) for rack in self._racks.ids]
        return np.where(pooled > 0.0, 0.0, self._racks.rated_kw * filled)

    def step(
        self, dt_s: float, time: datetime, inlet_degc: FloatArray, coolant_lost_frac: FloatArray | float = 0.0
    ) -> RackLoad:
        """Advance the work and return what the racks draw; those that miss coolant drop that much of their work."""
        reference_kw = self._unpooled_kw.copy()
        for name, pool in self._pools.items():
            reference_kw += self._shares[name] * self._serve(name, pool, dt_s, time)
        for queue in self.queues.values():
            reference_kw += self._shares[queue.work.pool] * queue.step(dt_s, time, self._spare_kw(queue.work.pool))
        reference_kw *= 1.0 - (1.0 - STANDBY_FRAC) * coolant_lost_frac
        load = rack_load(
            reference_kw,
            fan_share=self._fan_share,
            inlet_degc=inlet_degc,
            load_frac=reference_kw / self._racks.rated_kw,
            liquid_frac=self._racks.liquid_frac,
            rated_air_kwpk=self._racks.rated_air_kwpk,
            allowable_max_degc=self._racks.allowable_max_degc,
        )
        self._drop(1.0 - (1.0 - load.throttled_frac) * (1.0 - coolant_lost_frac))
        return load

    def _drop(self, throttled_frac: FloatArray) -> None:
        """Take back from the work done what throttled servers do not do of it."""
        if not throttled_frac.any():
            self.state.throttled.clear()
            return
        for name, share in self._shares.items():
            self.state.throttled[name] = dropped = float(share @ throttled_frac)
            self.state.done_server_h -= dropped * self._done_server_h[name]
            pool = self._pools[name]
            self.state.unserved_servers[name] += dropped * self.state.utilisation[name] * pool.servers

    def _serve(self, name: str, pool: ServerPool, dt_s: float, time: datetime) -> float:
        """Let awake servers do the work that cannot wait, as far as they can; return the power they draw for it."""
        self._wake(name, pool, dt_s)
        state, awake = self.state, self.state.awake[name]
        demand = self._surroundings.demand(name, time)
        wanted = (self._own.demand(name, time) if demand is None else demand) * pool.servers
        done = min(wanted, awake)
        utilisation = done / max(awake, 1.0)
        state.utilisation[name], state.unserved_servers[name] = utilisation, wanted - done
        state.asked_server_h += wanted * dt_s / SECONDS_PER_HOUR
        self._done_server_h[name] = done * dt_s / SECONDS_PER_HOUR
        state.done_server_h += self._done_server_h[name]
        awake_w = awake * (pool.idle_w + (pool.peak_w - pool.idle_w) * utilisation)
        return (awake_w + (pool.servers - awake) * pool.sleep_w) / 1000.0

    def _wake(self, name: str, pool: ServerPool, dt_s: float) -> None:
        target = self._setpoints[(name, "awake_servers_command")]
        most = pool.servers / max(pool.wake_min * 60.0, 1.0) * dt_s
        self.state.awake[name] += min(max(target - self.state.awake[name], -most), most)

    def _spare_kw(self, pool: str) -> float:
        rating = self._pools[pool]
        idle_share = 1.0 - self.state.utilisation[pool]
        idle_share *= 1.0 - self.state.throttled.get(pool, 0.0)
        return self.state.awake[pool] * idle_share * (rating.peak_w - rating.idle_w) / 1000.0

    def values(self) -> dict[Key, float]:
        """Return the true values of pools and work; utilisation is that of the work that cannot wait."""
        found: dict[Key, float] = {}
        for name in self._pools:
            found[(name, "awake_servers")] = round(self.state.awake[name])
            found[(name, "utilisation_frac")] = self.state.utilisation[name]
        for queue in self.queues.values():
            found |= queue.values()
        return found
