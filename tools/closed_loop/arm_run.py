"""What an arm of a case did, and how it tells how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pandas as pd

from tools.closed_loop.case import Case
from tools.closed_loop.delivered import Delivered
from tools.closed_loop.plant import Key, Truth
from tools.closed_loop.result import RunResult
from tools.closed_loop.schedule import Schedule

Tell = Callable[[str], None]  # what to show of an arm that runs


@dataclass(frozen=True, slots=True, eq=False)
class ArmRun:
    """An arm judged, the setpoints it wrote, its course for pictures, and what its planning met."""

    result: RunResult
    schedule: Schedule
    frame: pd.DataFrame
    plan_failures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    delivered: tuple[Delivered, ...] = ()


@dataclass(slots=True)
class Teller:
    """A watcher that tells how far a run is."""

    case: Case
    tell: Tell
    more: Callable[[], str] = lambda: ""
    _energy_cost: float = field(default=0.0, init=False)

    def saw(self, truth: Truth, seconds: float) -> None:
        """Tell the time, what energy has cost so far, and more."""
        market, site = self.case.market, self.case.loaded.site
        price = market.price_per_kwh[market.index(truth.time - timedelta(seconds=seconds))]
        self._energy_cost += float(price) * truth.facility_kw * seconds / 3600.0
        local = truth.time.astimezone(site.zone)
        self.tell(f"{local:%m-%d %H:%M}, energy {self._energy_cost:,.0f} {site.currency}{self.more()}")

    def wrote(self, time: datetime, key: Key, before: float | None, after: float) -> None:
        """Take no notice."""

    def refused(self, time: datetime, key: Key, value: float, reason: str) -> None:
        """Take no notice."""
