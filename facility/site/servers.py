"""Server pools and the work that may wait."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import time
from typing import Annotated

from pydantic import Field, model_validator

from facility.site.values import ClockTime, Count, Fraction, Id, Named, NonNegative, Part, Positive, need_order

MOST_SLOWER_LEVELS = 3


class PowerPoint(Part):
    """A measured point of a server's power between idle and peak."""

    utilisation_frac: Annotated[float, Field(strict=True, gt=0, lt=1)]
    power_w: Positive


class FrequencyLevel(Part):
    """A slower clock: what a server then does and takes."""

    throughput_frac: Annotated[float, Field(strict=True, gt=0, lt=1)]  # of full speed, fully used
    idle_w: Positive
    peak_w: Positive
    power_points: tuple[PowerPoint, ...] = ()

    @model_validator(mode="after")
    def _order(self) -> FrequencyLevel:
        need_order(self, "idle_w", "peak_w")
        need_rise(self.power_points, self.idle_w, self.peak_w)
        return self


class ServiceTier(Part):
    """A share of a pool's work and the promise that goes with it: capacity for the load quantile, and so much more."""

    id: Id
    share_frac: Fraction
    quantile: Annotated[float, Field(strict=True, ge=0.5, lt=1)] = 0.95
    headroom_frac: Fraction = 0.2


class RackServers(Part):
    """Named servers of a pool in one rack; those of a tier are put to sleep after those of lower ones."""

    rack: Id
    servers: Annotated[tuple[Id, ...], Field(min_length=1)]
    tier: Id | None = None


class KeptApart(Part):
    """Servers that stand in for one another: so many of them stay awake, each in another rack."""

    id: Id
    servers: Annotated[tuple[Id, ...], Field(min_length=1)]
    at_least: Count = 1


class ServerPool(Named):
    """Alike servers that share work; power is linear in utilisation between idle, measured points and peak."""

    hall: Id
    racks: tuple[Id, ...] = ()  # empty: all racks of the hall
    servers: Count
    idle_w: Positive
    peak_w: Positive
    power_points: tuple[PowerPoint, ...] = ()
    slower_levels: Annotated[tuple[FrequencyLevel, ...], Field(max_length=MOST_SLOWER_LEVELS)] = ()
    sleep_w: NonNegative = 10.0
    wake_min: NonNegative = 5.0
    wake_cost: NonNegative = 0.0  # each time, beside the energy of waking
    wakes_max_per_h: Positive | None = None  # boots at once strain network, storage and breakers
    min_awake_min: NonNegative = 30.0
    min_asleep_min: NonNegative = 0.0
    headroom_frac: Fraction = 0.2  # spare awake capacity kept above the upper load quantile; `tiers` replace it
    tiers: tuple[ServiceTier, ...] = ()  # the most important first
    failure_reserve_servers: Annotated[int, Field(strict=True, ge=0)] = (
        0  # awake beyond the headroom; the larger counts
    )
    failure_reserve_frac: Fraction = 0.0
    members: tuple[RackServers, ...] = ()  # none: the plan tells how many servers sleep, not which
    keep_apart: tuple[KeptApart, ...] = ()
    consolidate: bool = True
    unserved_cost_per_server_h: NonNegative = 5.0  # what work costs that no awake server could take
    fan_power_share_frac: Fraction = 0.1  # of server power at 25 C inlet; rises with the inlet temperature

    @model_validator(mode="after")
    def _order(self) -> ServerPool:
        need_order(self, "sleep_w", "idle_w", "peak_w")
        need_rise(self.power_points, self.idle_w, self.peak_w)
        if any(level.idle_w <= self.sleep_w for level in self.slower_levels):
            raise ValueError("slower_levels: need sleep_w < idle_w at each level")
        return self

    @model_validator(mode="after")
    def _whole(self) -> ServerPool:
        if self.tiers and abs(sum(tier.share_frac for tier in self.tiers) - 1.0) > 1e-6:
            raise ValueError("tiers: their share_frac must add up to 1")
        need_once("tiers", [tier.id for tier in self.tiers])
        return self

    @model_validator(mode="after")
    def _names(self) -> ServerPool:
        names = [name for entry in self.members for name in entry.servers]
        need_once("members", names)
        if names and len(names) != self.servers:
            raise ValueError(
                f"members name {len(names)} servers, servers says {self.servers}; name all of them or none"
            )
        need_known("members", [entry.tier for entry in self.members if entry.tier], [tier.id for tier in self.tiers])
        rack_of = {name: entry.rack for entry in self.members for name in entry.servers}
        for group in self.keep_apart:
            need_known(f"keep_apart {group.id}", group.servers, names)
            if len({rack_of[name] for name in group.servers}) < group.at_least:
                raise ValueError(f"keep_apart {group.id}: at_least {group.at_least} needs as many racks; it has fewer")
        return self


class DeferrableWork(Named):
    """A class of work that may wait: so much energy a day, arriving evenly between two hours, due within a delay."""

    pool: Id
    energy_kwh_per_day: Positive
    max_power_kw: Positive
    arrives_from: ClockTime = time(0)
    arrives_until: ClockTime = time(0)  # the same as arrives_from: all day
    due_within_h: Positive = 12.0
    late_cost_per_kwh: NonNegative = 1.0

    @model_validator(mode="after")
    def _fits_in_a_day(self) -> DeferrableWork:
        if self.energy_kwh_per_day > 24 * self.max_power_kw:
            raise ValueError("energy_kwh_per_day cannot be done in a day at max_power_kw")
        return self


def need_rise(points: tuple[PowerPoint, ...], idle_w: float, peak_w: float) -> None:
    """Refuse points that do not rise in utilisation, and in power from idle to peak."""
    at = [point.utilisation_frac for point in points]
    watts = [idle_w, *(point.power_w for point in points), peak_w]
    if at != sorted(set(at)) or watts != sorted(watts):
        raise ValueError("power_points: utilisation_frac must rise, and power_w from idle_w to peak_w")


def need_once(where: str, names: list[str]) -> None:
    """Refuse a name that stands twice."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"{where}: {twice[0]!r} stands twice; keep one")


def need_known(where: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Refuse a name that the pool does not have."""
    missing = sorted(set(names) - set(known))
    if missing:
        raise ValueError(f"{where}: the pool has no {missing[0]!r}")
