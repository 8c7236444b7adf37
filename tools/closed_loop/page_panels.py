"""Which panels a comparison has: lines over time and bands of whole numbers, from the recorders' frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from facility.site import Site
from tools.closed_loop import baselines
from tools.closed_loop.page_case import PageCase
from tools.closed_loop.page_style import ARMS, BASELINE
from tools.closed_loop.recorder import LEAVING, MODE, SETPOINT

_NEAR_K = 2.0  # a limit that is further away than this from everything drawn is left out
_IN_BANDS = (baselines.MODE, baselines.STAGED)
_FIRST = {  # setpoints that are always drawn, then come those that anybody moves
    baselines.SUPPLY_AIR: "Supply air setpoint",
    baselines.FAN_SPEED: "Fan speed setpoint",
    baselines.LEAVING_WATER: "Leaving water setpoint",
    baselines.CONDENSER_WATER: "Condenser water setpoint",
}
_UNITS = {"degc": ("°C", 1.0), "frac": ("%", 100.0), "lps": ("L/s", 1.0), "kw": ("kW", 1.0)}
Courses = Mapping[str, pd.Series]  # by arm


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """A panel with one line an arm; values hold until the next. Limits by their words; `zero` has 0 in view."""

    title: str
    courses: Courses
    limits: Mapping[str, float] = field(default_factory=dict)
    zero: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """A panel with one row an arm, coloured by a whole number; its words are those of 0, 1, 2 and so on."""

    title: str
    courses: Courses
    words: Sequence[str]


Panel = Lines | Bands


def panels_of(case: PageCase) -> list[Panel]:
    """Return the panels of a comparison, from the meter down to the money.

    Raises
    ------
    ValueError
        If a frame lacks columns that every recorder has.
    """
    frames, currency = case.frames, case.site.currency
    _check(frames)
    prices, costs = _of(frames, "price_per_kwh"), _of(frames, "energy_and_carbon_cost")
    return [
        Lines("Facility power [kW]", _of(frames, "power_kw")),
        Lines("IT power, server fans included [kW]", _of(frames, "it_kw")),
        Lines("Cooling power [kW]", _of(frames, "cooling_kw")),
        Lines("Hottest rack inlet [°C]", _of(frames, "hottest_inlet_degc"), _inlet_limits(case)),
        *_leaving_water(case),
        *_modes(case),
        *_chillers(case),
        *_setpoints(case),
        Lines(f"Energy price [{currency}/kWh]", {"": next(iter(prices.values()))}),
        Lines(f"Energy and carbon cost so far [{currency}]", costs),
        *_difference(costs, currency),
    ]


def _check(frames: Mapping[str, pd.DataFrame]) -> None:
    needed = {
        "power_kw", "it_kw", "cooling_kw", "hottest_inlet_degc", "price_per_kwh", "energy_and_carbon_cost", "chillers_on",
    }  # fmt: skip
    for arm, frame in frames.items():
        missing = needed - set(frame.columns)
        if missing or frame.empty:
            raise ValueError(f"the frame of {arm} lacks {', '.join(sorted(missing)) or 'rows'}: is it a recorder's?")


def _of(frames: Mapping[str, pd.DataFrame], column: str) -> Courses:
    return {arm: frame[column] for arm, frame in frames.items() if column in frame}


def _inlet_limits(case: PageCase) -> dict[str, float]:
    halls = case.site.halls
    hottest = max(float(course.max()) for course in _of(case.frames, "hottest_inlet_degc").values())
    limits = {}
    for name, degc in (
        ("recommended", {hall.id: hall.limits.inlet_max_degc for hall in halls}),
        ("allowable", {hall.id: hall.limits.allowable.inlet_max_degc for hall in halls}),
    ):
        for value in sorted(set(degc.values())):
            where = [hall for hall, one in degc.items() if one == value]
            of = "" if len(where) == len(halls) else f" in {', '.join(where)}"
            if name == "recommended" or hottest > value - _NEAR_K:
                limits[f"{name} at most {value:g} °C{of}"] = value
    return limits


def _leaving_water(case: PageCase) -> Iterator[Lines]:
    for plant in case.site.plants:
        courses = _of(case.frames, f"{LEAVING}{plant.id}")
        if courses:
            yield Lines(f"Water that leaves {plant.id} [°C]", courses)


def _modes(case: PageCase) -> Iterator[Bands]:
    words = {
        baselines.MECHANICAL: "chillers only",
        baselines.PARTIAL: "economizer and chillers",
        baselines.FREE: "economizer only",
    }
    for plant in case.site.plants:
        courses = _of(case.frames, f"{MODE}{plant.id}")
        if plant.economizer is not None and courses:
            yield Bands(f"Economizer of {plant.id}", courses, list(words.values()))


def _chillers(case: PageCase) -> Iterator[Bands]:
    count = sum(len(plant.chillers) for plant in case.site.plants)
    if count:
        yield Bands("Chillers on", _of(case.frames, "chillers_on"), ["none", *(str(n + 1) for n in range(count))])


def _setpoints(case: PageCase) -> Iterator[Lines]:
    owners = _owners(case.site)
    groups: dict[tuple[str, str], list[str]] = {}  # quantity, owner: equipment
    columns = dict.fromkeys(str(name) for frame in case.frames.values() for name in frame)
    for column in (name for name in columns if name.startswith(SETPOINT)):
        equipment, _, quantity = column.removeprefix(SETPOINT).partition(".")
        groups.setdefault((quantity, owners.get(equipment, equipment)), []).append(equipment)
    order = {key: number for number, key in enumerate(_FIRST)}
    for quantity, owner in sorted(groups, key=lambda one: order.get(one[0], len(order))):
        members = [f"{SETPOINT}{one}.{quantity}" for one in groups[quantity, owner]]
        unit, factor = _UNITS.get(quantity.rsplit("_", maxsplit=1)[-1], ("", 1.0))
        courses = {arm: _mean(frame, members) * factor for arm, frame in case.frames.items()}
        if quantity in _FIRST or (quantity not in _IN_BANDS and _moved(courses)):
            yield Lines(_title(quantity, owner, len(members), unit), courses)


def _title(quantity: str, owner: str, count: int, unit: str) -> str:
    plain = quantity.removesuffix(f"_{quantity.rsplit('_', maxsplit=1)[-1]}") if unit else quantity
    words = _FIRST.get(quantity, plain.replace("_", " ").capitalize())
    mean = f", mean of {count}" if count > 1 else ""
    return f"{words} of {owner}{mean}" + (f" [{unit}]" if unit else "")


def _owners(site: Site) -> dict[str, str]:
    halls = {crah.id: crah.hall for crah in site.crahs}
    return halls | {cdu.id: loop.id for loop in site.liquid_loops for cdu in loop.cdus}


def _mean(frame: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    known = [column for column in columns if column in frame]
    return frame[known].mean(axis=1) if known else pd.Series(float("nan"), index=frame.index)


def _moved(courses: Courses) -> bool:
    values = pd.concat(list(courses.values())).dropna()
    return bool(len(values)) and float(values.max() - values.min()) > 0.0


def _difference(costs: Courses, currency: str) -> Iterator[Lines]:
    base = costs.get(BASELINE)
    if base is None or len(costs) < 2:
        return
    dearer = {arm: (course - base).dropna() for arm, course in costs.items() if arm != BASELINE}
    title = f"The same, less that of {ARMS[BASELINE].label} [{currency}]; below 0 is cheaper"
    yield Lines(title, dearer, zero=True)
