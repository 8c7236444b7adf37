"""What share of their power racks give to liquid: as learned, in place of what the site file says."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping

from facility.site_file import LoadedSite
from models.evidence import FittedPart
from models.liquid_share import LiquidShare


def liquid_frac_of(parts: Iterable[FittedPart | None]) -> dict[str, float]:
    """Return by rack what liquid takes of its power, as some fitted parts of a site learned it."""
    found: dict[str, float] = {}
    for part in parts:
        if isinstance(part, LiquidShare):
            found |= part.liquid_frac
    return found


def as_learned(loaded: LoadedSite, liquid_frac: Mapping[str, float]) -> LoadedSite:
    """Return the site with the racks' liquid shares as learned, for all that counts with them; other racks' stay as described.

    Never hand it to what learns the shares, or compares equipment: these ask what the site file says.
    """
    if not liquid_frac:
        return loaded
    halls = tuple(
        hall.model_copy(
            update={
                "racks": tuple(
                    rack.model_copy(update={"liquid_frac": liquid_frac.get(rack.id, rack.liquid_frac)})
                    for rack in hall.racks
                )
            }
        )
        for hall in loaded.site.halls
    )
    return dataclasses.replace(loaded, site=loaded.site.model_copy(update={"halls": halls}))
