"""Which part of one meter is off by a power of ten: the one whose correction makes all that the meter says agree.

A meter says the same power several times over: as power, as apparent power, as volts times amperes, as energy counted, as the sum
of its outlets. Pure functions on medians.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

EXPONENTS = (-3, -2, -1, 1, 2, 3)
# Volts may be between lines or to neutral, and two lines may carry one current: all of it stays within half to one.
LINES_BAND = (0.45, 1.15)
SAME_BAND = (0.85, 1.15)
COUNTED_BAND = (0.7, 1.4)
OUTLETS_BAND = (0.6, 1.15)  # some outlets may not be metered
VOLTS_BAND = (80.0, 500.0)
FED_BAND = (
    0.6,
    1.1,
)  # what racks draw, over the meter that feeds them: losses take some, and a feed may have other loads
INVERTER_BAND = (0.5, 1.02)  # UPS output over input; at light load it loses much
RATED_BAND = (0.0, 1.5)
LEAST_KW = 0.3  # below it the steps of the registers are too coarse to tell


@dataclass(frozen=True, slots=True)
class Said:
    """What one meter says, as medians over the same time; None where it does not say it."""

    power_kw: float | None = None
    apparent_kva: float | None = None
    power_factor: float | None = None
    counted_kw: float | None = None  # the slope of its energy counter
    outlets_kw: float | None = None
    input_kw: float | None = None  # of a UPS or transformer
    fed_kw: float | None = None  # what meters downstream add up to, each of them sure by itself
    rated_kw: float | None = None  # of the equipment, from the site file
    amperes: Mapping[int, float] = field(default_factory=dict)  # by line
    volts: Mapping[int, float] = field(default_factory=dict)

    @property
    def lines_kva(self) -> float | None:
        """Volts times amperes over the lines that have both."""
        lines = self.amperes.keys() & self.volts.keys()
        return sum(self.amperes[one] * self.volts[one] for one in lines) / 1000.0 if lines else None


@dataclass(frozen=True, slots=True)
class Error:
    """One part (a field of `Said`) that reads `factor` times the truth; `line` where it is only one of them."""

    part: str
    factor: float
    line: int | None = None


def agrees(said: Said) -> bool | None:
    """Tell whether all that a meter says agrees and is possible; None where it says nothing twice."""
    twice = [_within(ratio, band) for ratio, band in _said_twice(said)]
    return all(twice) and all(_within(value, band) for value, band in _bounds(said)) if twice else None


def explain(said: Said) -> tuple[Error, ...]:
    """Return the error that makes everything agree; several where more than one would, none where nothing does.

    What reads nothing while the rest agrees on a load has a factor of 0. A single part comes before power and apparent power
    together (one register scale), and that before a single line.
    """
    if agrees(said) is not False:
        return ()
    for errors in (_of_nothing(said), _of_parts(said), _of_both_powers(said), _of_lines(said)):
        if errors:
            return errors
    return ()


def carries_va(said: Said) -> Error | None:
    """Return power that is apparent power, or the other way round: both the same while the power factor says otherwise."""
    power, apparent, factor, lines = said.power_kw, said.apparent_kva, said.power_factor, said.lines_kva
    if not power or not apparent or factor is None or not 0.3 < factor <= 0.94 or abs(power / apparent - 1.0) > 0.015:
        return None
    if lines and abs(apparent / (lines * factor) - 1.0) < 0.03:
        return Error("apparent_kva", factor)
    if lines and abs(power / lines - 1.0) > 0.03:
        return None
    return Error("power_kw", 1.0 / factor)


def _said_twice(said: Said) -> Iterator[tuple[float, tuple[float, float]]]:
    """Yield each way to say the same thing twice, as a ratio and the band in which it agrees."""
    factor = 1.0 if said.power_factor is None else said.power_factor
    power, apparent, lines = said.power_kw, said.apparent_kva, said.lines_kva
    if power is not None and lines is not None:
        yield _ratio(power, lines * factor), LINES_BAND
    if apparent is not None and lines is not None:
        yield _ratio(apparent, lines), LINES_BAND
    if power is not None and apparent is not None and said.power_factor is not None:
        yield _ratio(power, apparent * factor), SAME_BAND
    if power is not None and said.counted_kw is not None:
        yield _ratio(power, said.counted_kw), COUNTED_BAND
    if power is not None and said.outlets_kw is not None:
        yield _ratio(said.outlets_kw, power), OUTLETS_BAND
    if power is not None and said.input_kw is not None:
        yield _ratio(power, said.input_kw), INVERTER_BAND
    if power is not None and said.fed_kw is not None:
        yield _ratio(said.fed_kw, power), FED_BAND


def _bounds(said: Said) -> Iterator[tuple[float, tuple[float, float]]]:
    """Yield what is possible only within a band, whatever else is said."""
    if said.power_kw is not None and said.rated_kw is not None:
        yield said.power_kw / said.rated_kw, RATED_BAND
    if said.volts:
        yield min(said.volts.values()), VOLTS_BAND
        yield max(said.volts.values()), VOLTS_BAND


def _ratio(one: float, other: float) -> float:
    return one / other if other > 0 else np.inf


def _within(ratio: float, band: tuple[float, float]) -> bool:
    return band[0] <= ratio <= band[1]


def _of_nothing(said: Said) -> tuple[Error, ...]:
    parts = [part for part in ("power_kw", "apparent_kva") if getattr(said, part) == 0.0]
    return tuple(Error(part, 0.0) for part in parts if agrees(_unsaid(said, parts)))


def _unsaid(said: Said, parts: Sequence[str]) -> Said:
    power_kw, apparent_kva = (None if part in parts else getattr(said, part) for part in ("power_kw", "apparent_kva"))
    return replace(said, power_kw=power_kw, apparent_kva=apparent_kva)


def _of_parts(said: Said) -> tuple[Error, ...]:
    parts = ("power_kw", "apparent_kva", "amperes", "volts", "counted_kw", "outlets_kw", "input_kw")
    return tuple(
        Error(part, 10.0**exponent)
        for part in parts
        if getattr(said, part)
        for exponent in EXPONENTS
        if agrees(_corrected(said, part, exponent))
    )


def _of_both_powers(said: Said) -> tuple[Error, ...]:
    if not said.power_kw or not said.apparent_kva:
        return ()
    for exponent in EXPONENTS:
        if agrees(_corrected(_corrected(said, "power_kw", exponent), "apparent_kva", exponent)):
            return Error("power_kw", 10.0**exponent), Error("apparent_kva", 10.0**exponent)
    return ()


def _of_lines(said: Said) -> tuple[Error, ...]:
    """Return the one line whose current alone is off, if a single one explains it closely."""
    found = []
    for line in said.amperes.keys() & said.volts.keys():
        for exponent in EXPONENTS:
            amperes = {**said.amperes, line: said.amperes[line] / 10.0**exponent}
            changed = replace(said, amperes=amperes)
            if agrees(changed) and _alike(amperes):
                found.append(Error("amperes", 10.0**exponent, line))
    return tuple(found) if len(found) == 1 else ()


def _alike(amperes: Mapping[int, float]) -> bool:
    """Tell whether lines carry about the same: only then does a single one stand out."""
    return max(amperes.values()) < 4.0 * min(amperes.values())


def _corrected(said: Said, part: str, exponent: int) -> Said:
    value, factor = getattr(said, part), 10.0**exponent
    changed: Any = {line: one / factor for line, one in value.items()} if isinstance(value, Mapping) else value / factor
    return replace(said, **{part: changed})
