"""The whole backtest: plan each day as it was seen then, then judge all of them by what was measured.

What the plan of a day knows ends at its begin: readings, models and forecasts. Those that judge may know more; they are models
as of the end of the span, so that a plan is not judged by the very errors that it may have made use of. Each plan is followed to
the begin of the next, from the state that was measured; the service plans every quarter of an hour and would do no worse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from facility.backtest.day_plan import DayPlan, plan_as_of
from facility.backtest.judge import DayJudged, judge
from facility.backtest.models_then import ModelsThen
from facility.backtest.outcome import DayLeftOut, Outcome
from facility.backtest.recorded import Recorded
from facility.environment import Environment
from facility.errors import FacilityError
from facility.learn.model_store import ModelStore
from facility.signals.outlook import WET_BULB
from facility.signals.skill import skill, weather_measured
from facility.signals.weather import OUTDOOR

Window = tuple[datetime, datetime]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Backtest:
    """A backtest of a site; `scratch` is an empty folder for models that are trained for it."""

    environment: Environment
    scratch: Path
    tell: Tell

    def run(self, windows: Sequence[Window]) -> Outcome:
        """Return what plans at the begins of the windows, in the order of time, would have saved in them."""
        here = self.environment
        recorded = Recorded(here.loaded, here.telemetry, here.archive, here.clock.now())
        models = ModelsThen(recorded, here.models, ModelStore(self.scratch))
        plans: list[DayPlan] = []
        left_out: list[DayLeftOut] = []
        for number, window in enumerate(windows, start=1):
            self._tell(window, f"planning, {number} of {len(windows)}")
            try:
                plans.append(plan_as_of(recorded, *models.at(window[0]), window))
            except FacilityError as error:
                left_out.append(DayLeftOut(*window, str(error)))
        judging, judged_by = models.at(windows[-1][1])
        days: list[DayJudged] = []
        for plan in plans:
            window = plan.inputs.start, plan.end
            self._tell(window, "judging")
            try:
                days.append(judge(plan, recorded, judging))
            except FacilityError as error:
                left_out.append(DayLeftOut(*window, str(error)))
        left_out.sort(key=lambda day: day.start)
        return Outcome(days, left_out, judged_by, self._skill(windows[0][0], windows[-1][1]))

    def _skill(self, start: datetime, end: datetime) -> dict[str, pd.DataFrame]:
        """Return how good the weather forecasts kept in a span were."""
        loaded, telemetry = self.environment.loaded, self.environment.telemetry
        found = {}
        for quantity in (OUTDOOR[0], WET_BULB):
            measured = weather_measured(loaded, telemetry, quantity, start, end + timedelta(hours=48))
            if measured is not None:
                table = skill(self.environment.archive, quantity, measured, start, end)
                if len(table):
                    found[quantity] = table
        return found

    def _tell(self, window: Window, what: str) -> None:
        self.tell(f"{window[0].astimezone(self.environment.loaded.site.zone):%Y-%m-%d %H:%M}: {what}")
