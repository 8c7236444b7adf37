"""Made-up steps of a real plant: from one day on it draws a share more or less for good; how soon that is found and forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.overhead.course import Known
from models.overhead.forecaster import OverheadForecaster, new_forecaster
from models.overhead.replay import known_rows
from models.overhead.rows import OverheadRows
from tools.bench.rows import Row, compared

FloatArray = npt.NDArray[np.float64]

_SIZES_FRAC = (-0.5, -0.3, -0.2, 0.2, 0.3, 0.5)
_EVERY_DAYS, _EVERY_DAYS_QUICK = 20, 90
_WEEK, _MONTH = 7, 30
_DATED_WITHIN_DAYS = 2
_DAY_S = 86400.0


@dataclass(frozen=True, slots=True, eq=False)
class _After:
    """What followed a step: days until it was found (None: not in a week, or wrongly dated), and errors in shares of the plant."""

    found_after_days: float | None
    errors: FloatArray


def steps_found(days: OverheadRows, first_year: int, quick: bool) -> Iterator[Row]:
    """Yield, by size of a step, the share found and dated within a week, the delay, and errors after it over those without it."""
    begins = _begins(days, first_year, _EVERY_DAYS_QUICK if quick else _EVERY_DAYS)
    without = _errors(begins, days, 0.0)
    for size in _SIZES_FRAC:
        after = _errors(begins, days, size)
        name = f"esif_step_{'up' if size > 0 else 'down'}_{round(100 * abs(size))}"
        delays = [each.found_after_days for each in after if each.found_after_days is not None]
        yield Row(f"{name}_found_in_a_week", len(delays) / len(after), "-")
        if delays:
            yield Row(f"{name}_delay", float(np.mean(delays)), "d")
        for month, those in (("first", slice(_MONTH)), ("second", slice(_MONTH, None))):
            ours, usual = (float(np.mean([each.errors[those] for each in tried])) for tried in (after, without))
            yield compared(f"{name}_error_{month}_month", ours, "-", usual)


def _begins(days: OverheadRows, first_year: int, every: int) -> Sequence[tuple[int, OverheadForecaster]]:
    """Return days on which a step is made up, each with a forecaster that has learned what came before."""
    known = known_rows(days, _DAY_S)
    first, forecaster = int(np.argmax(days.times.year >= first_year)), new_forecaster(_DAY_S, days.parts_kw.shape[1])
    begins = []
    for row in range(len(known) - 2 * _MONTH):
        if row >= first and (row - first) % every == 0:
            begins.append((row, deepcopy(forecaster)))
        forecaster.update(known[row], days.parts_kw[row])
    return begins


def _errors(begins: Sequence[tuple[int, OverheadForecaster]], days: OverheadRows, size_frac: float) -> list[_After]:
    known = known_rows(days, _DAY_S)
    return [_after(deepcopy(forecaster), known[row:], days.parts_kw[row:], size_frac) for row, forecaster in begins]


def _after(forecaster: OverheadForecaster, known: Sequence[Known], parts_kw: FloatArray, size_frac: float) -> _After:
    found, errors = None, np.empty(2 * _MONTH)
    for day in range(2 * _MONTH):
        stepped_kw = parts_kw[day] * (1 + size_frac)
        errors[day] = (
            abs(forecaster.predict(known[day]).mean_kw - stepped_kw.sum()) / (1 + size_frac) / known[day].it_kw
        )
        change = forecaster.update(known[day], stepped_kw)
        if change is not None and found is None and abs(change.at_s - known[0].time_s) <= _DATED_WITHIN_DAYS * _DAY_S:
            delay = (change.found_at_s - known[0].time_s) / _DAY_S
            found = delay if delay <= _WEEK else None
    return _After(found, errors)
