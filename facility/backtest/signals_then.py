"""Forecasts as they were known at a time, and what each came from."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from facility.backtest.recorded import Recorded
from facility.errors import NotEnoughDataError, SignalError
from facility.ports import Telemetry
from facility.records import Forecast
from facility.signals.kept import kept_forecast
from facility.signals.outlook import SiteSignals
from facility.signals.series_file import step_times


class Basis(enum.StrEnum):
    """Where a forecast of the past comes from; the last one knows more than anybody did then."""

    KEPT = "as issued then"
    ASKED_AGAIN = "the site's source, asked as of then"
    HINDSIGHT = "what turned out stood in"


@dataclass(frozen=True, slots=True)
class SignalsThen:
    """Implements `facility.ports.Signals` as of a time: kept forecasts first, then the site's own source as of then.

    Where neither is to be had, what turned out stands in. That makes a backtest look better than the plan could have been, so
    `basis` says of each quantity what it was.
    """

    recorded: Recorded
    telemetry: Telemetry  # as it was then
    basis: dict[str, Basis] = field(default_factory=dict)

    def forecast(self, quantity: str, issued: datetime, start: datetime, steps: int, step: timedelta) -> Forecast:
        """Return the forecast of a quantity; see `facility.ports.Signals`."""
        times = step_times(start, steps, step)
        kept = kept_forecast(self.recorded.archive, quantity, issued, times)
        if kept is not None:
            self.basis[quantity] = Basis.KEPT
            return kept
        own = SiteSignals(self.recorded.loaded, self.telemetry, self.recorded.archive)
        if own.forgets_what_came_later(quantity):
            try:
                found = own.forecast(quantity, issued, start, steps, step)
            except (SignalError, NotEnoughDataError):
                pass  # said by the basis
            else:
                self.basis[quantity] = Basis.ASKED_AGAIN
                return found
        self.basis[quantity] = Basis.HINDSIGHT
        values = self.recorded.turned_out(quantity, times)
        return Forecast(quantity, issued, list(times.to_pydatetime()), values, Basis.HINDSIGHT.value)
