"""Electrical readings that are off by a power of ten, or in another unit: each meter by itself, then with the meter upstream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from facility.records import Finding
from facility.site_file import LoadedSite
from facility.trust.decades import LEAST_KW, Error, Said, agrees, carries_va, explain
from facility.trust.electrical import Meter, meters_of
from facility.trust.upstream import Wrong, feeds_of, reconcile, sure_sum_kw
from facility.trust.verdict import STEPS_AN_HOUR, Verdict

BLOCKS = 3  # hours that must say the same
TIMES = {10: "tenfold", 100: "a hundredfold", 1000: "a thousandfold"}


def points_scale(loaded: LoadedSite) -> list[str]:
    """Return the points of all meters."""
    return [point for meter in meters_of(loaded) for point in meter.points]


def find_scale(loaded: LoadedSite, frame: pd.DataFrame) -> Verdict:
    """Return the readings that are wrong by the same factor in each of the last hours."""
    if len(frame) < BLOCKS * STEPS_AN_HOUR:
        return Verdict((), frozenset())
    tail = frame.iloc[-BLOCKS * STEPS_AN_HOUR :]
    hours = [tail.iloc[hour * STEPS_AN_HOUR : (hour + 1) * STEPS_AN_HOUR] for hour in range(BLOCKS)]
    seen = [_at_once(loaded, hour) for hour in hours]
    always = [wrong for point, wrong in seen[-1].wrong.items() if _same_error([one.wrong.get(point) for one in seen])]
    since: datetime = tail.index[0].to_pydatetime()
    findings = tuple(Finding(one.point, one.kind, since, one.evidence, one.factor) for one in always)
    return Verdict(findings, frozenset.intersection(*(one.right for one in seen)))


def _same_error(errors: Sequence[Wrong | None]) -> bool:
    """Tell whether a point was wrong in every hour, by one factor; a reading small enough rounds to nothing at times."""
    factors = {error.factor for error in errors if error is not None and error.factor}
    return None not in errors and len(factors) <= 1


@dataclass(frozen=True, slots=True)
class _Seen:
    wrong: dict[str, Wrong]
    right: frozenset[str]


def _at_once(loaded: LoadedSite, hour: pd.DataFrame) -> _Seen:
    """Judge all meters by the medians of one hour: racks by themselves, what feeds them with their sum."""
    meters = meters_of(loaded)
    medians = {str(point): float(value) for point, value in hour.median().items() if np.isfinite(value)}
    counted = {meter.name: counted_kw(hour, meter.energy) for meter in meters}
    rated = {rack.id: rack.rated_kw for hall in loaded.site.halls for rack in hall.racks}
    feeds = feeds_of(loaded)
    wrong: dict[str, Wrong] = {}
    right: set[str] = set()
    for meter in sorted(meters, key=lambda one: len(feeds.get(one.equipment, ()))):
        fed_kw = sure_sum_kw(meters, feeds.get(meter.equipment, ()), medians, wrong, right)
        said = said_by(meter, medians, counted[meter.name], rated.get(meter.equipment), fed_kw)
        errors = list(errors_of(said))
        wrong |= {one.point: one for error in errors for one in _wrong(meter, said, error, medians, errors)}
        if not errors and agrees(said):
            right |= set(meter.points) & medians.keys()
    wrong |= {one.point: one for one in reconcile(feeds, meters, medians, wrong, right)}
    return _Seen(wrong, frozenset(right - wrong.keys()))


def said_by(
    meter: Meter,
    medians: dict[str, float],
    counted: float | None,
    rated_kw: float | None = None,
    fed_kw: float | None = None,
) -> Said:
    """Return what a meter says, as far as it reads; nothing while it carries next to nothing."""
    outlets = [medians[point] for point in meter.outlets if point in medians]
    said = Said(
        power_kw=_value(medians, meter.power),
        apparent_kva=_value(medians, meter.apparent),
        power_factor=_factor(_value(medians, meter.factor)),
        counted_kw=counted,
        outlets_kw=sum(outlets) if outlets and len(outlets) == len(meter.outlets) else None,
        input_kw=_value(medians, meter.input),
        fed_kw=fed_kw,
        rated_kw=rated_kw,
        amperes={line: medians[point] for line, point in meter.currents.items() if point in medians},
        volts={line: medians[point] for line, point in meter.voltages.items() if point in medians},
    )
    loads = [said.power_kw, said.apparent_kva, said.lines_kva, said.outlets_kw, said.input_kw, said.fed_kw]
    return said if max((value for value in loads if value), default=0.0) > LEAST_KW else Said()


def counted_kw(hour: pd.DataFrame, energy: str | None) -> float | None:
    """Return the power [kW] that an energy counter stands for; None where it counted too little to tell, or was reset."""
    if energy is None:
        return None
    counted_kwh = hour[energy].to_numpy(float)
    known = np.flatnonzero(~np.isnan(counted_kwh))
    if len(known) < STEPS_AN_HOUR // 2 or (np.diff(counted_kwh[known]) < 0).any():
        return None
    hours = (hour.index[known[-1]] - hour.index[known[0]]) / pd.Timedelta(hours=1)
    rise_kwh = float(counted_kwh[known[-1]] - counted_kwh[known[0]])
    return rise_kwh / hours if rise_kwh > 2.0 else None


def errors_of(said: Said) -> Iterator[Error]:
    """Yield what explains why a meter does not agree with itself."""
    mixed = carries_va(said)
    if mixed is not None:
        yield mixed
    yield from explain(said)


def _wrong(
    meter: Meter, said: Said, error: Error, medians: dict[str, float], errors: Sequence[Error]
) -> Iterator[Wrong]:
    shown = f"of {meter.name} {_told(said, error.part)}: {how_wrong(error.factor)}"
    if len({one.part for one in errors} - {"apparent_kva"}) > 1:
        shown += "; or the others are wrong: nothing else decides"
    for point in points_of_error(meter, error):
        if point in medians:
            evidence = f"{point} reads {medians[point]:.4g}; {shown}"
            yield Wrong(point, _kind(error), error.factor, evidence)


def points_of_error(meter: Meter, error: Error) -> list[str]:
    """Return the points of a meter that an error names."""
    lines = {"amperes": meter.currents, "volts": meter.voltages}.get(error.part)
    if lines is not None:
        return list(lines.values()) if error.line is None else [lines[error.line]]
    single = {
        "power_kw": meter.power,
        "apparent_kva": meter.apparent,
        "counted_kw": meter.energy,
        "input_kw": meter.input,
    }
    return [
        point for point in (single.get(error.part), *(meter.outlets if error.part == "outlets_kw" else ())) if point
    ]


def _kind(error: Error) -> str:
    """Return `unit` where watts stand for kilowatts, or apparent power for power; `scale` for any other factor."""
    decades = abs(np.log10(error.factor)) if error.factor else 0.0
    return "scale" if round(float(decades), 3) in (0.0, 1.0, 2.0) else "unit"


def _told(said: Said, but: str) -> str:
    """Return what a meter says of its load, except by the part that is in doubt."""
    lines = f"{len(said.amperes.keys() & said.volts.keys())} lines give %.4g kVA (V x I)"
    words = {
        "lines_kva": lines,
        "power_kw": "power is %.4g kW",
        "apparent_kva": "apparent power is %.4g kVA",
        "power_factor": "power factor is %.2f",
        "counted_kw": "the energy counter gives %.4g kW",
        "input_kw": "the input is %.4g kW",
        "fed_kw": "what it feeds adds up to %.4g kW",
        "outlets_kw": "the outlets add up to %.4g kW",
    }
    return ", ".join(text % value for part, text in words.items() if part != but and (value := getattr(said, part)))


def how_wrong(factor: float) -> str:
    """Return a factor in words."""
    if factor == 0.0:
        return "it reads nothing"
    times = TIMES.get(round(max(factor, 1.0 / factor)))
    if times is None:
        return (
            "apparent power (VA) where power (W) belongs"
            if factor > 1
            else "power (W) where apparent power (VA) belongs"
        )
    return f"{times} too {'large' if factor > 1 else 'small'}"


def _value(medians: dict[str, float], point: str | None) -> float | None:
    return None if point is None else medians.get(point)


def _factor(value: float | None) -> float | None:
    """Return a power factor that can be used; a meter may give it a sign."""
    return abs(value) if value is not None and 0.0 < abs(value) <= 1.0 else None
