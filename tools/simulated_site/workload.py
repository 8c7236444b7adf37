"""Server pools and the work that may wait: demand by hour and weekday, awake servers, a first-in first-out backlog."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from facility.records import FloatArray
from facility.site import DeferrableWork, ServerPool, Site
from tools.simulated_site.noise import Hidden, smooth_noise
from tools.simulated_site.physics.constants import SECONDS_PER_HOUR
from tools.simulated_site.racks import Racks
from tools.simulated_site.servers import RackLoad, rack_load
from tools.simulated_site.setpoints import Key, Setpoints

LOT_S = 900.0  # arrivals are kept in lots of this length, oldest first


@dataclass(slots=True)
class WorkloadState:
    """What the pools remember."""

    awake: dict[str, float]
    utilisation: dict[str, float]
    power_kw: dict[str, float] = field(default_factory=dict)
    lots: dict[str, list[list[float]]] = field(default_factory=dict)  # work id -> [[arrived_s, kWh], ...]


class Workload:
    """All pools of a site over its racks."""

    def __init__(self, site: Site, hidden: Hidden, setpoints: Setpoints, racks: Racks) -> None:
        self._zone, self._setpoints, self._racks, self._hidden = site.zone, setpoints, racks, hidden
        self._pools = {pool.id: pool for pool in site.server_pools}
        self._work = site.deferrable_work
        self._shares = {pool.id: self._share(pool) for pool in site.server_pools}
        self._demand = {pool.id: Demand(pool, hidden, self._liquid(pool.id)) for pool in site.server_pools}
        self._fan_share = np.full(len(racks.ids), 0.08)
        for pool in site.server_pools:
            self._fan_share[self._shares[pool.id] > 0] = pool.fan_power_share_frac
        self.state = WorkloadState(
            awake={pool.id: float(pool.servers) for pool in site.server_pools},
            utilisation={pool.id: 0.5 for pool in site.server_pools},
            power_kw={work.id: 0.0 for work in self._work},
            lots={work.id: [] for work in self._work},
        )

    def _share(self, pool: ServerPool) -> FloatArray:
        """Return each rack's share of a pool's power: by rating, uneven as racks are."""
        members = self._racks.where(pool.racks) if pool.racks else range(len(self._racks.ids))
        share = np.zeros(len(self._racks.ids))
        for index in members:
            rack = self._racks.ids[index]
            if pool.racks or self._racks.halls[index] == pool.hall:
                share[index] = self._racks.rated_kw[index] * self._hidden.around(f"{rack}.share", 1.0, 0.15)
        return np.asarray(share / share.sum())

    def _liquid(self, pool: str) -> bool:
        return bool((self._shares[pool] * self._racks.liquid_frac).sum() > 0.3)

    def step(self, dt_s: float, time: datetime, inlet_degc: FloatArray) -> RackLoad:
        """Advance the work and return what the racks draw."""
        reference_kw = np.zeros(len(self._racks.ids))
        for name, pool in self._pools.items():
            self._wake(name, pool, dt_s)
            awake = self.state.awake[name]
            wanted = self._demand[name].at(time, self._zone) * pool.servers
            self.state.utilisation[name] = min(1.0, wanted / max(awake, 1.0))
            pool_w = awake * (pool.idle_w + (pool.peak_w - pool.idle_w) * self.state.utilisation[name])
            pool_w += (pool.servers - awake) * pool.sleep_w
            reference_kw += self._shares[name] * pool_w / 1000.0
        for work in self._work:
            reference_kw += self._shares[work.pool] * self._run(work, dt_s, time)
        return rack_load(
            reference_kw,
            fan_share=self._fan_share,
            inlet_degc=inlet_degc,
            load_frac=reference_kw / self._racks.rated_kw,
            liquid_frac=self._racks.liquid_frac,
            rated_air_kwpk=self._racks.rated_air_kwpk,
        )

    def _wake(self, name: str, pool: ServerPool, dt_s: float) -> None:
        target = self._setpoints[(name, "awake_servers_command")]
        rate_per_s = pool.servers / max(pool.wake_min * 60.0, 1.0)
        most = rate_per_s * dt_s
        self.state.awake[name] += min(max(target - self.state.awake[name], -most), most)

    def _run(self, work: DeferrableWork, dt_s: float, time: datetime) -> float:
        """Return the power that goes into deferrable work; overdue work runs whatever the command says."""
        now_s = time.timestamp()
        lots = self.state.lots[work.id]
        self._arrive(work, dt_s, time, lots)
        overdue = bool(lots) and now_s - lots[0][0] > work.due_within_h * SECONDS_PER_HOUR
        command_kw = work.max_power_kw if overdue else self._setpoints[(work.id, "deferrable_power_command_kw")]
        hours = dt_s / SECONDS_PER_HOUR
        energy_kwh = min(min(command_kw, self._spare_kw(work.pool)) * hours, sum(lot[1] for lot in lots))
        left = energy_kwh
        while lots and left >= lots[0][1]:
            left -= lots.pop(0)[1]
        if lots:
            lots[0][1] -= left
        self.state.power_kw[work.id] = energy_kwh / hours
        return self.state.power_kw[work.id]

    def _arrive(self, work: DeferrableWork, dt_s: float, time: datetime, lots: list[list[float]]) -> None:
        local = time.astimezone(self._zone)
        hour = local.hour + local.minute / 60.0
        start = work.arrives_from.hour + work.arrives_from.minute / 60.0
        until = work.arrives_until.hour + work.arrives_until.minute / 60.0
        length = (until - start) % 24.0 or 24.0
        if (hour - start) % 24.0 >= length:
            return
        uneven = 1.0 + 0.2 * math.tanh(smooth_noise(f"{self._hidden.seed}/{work.id}", time.timestamp(), 7200.0))
        energy_kwh = work.energy_kwh_per_day * uneven * dt_s / (length * SECONDS_PER_HOUR)
        if lots and time.timestamp() - lots[-1][0] < LOT_S:
            lots[-1][1] += energy_kwh
        else:
            lots.append([time.timestamp(), energy_kwh])

    def _spare_kw(self, pool: str) -> float:
        rating = self._pools[pool]
        idle_share = 1.0 - self.state.utilisation[pool]
        return self.state.awake[pool] * idle_share * (rating.peak_w - rating.idle_w) / 1000.0

    def values(self) -> dict[Key, float]:
        """Return the true values of pools and work; utilisation is that of the work that cannot wait."""
        found: dict[Key, float] = {}
        for name in self._pools:
            found[(name, "awake_servers")] = round(self.state.awake[name])
            found[(name, "utilisation_frac")] = self.state.utilisation[name]
        for work in self._work:
            found[(work.id, "deferrable_power_kw")] = self.state.power_kw[work.id]
            found[(work.id, "deferrable_backlog_kwh")] = sum(lot[1] for lot in self.state.lots[work.id])
        return found


class Demand:
    """Work that cannot wait, as a fraction of all servers: office hours for ordinary pools, long jobs for liquid-cooled ones."""

    def __init__(self, pool: ServerPool, hidden: Hidden, liquid: bool) -> None:
        self._key = f"{hidden.seed}/{pool.id}"
        self._base = hidden.around(f"{pool.id}.base", 0.60 if liquid else 0.38, 0.06)
        self._day = 0.02 if liquid else hidden.around(f"{pool.id}.day", 0.17, 0.15)
        self._jobs = 0.05 if liquid else 0.02

    def at(self, time: datetime, zone: ZoneInfo) -> float:
        """Return the demand at a time."""
        local = time.astimezone(zone)
        hour = local.hour + local.minute / 60.0 + local.second / 3600.0
        busy = math.exp(2.0 * (math.cos(2 * math.pi * (hour - 14.5) / 24.0) - 1.0))
        weekend = 0.35 if local.weekday() >= 5 else 1.0
        time_s = time.timestamp()
        jobs = self._jobs * smooth_noise(f"{self._key}/jobs", time_s, 5 * SECONDS_PER_HOUR)
        bursts = 0.008 * smooth_noise(f"{self._key}/bursts", time_s, 600.0)
        return min(max(self._base + self._day * busy * weekend + jobs + bursts, 0.05), 0.95)
