"""Which servers of a pool sleep, once it is decided how many: rows and the racks of a CRAH are emptied one after the other.

Servers of lower tiers go first. Of each group that is kept apart, some servers on different racks never sleep; nor do those that
the scheduler could not put to sleep. Servers that sleep go on sleeping: the last that went is the first to come back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from facility.plan.inputs import PlanInputs
from facility.records import FloatArray
from facility.site import KeptApart, ServerPool
from facility.workload import ServerMoves

Names = frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server stands, and the rank of its tier (the most important is 0)."""

    rack: str
    row: int
    crah: str  # whose air its rack gets most of; empty where that is not known
    rank: int


class NamedPool:
    """The named servers of a pool, which of them sleep now, and the order in which they would be put to sleep."""

    def __init__(
        self, inputs: PlanInputs, pool: ServerPool, awake_now: float, awake_steps: int, asleep_steps: int
    ) -> None:
        self.pool, self._awake_steps, self._asleep_steps, self._times = pool, awake_steps, asleep_steps, inputs.times
        hall = next(hall for hall in inputs.site.halls if hall.id == pool.hall)
        rows = {rack.id: rack.row for rack in hall.racks}
        ranks = {tier.id: rank for rank, tier in enumerate(pool.tiers)}
        self._places = {
            name: Place(entry.rack, rows[entry.rack], inputs.main_crah.get(entry.rack, ""), ranks.get(entry.tier or "", len(ranks)))
            for entry in pool.members
            for name in entry.servers
        }  # fmt: skip
        others = [rack for rack in rows if rack not in {place.rack for place in self._places.values()}]
        self._taken_rows = {rows[rack] for rack in others}  # by racks of which this pool knows nothing
        self._taken_crahs = {inputs.main_crah.get(rack, "") for rack in others} | {""}
        self.kept_awake: Names = inputs.kept_awake.get(pool.id, frozenset()) & frozenset(self._places)
        told = frozenset(inputs.asleep_servers.get(pool.id, ())) & frozenset(self._places) - self.kept_awake
        self.known = pool.id in inputs.asleep_servers and len(told) == pool.servers - round(awake_now)
        anchors = self._anchors(told if self.known else frozenset())
        self._order = self._drain_order(told if self.known else frozenset(), anchors)
        count = pool.servers - round(awake_now)
        self.asleep_now: Names = (
            told if self.known else frozenset([one for one in self._order if one not in anchors][:count])
        )
        self.anchors = self._anchors(self.asleep_now)

    def _anchors(self, asleep: Names) -> Names:
        """Choose the servers that never sleep: of each group so many on different racks, those first that serve others too."""
        chosen = set(self.kept_awake)
        for group in self.pool.keep_apart:
            racks: set[str] = set()
            for name in sorted(
                group.servers, key=lambda one: (one not in chosen, one in asleep, self._places[one].rank, one)
            ):
                if len(racks) < group.at_least and self._places[name].rack not in racks:
                    racks.add(self._places[name].rack)
                    chosen.add(name)
        return frozenset(chosen)

    def _drain_order(self, asleep: Names, anchors: Names) -> list[str]:
        """Order servers by tier from below, then by the CRAH, row and rack that are nearest to being empty."""
        held: dict[object, float] = {}
        for group in ("crah", "row", "rack"):
            for key in {getattr(place, group) for place in self._places.values()}:
                own = [name for name, place in self._places.items() if getattr(place, group) == key]
                awake = sum(name not in asleep for name in own) / len(own)
                held[key] = awake + sum(name in anchors for name in own)
        return sorted(
            self._places,
            key=lambda name: (
                -(place := self._places[name]).rank,
                *(held[place.crah], place.crah, held[place.row], place.row, held[place.rack], place.rack, name),
            ),
        )

    def awake_sets(self, awake: FloatArray) -> list[Names]:
        """Return the servers awake in each step, so many as asked for; more where those that may not sleep are more."""
        now = frozenset(self._places) - self.asleep_now
        woken = dict.fromkeys(self._places, -len(awake))
        slept = dict.fromkeys(self._places, -len(awake))
        sets = []
        for step, count in enumerate(np.round(awake).astype(int)):
            after = self._step(now, count, step, woken, slept)
            woken |= dict.fromkeys(after - now, step)
            slept |= dict.fromkeys(now - after, step)
            sets.append(after)
            now = after
        return sets

    def _step(self, now: Names, count: int, step: int, woken: dict[str, int], slept: dict[str, int]) -> Names:
        """Wake the anchors that sleep and who else is needed, the last that went first; put to sleep who may."""
        after = now | {name for name in self.anchors if step - slept[name] >= self._asleep_steps}
        rested = [
            name for name in reversed(self._order) if name not in after and step - slept[name] >= self._asleep_steps
        ]
        after |= set(rested[: max(count - len(after), 0)])
        may = [name for name in self._order if name in after and name not in self.anchors]
        may = [name for name in may if name in now and step - woken[name] >= self._awake_steps]
        return frozenset(after - set(may[: max(len(after) - count, 0)]))

    def moves(self, awake: FloatArray) -> Iterator[ServerMoves]:
        """Yield what changes, step by step, and what then is empty."""
        sets = [frozenset(self._places) - self.asleep_now, *self.awake_sets(awake)]
        for time, (before, after) in zip(self._times, pairwise(sets), strict=True):
            if before != after:
                yield ServerMoves(
                    self.pool.id, time, tuple(sorted(after - before)), tuple(sorted(before - after)),
                    self._empty_rows(after), self._idle_crahs(after),
                )  # fmt: skip

    def _empty_rows(self, awake: Names) -> tuple[int, ...]:
        rows = {place.row for place in self._places.values()} - {self._places[name].row for name in awake}
        return tuple(sorted(rows - self._taken_rows))

    def _idle_crahs(self, awake: Names) -> tuple[str, ...]:
        crahs = {place.crah for place in self._places.values()} - {self._places[name].crah for name in awake}
        return tuple(sorted(crahs - self._taken_crahs))

    def racks_awake(self, group: KeptApart, awake: Names) -> int:
        """Return on how many racks servers of a group are awake."""
        return len({self._places[name].rack for name in group.servers if name in awake})
