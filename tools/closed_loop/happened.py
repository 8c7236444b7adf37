"""What happens in a case whatever an arm does: work that arrives, heat that is asked for, sun on the roof."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from facility.records import FloatArray
from facility.site import Site
from tools.closed_loop.case import Case
from tools.closed_loop.money import BACKLOG
from tools.closed_loop.plant import Key, Plant, Truth

STEP = timedelta(minutes=15)
MINUTES = round(STEP / timedelta(minutes=1))


@dataclass(frozen=True, slots=True, eq=False)
class Happened:
    """Courses in steps of a quarter of an hour.

    Attributes
    ----------
    begin
        The truth where the steps begin.
    arrived_kwh
        Deferrable work, by the end of each step: what waited at the beginning and what has come since.
    heat_asked_kwh
        In each step.
    solar_kw
        Mean power of photovoltaics in each step, as the judge sees it.
    """

    begin: Truth
    arrived_kwh: FloatArray
    heat_asked_kwh: FloatArray
    solar_kw: FloatArray


@dataclass(slots=True)
class Happening:
    """A `drive.Watcher` of any arm's run from its beginning, every minute."""

    site: Site
    begin: Truth
    _rows: list[tuple[float, float, float]] = field(default_factory=list)

    def saw(self, truth: Truth, seconds: float) -> None:  # noqa: ARG002 (as the protocol has it)
        """Take in the truth at the end of a minute."""
        solar_kw = sum(abs(truth.power_kw.get(array.id, 0.0)) for array in self.site.photovoltaics)
        arrived_kwh = truth.deferrable_kwh - self.begin.deferrable_kwh + truth.stored_kwh.get(BACKLOG, 0.0)
        self._rows.append((arrived_kwh, truth.heat_asked_kwh - self.begin.heat_asked_kwh, solar_kw))

    def wrote(self, time: datetime, key: Key, before: float | None, after: float) -> None:
        """Take no notice."""

    def refused(self, time: datetime, key: Key, value: float, reason: str) -> None:
        """Take no notice."""

    def happened(self) -> Happened:
        """Return the courses; minutes beyond the last whole step are left out."""
        steps = len(self._rows) // MINUTES
        rows = np.array(self._rows[: steps * MINUTES], dtype=float).reshape(steps, MINUTES, 3)
        asked_kwh = np.diff(rows[:, -1, 1], prepend=0.0)
        return Happened(self.begin, rows[:, -1, 0], asked_kwh, rows[:, :, 2].mean(axis=1))


def left_alone(case: Case, plant: Plant) -> Happened:
    """Let time pass at a plant from the start of a case to its end, its setpoints as they are, and return what happened."""
    happening = Happening(case.loaded.site, plant.truth())
    while plant.time < case.end:
        plant.step(60.0)
        happening.saw(plant.truth(), 60.0)
    return happening.happened()
