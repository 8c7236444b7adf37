"""What to ask of units of one profile, worked out once for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from facility.acquire.decode import Scaling
from facility.acquire.modbus.registers import Block
from facility.acquire.requests import plan_modbus
from facility.profile import Limits, Place, ProfilePoint


class ModbusReading(NamedTuple):
    """The blocks of some places, and each place's position and name."""

    places: Mapping[str, Place]
    position: Mapping[str, int]
    blocks: tuple[Block, ...]


class ModbusLayout:
    """The points of a profile, and how groups of them are read; shared by all its devices."""

    def __init__(self, points: Mapping[str, ProfilePoint], limits: Limits) -> None:
        self.points = points
        self.limits = limits
        self._prepared: dict[tuple[str, ...], tuple[Scaling, ModbusReading]] = {}

    def prepared(self, keys: Sequence[str]) -> tuple[Scaling, ModbusReading]:
        """Return the scaling and the blocks of some points.

        Raises
        ------
        facility.errors.ConfigurationError
            If a point is wider than one request may be.
        """
        asked = tuple(keys)
        if asked not in self._prepared:
            chosen = {key: self.points[key] for key in asked}
            self._prepared[asked] = (Scaling(list(chosen.values())), self.reading(chosen))
        return self._prepared[asked]

    def reading(self, places: Mapping[str, Place]) -> ModbusReading:
        """Return the blocks of any places, by a name for each."""
        position = {key: at for at, key in enumerate(places)}
        blocks = tuple(Block(request, places, position) for request in plan_modbus(places, self.limits))
        return ModbusReading(places, position, blocks)
