"""Setpoints that are tried together, what history has seen of them, and what one hold at another value would teach."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from models.commissioning.room import Room


@dataclass(frozen=True, slots=True)
class Lever:
    """Setpoints of one kind: of a hall's CRAHs, of a plant, of a loop's CDUs.

    Attributes
    ----------
    equipment, quantity, unit
        Whose it is, which setpoint, and its canonical unit.
    columns
        `equipment.quantity` of each setpoint that moves with it.
    now, low, high
        Value in force, and what may be written.
    cheaper
        1 where plans would go higher, -1 where lower.
    seen
        Lowest and highest value that history has held, and at which the plant was.
    resolution
        The change whose effect stands out from the noise of one hold.
    step
        How far beyond what was seen a try goes.
    moves_per_h
        The fastest change [unit/h]: rate limits and the writes that are allowed.
    settling_s
        Until its effect is there.
    history_spread
        Sum of squares of what history has varied, in holds.
    warming
        By room: by how much its supply air becomes warmer for each unit up, at worst; empty where air is not touched.
    moves_air_of
        The room whose airflow is proportional to it.
    followed
        Whether the plant is where the setpoint wants it now.
    """

    equipment: str
    quantity: str
    unit: str
    columns: tuple[str, ...]
    now: float
    low: float
    high: float
    cheaper: int
    seen: tuple[float, float]
    resolution: float
    step: float
    moves_per_h: float
    settling_s: float
    history_spread: float = 0.0
    warming: Mapping[str, float] = field(default_factory=dict)
    moves_air_of: str | None = None
    followed: bool = True

    @property
    def name(self) -> str:
        """`equipment.quantity`."""
        return f"{self.equipment}.{self.quantity}"

    def tries(self, direction: int) -> tuple[float, ...]:
        """Return what to try, up (1) or down (-1): one step beyond what history has held, or half of it where that is too far."""
        seen = self.seen[1] if direction > 0 else self.seen[0]
        values = (min(max(seen + direction * part * self.step, self.low), self.high) for part in (1.0, 0.5))
        return tuple(dict.fromkeys(value for value in values if direction * (value - seen) > 0))

    def teaches(self, value: float) -> float:
        """Return what holding a value teaches [nats]: half the logarithm by which the variance of the effect's slope falls.

        The slope starts with the uncertainty of one resolution per resolution; the holds so far count.
        """
        square = self.resolution**2
        known = 1.0 + self.history_spread / square
        return 0.5 * math.log((known + (value - self.now) ** 2 / square) / known)

    def worst_degc(self, value: float, room: Room, *, lost: bool = False) -> float:
        """Return the hottest inlet to be feared in a room while a value is held [degC]; `lost`: and its spare CRAHs stop."""
        airflow = value / self.now if self.moves_air_of == room.id else 1.0
        return room.worst_degc(self.warming.get(room.id, 0.0) * (value - self.now), airflow, lost=lost)

    def touches(self, room: Room) -> bool:
        """Tell whether it can warm a room."""
        return self.moves_air_of == room.id or room.id in self.warming
