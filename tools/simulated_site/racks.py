"""Every rack of the site in arrays, in the order of the site file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from facility.site import Site
from tools.simulated_site.noise import Hidden


@dataclass(frozen=True, slots=True, eq=False)
class Racks:
    """What does not change about the racks."""

    ids: tuple[str, ...]
    halls: tuple[str, ...]
    loops: tuple[str | None, ...]
    rated_kw: FloatArray
    liquid_frac: FloatArray
    rows: FloatArray
    positions: FloatArray  # along the row
    allowable_max_degc: FloatArray  # inlet that the servers' class bears
    rated_air_kwpk: FloatArray  # capacity rate of the air that the server fans move at full speed

    def where_hall(self, hall: str) -> slice:
        """Return the racks of a hall, which stand together."""
        first = self.halls.index(hall)
        return slice(first, first + self.halls.count(hall))

    def where(self, ids: tuple[str, ...]) -> list[int]:
        """Return the positions of some racks."""
        return [self.ids.index(identifier) for identifier in ids]


def racks_of(site: Site, hidden: Hidden) -> Racks:
    """Return the racks of a site; how much air each draws is hidden."""
    racks = [(hall.id, rack) for hall in site.halls for rack in hall.racks]
    allowable_degc = [hall.limits.allowable.inlet_max_degc for hall in site.halls for _ in hall.racks]
    rated_kw = np.array([rack.rated_kw for _, rack in racks])
    liquid_frac = np.array([rack.liquid_frac for _, rack in racks])
    rise_k = np.array([hidden.around(f"{rack.id}.rise", 13.0, 0.12) for _, rack in racks])
    return Racks(
        ids=tuple(rack.id for _, rack in racks),
        halls=tuple(hall for hall, _ in racks),
        loops=tuple(rack.liquid_loop for _, rack in racks),
        rated_kw=rated_kw,
        liquid_frac=liquid_frac,
        rows=np.array([float(rack.row) for _, rack in racks]),
        positions=np.array([float(rack.position) for _, rack in racks]),
        allowable_max_degc=np.array(allowable_degc),
        rated_air_kwpk=rated_kw * (1.0 - liquid_frac) / rise_k,
    )
