"""What a comparison is made of: site, plant, weather, prices and when; the same for every arm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from facility.records import FloatArray
from facility.respond.settings import BaselineTerms
from facility.site_file import LoadedSite
from tools.closed_loop.conditions import Conditions
from tools.closed_loop.grid_calls import GridCall

HISTORY = timedelta(days=3)  # of baseline operation that ours learns from, where nothing else is wanted
NOMINATED = BaselineTerms(method="as_planned")
HORIZON = timedelta(hours=48)  # conditions and market reach this far beyond the end: forecasts need it


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """Energy price and grid carbon as they turn out, one value a step from `start` (aware); each holds for its step."""

    start: datetime
    step: timedelta
    price_per_kwh: FloatArray
    gco2_per_kwh: FloatArray

    def index(self, time: datetime) -> int:
        """Return the step that a time falls in; the first or last one outside."""
        return min(max(int((time - self.start) // self.step), 0), len(self.price_per_kwh) - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One comparison. All arms share it, and the history before `start`."""

    loaded: LoadedSite
    plant: str  # `module:factory`
    start: datetime
    days: int
    seed: int
    conditions: Conditions  # from `history_start` to `end` + HORIZON
    market: Market  # the same span
    replan: timedelta = timedelta(hours=1)
    plans_alone: bool = False  # facility follows its plans to the letter, without the fast layer
    calls: tuple[GridCall, ...] = ()  # of the grid, which facility alone hears
    ramp: timedelta = timedelta(0)  # from an event's start until it is to be there
    terms: BaselineTerms = NOMINATED  # by which calls are held
    history: timedelta = HISTORY

    @property
    def history_start(self) -> datetime:
        """When the history that ours learns from begins."""
        return self.start - self.history

    @property
    def end(self) -> datetime:
        """When the arms are judged."""
        return self.start + timedelta(days=self.days)
