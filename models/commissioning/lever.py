"""Setpoints that are tried together, what history has seen of them, and what one hold at another value would teach."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from models.commissioning.room import Room

UNWANTED_FRAC = 0.2  # of its worth: a range that no plan would use still shows how steep an effect is


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
    wanted
        The range that plans would use.
    seen
        Lowest and highest value that history has held.
    resolution
        The change whose effect stands out from the noise of one hold.
    step
        How far a first try goes, and how far beyond what was seen any try goes.
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
    """

    equipment: str
    quantity: str
    unit: str
    columns: tuple[str, ...]
    now: float
    low: float
    high: float
    wanted: tuple[float, float]
    seen: tuple[float, float]
    resolution: float
    step: float
    moves_per_h: float
    settling_s: float
    history_spread: float = 0.0
    warming: Mapping[str, float] = field(default_factory=dict)
    moves_air_of: str | None = None

    @property
    def name(self) -> str:
        """`equipment.quantity`."""
        return f"{self.equipment}.{self.quantity}"

    def tries(self) -> list[float]:
        """Return the values to try next: one step beyond what was seen, up and down, within what may be written."""
        up, down = min(self.seen[1] + self.step, self.high), max(self.seen[0] - self.step, self.low)
        return [value for value in (up, down) if not self.seen[0] <= value <= self.seen[1]]

    def after(self, value: float) -> Lever:
        """Return it once a value has been held."""
        low, high = min(self.seen[0], value), max(self.seen[1], value)
        spread = self.history_spread + (value - self.now) ** 2
        return dataclasses.replace(self, seen=(low, high), history_spread=spread)

    def teaches(self, value: float) -> float:
        """Return what holding a value teaches [nats]: half the logarithm by which the variance of the effect's slope falls.

        The slope starts with the uncertainty of one resolution per resolution; the holds so far count. What lies outside of the
        wanted range counts less.
        """
        square = self.resolution**2
        known = 1.0 + self.history_spread / square
        nats = 0.5 * math.log((known + (value - self.now) ** 2 / square) / known)
        wanted = self.wanted[0] - 1e-9 <= value <= self.wanted[1] + 1e-9
        return nats if wanted else UNWANTED_FRAC * nats

    def worst_degc(self, value: float, room: Room) -> float:
        """Return the hottest inlet to be feared in a room while a value is held [degC]."""
        airflow = value / self.now if self.moves_air_of == room.id else 1.0
        return room.worst_degc(self.warming.get(room.id, 0.0) * (value - self.now), airflow)

    def touches(self, room: Room) -> bool:
        """Tell whether it can warm a room."""
        return self.moves_air_of == room.id or room.id in self.warming
