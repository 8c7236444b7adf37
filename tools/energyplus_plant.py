"""`--plant tools.energyplus_plant:factory`: a site whose plant is an EnergyPlus model, by the mapping file beside the site file."""

from __future__ import annotations

from tools.energyplus.own_conditions import own_conditions
from tools.energyplus.plant import factory

__all__ = ["factory", "own_conditions"]
