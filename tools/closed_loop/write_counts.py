"""Setpoint writes counted: moves, the busiest point's day, refusals, and the wear of moves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime

from facility.site import Site
from tools.closed_loop.plant import Key
from tools.closed_loop.wear import move_kwh, move_kwh_per_k


@dataclass(slots=True)
class WriteCounts:
    """Writes of a run. A first write puts a setpoint in force; only a later one moves it."""

    site: Site
    moves: int = 0
    refused: int = 0
    moved_kwh: float = 0.0  # wear, to be priced
    by_day: Counter[tuple[Key, date]] = field(default_factory=Counter)
    _shares: dict[str, float] = field(init=False)

    def __post_init__(self) -> None:
        self._shares = move_kwh_per_k(self.site)

    def wrote(self, time: datetime, key: Key, before: float | None, after: float) -> None:
        """Count a write; days are the site's."""
        self.by_day[key, time.astimezone(self.site.zone).date()] += 1
        self.moves += before is not None
        self.moved_kwh += move_kwh(self._shares, key, before, after)

    @property
    def per_point_day_max(self) -> float:
        """Writes of the busiest point on its busiest day."""
        return float(max(self.by_day.values(), default=0))
