"""What the racks of a hall draw, breathe and give off at the power that their pools have at the reference inlet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from tools.simulated_site.servers import RackLoad, rack_load
from tools.simulated_site.simulation import SimulatedSite

SLOPE_K = 1e-3  # over which a slope is taken


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """Something of racks: so much for a kW of each pool (pools,), and that of racks in no pool."""

    per_it: FloatArray
    own_kw: float

    def kw(self, pool_kw: FloatArray) -> float:
        """Return it at the power of the pools."""
        return float(self.per_it @ pool_kw) + self.own_kw


@dataclass(frozen=True, slots=True, eq=False)
class RackShares:
    """Power of racks, their heat to the air, and to each loop."""

    it: Share
    air: Share
    liquid: Mapping[str, Share]


@dataclass(frozen=True, slots=True, eq=False)
class HallRacks:
    """The racks of one hall.

    Attributes
    ----------
    shares
        (pools, racks) Each rack's share of the power of each pool of the site.
    own_kw
        (racks,) Of racks in no pool.
    """

    shares: FloatArray
    own_kw: FloatArray
    fan_share: FloatArray
    rated_kw: FloatArray
    liquid_frac: FloatArray
    rated_air_kwpk: FloatArray
    allowable_max_degc: FloatArray
    loops: tuple[str | None, ...]

    def load(self, pool_kw: FloatArray, inlet_degc: FloatArray) -> RackLoad:
        """Return the load at inlet temperatures (temperatures,), arrays (temperatures, racks).

        Nothing throttles: that would be lost work.
        """
        reference_kw = self.own_kw + pool_kw @ self.shares
        shape = (len(inlet_degc), len(self.own_kw))
        return rack_load(
            np.broadcast_to(reference_kw, shape),
            fan_share=self.fan_share,
            inlet_degc=np.broadcast_to(inlet_degc[:, None], shape),
            load_frac=reference_kw / self.rated_kw,
            liquid_frac=self.liquid_frac,
            rated_air_kwpk=self.rated_air_kwpk,
            allowable_max_degc=np.full(len(self.own_kw), np.inf),
        )

    def shares_at(self, inlet_degc: float) -> RackShares:
        """Return what the racks come to at one inlet temperature: power and heat are linear in the power of their pools."""
        own = self.load(np.zeros(len(self.shares)), np.array([inlet_degc]))
        one = rack_load(
            np.ones(len(self.own_kw)),
            fan_share=self.fan_share,
            inlet_degc=np.full(len(self.own_kw), inlet_degc),
            load_frac=np.zeros(len(self.own_kw)),
            liquid_frac=self.liquid_frac,
            rated_air_kwpk=self.rated_air_kwpk,
            allowable_max_degc=np.full(len(self.own_kw), np.inf),
        )
        names = sorted({name for name in self.loops if name is not None})
        on = {name: np.array([other == name for other in self.loops], dtype=float) for name in names}
        return RackShares(
            Share(self.shares @ one.it_kw, float(own.it_kw.sum())),
            Share(self.shares @ one.air_kw, float(own.air_kw.sum())),
            {
                name: Share(self.shares @ (mine * one.liquid_kw), float(own.liquid_kw[0] @ mine))
                for name, mine in on.items()
            },
        )


def racks_of_halls(site: SimulatedSite) -> list[HallRacks]:
    """Return the racks of each hall."""
    work, racks = site.workload, site.workload._racks
    shares = np.array([work._shares[pool.id] for pool in site.site.server_pools])
    shares = shares.reshape(len(site.site.server_pools), len(racks.ids))
    return [
        HallRacks(
            shares=shares[:, hall.racks],
            own_kw=work._unpooled_kw[hall.racks],
            fan_share=work._fan_share[hall.racks],
            rated_kw=racks.rated_kw[hall.racks],
            liquid_frac=racks.liquid_frac[hall.racks],
            rated_air_kwpk=racks.rated_air_kwpk[hall.racks],
            allowable_max_degc=racks.allowable_max_degc[hall.racks],
            loops=racks.loops[hall.racks],
        )
        for hall in site.halls
    ]
