"""Made-up steps of a real plant: from a day on it, a part or its IT power is another; how soon that is found and forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from models.overhead.course import Known
from models.overhead.forecaster import OverheadForecaster, new_forecaster
from models.overhead.replay import known_rows
from models.overhead.rows import OverheadRows
from models.regime.step_watch import RegimeChange
from tools.bench.rows import Row, compared

FloatArray = npt.NDArray[np.float64]

_SIZES_FRAC = (-0.5, -0.3, -0.2, 0.2, 0.3, 0.5)
_EVERY_DAYS, _EVERY_DAYS_QUICK = 20, 90
_DAYS = 60
_LATER = {"week_1": slice(7), "weeks_2_to_4": slice(7, 30), "second_month": slice(30, _DAYS)}
_FOUND_WITHIN_DAYS, _DATED_WITHIN_DAYS = 7, 2
_DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class _Step:
    """What is another from one day on: all parts by a share, the last part by a share of the whole, or IT power by a share."""

    name: str
    all_frac: float = 0.0
    last_part_frac: float = 0.0
    it_frac: float = 0.0

    def of(self, known: Known, parts_kw: FloatArray, usual_kw: float) -> tuple[Known, FloatArray]:
        """Return a day as it would have been."""
        stepped_kw = parts_kw * (1 + self.all_frac)
        stepped_kw[-1] += self.last_part_frac * usual_kw
        return replace(known, it_kw=known.it_kw * (1 + self.it_frac)), stepped_kw

    def changes(self, forecaster: OverheadForecaster) -> Sequence[RegimeChange]:
        """Return the changes found where this one should be."""
        return forecaster.it_changes if self.it_frac else forecaster.changes


_STEPS = (
    *(_Step(f"{'up' if size > 0 else 'down'}_{round(100 * abs(size))}", all_frac=size) for size in _SIZES_FRAC),
    _Step("one_part_up_30", last_part_frac=0.3),
    _Step("it_doubled", it_frac=1.0),
    _Step("it_halved", it_frac=-0.5),
)


@dataclass(frozen=True, slots=True, eq=False)
class _Begin:
    """A day on which a step is made up: what was learned before, the days from it on, and the usual overhead before it."""

    forecaster: OverheadForecaster
    known: Sequence[Known]
    parts_kw: FloatArray
    usual_kw: float


def steps_found(days: OverheadRows, first_year: int, quick: bool) -> Iterator[Row]:
    """Yield, by step, the share found and dated within a week, the delay, and errors after it over those without it."""
    begins = _begins(days, first_year, _EVERY_DAYS_QUICK if quick else _EVERY_DAYS)
    without = np.mean([_after(begin, _Step("none"))[1] for begin in begins], axis=0)
    for step in _STEPS:
        delays, errors = zip(*(_after(begin, step) for begin in begins), strict=True)
        found = [delay for delay in delays if delay is not None]
        name = f"esif_step_{step.name}"
        yield Row(f"{name}_found_in_a_week", len(found) / len(delays), "-")
        if found:
            yield Row(f"{name}_delay", float(np.mean(found)), "d")
        for later, those in _LATER.items():
            ours, usual = (float(each[those].mean()) for each in (np.mean(errors, axis=0), without))
            yield compared(f"{name}_error_{later}", ours, "-", usual)


def _begins(days: OverheadRows, first_year: int, every: int) -> list[_Begin]:
    known = known_rows(days, _DAY_S)
    first, forecaster = int(np.argmax(days.times.year >= first_year)), new_forecaster(_DAY_S, days.parts_kw.shape[1])
    begins = []
    for row in range(len(known) - _DAYS):
        if row >= first and (row - first) % every == 0:
            later, usual_kw = slice(row, row + _DAYS), float(np.median(days.overhead_kw[row - _DAYS : row]))
            begins.append(_Begin(deepcopy(forecaster), known[later], days.parts_kw[later], usual_kw))
        forecaster.update(known[row], days.parts_kw[row])
    return begins


def _after(begin: _Begin, step: _Step) -> tuple[float | None, FloatArray]:
    """Return the days until a step was found, None if not in a week or wrongly dated, and errors as shares of the overhead."""
    forecaster, errors = deepcopy(begin.forecaster), np.empty(_DAYS)
    before = len(step.changes(forecaster))
    for day, as_it_was in enumerate(zip(begin.known, begin.parts_kw, strict=True)):
        known, stepped_kw = step.of(*as_it_was, begin.usual_kw)
        overhead_kw = float(stepped_kw.sum())
        errors[day] = abs(forecaster.predict(known).mean_kw / overhead_kw - 1)
        forecaster.update(known, stepped_kw)
    for change in step.changes(forecaster)[before:]:
        dated, delay = ((each - begin.known[0].time_s) / _DAY_S for each in (change.at_s, change.found_at_s))
        if abs(dated) <= _DATED_WITHIN_DAYS and delay <= _FOUND_WITHIN_DAYS:
            return delay, errors
    return None, errors
