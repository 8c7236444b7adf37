"""The schedule of the next 48 hours as SVG: power as planned and at present setpoints, chilled water, economizer mode."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from facility.api.page.markup import Markup, element, joined
from facility.records import Plan

WIDTH, LEFT, RIGHT = 960.0, 58.0, 12.0
LANE_GAP = 26.0
TICK_EVERY_H = 6
LEAVING_WATER = "leaving_chilled_water_temperature_setpoint_degc"


@dataclass(frozen=True, slots=True)
class Lane:
    """One strip of the chart: named series over the steps of the plan; the first is the plan's."""

    title: str
    height: float
    series: tuple[tuple[str, tuple[float, ...]], ...]  # css class, values


def schedule_chart(plan: Plan, zone: ZoneInfo) -> Markup:
    """Return the chart of a plan; times are the site's."""
    steps = max((len(series) for series in plan.schedule.values()), default=0)
    if not steps:
        return element("p", "The plan holds no steps.")
    lanes = list(_lanes(plan))
    top, drawn = 16.0, []
    for lane in lanes:
        drawn.append(_lane(lane, top))
        top += lane.height + LANE_GAP
    for plant, modes in plan.modes.items():
        drawn.append(_mode_lane(plant, modes, top))
        top += 14.0 + LANE_GAP
    bottom = top - LANE_GAP + 4
    ticks = _ticks(plan.start, plan.step, steps, zone, bottom)
    label = f"Schedule of the next {steps * plan.step / timedelta(hours=1):.0f} hours"
    return element(
        "svg", *ticks, *drawn, viewBox=f"0 0 {WIDTH:g} {bottom + 20:g}", role="img", aria_label=label, class_="schedule"
    )


def _lanes(plan: Plan) -> list[Lane]:
    lanes = []
    if "site.power_kw" in plan.schedule:
        series = [("plan", plan.schedule["site.power_kw"])]
        if "site.power_kw" in plan.baseline:
            series.append(("baseline", plan.baseline["site.power_kw"]))
        lanes.append(Lane("Site power, kW: plan (solid), present setpoints (dashed)", 150.0, tuple(series)))
    for name, values in plan.schedule.items():
        if name.endswith(LEAVING_WATER):
            series = [("plan", values)]
            if name in plan.baseline:
                series.append(("baseline", plan.baseline[name]))
            lanes.append(Lane(f"{name.partition('.')[0]}: leaving chilled water, °C", 60.0, tuple(series)))
    if "site.price_per_kwh" in plan.schedule:
        lanes.append(Lane("Energy price per kWh", 45.0, (("price", plan.schedule["site.price_per_kwh"]),)))
    return lanes


def _lane(lane: Lane, top: float) -> Markup:
    values = [value for _, series in lane.series for value in series if math.isfinite(value)]
    low, high = _rounded(min(values, default=0.0), max(values, default=1.0))
    paths = [
        element(
            "path",
            d=_path([top + lane.height * (high - value) / (high - low) for value in series]),
            class_=f"series {name}",
        )
        for name, series in reversed(lane.series)
    ]
    return joined(
        element("text", lane.title, x=LEFT, y=top - 4, class_="title"),
        *(
            joined(
                element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"),
                element("text", f"{value:.4g}", x=LEFT - 6, y=y + 4, class_="tick end"),
            )
            for value, y in ((high, top), (low, top + lane.height))
        ),
        *paths,
    )


def _path(heights: Sequence[float]) -> str:
    """Return a line of steps: a value holds from the start of its step to the start of the next; a gap where there is none."""
    width = (WIDTH - LEFT - RIGHT) / len(heights)
    parts, pen_down = [], False
    for index, y in enumerate(heights):
        if not math.isfinite(y):
            pen_down = False
            continue
        x = LEFT + index * width
        parts.append(f"{'V' if pen_down else f'M{x:.1f} '}{y:.1f}H{x + width:.1f}")
        pen_down = True
    return "".join(parts)


def _mode_lane(plant: str, modes: Sequence[str], top: float) -> Markup:
    width = (WIDTH - LEFT - RIGHT) / max(1, len(modes))
    drawn, begin = [], 0
    for index in range(1, len(modes) + 1):
        if index == len(modes) or modes[index] != modes[begin]:
            x, span = LEFT + begin * width, (index - begin) * width
            drawn.append(element("rect", x=x, y=top, width=span, height=14.0, class_=f"mode {modes[begin].lower()}"))
            if span > 7.0 * len(modes[begin]):
                drawn.append(element("text", modes[begin].lower(), x=x + 4, y=top + 11, class_="mode-name"))
            begin = index
    return joined(element("text", f"{plant}: economizer mode", x=LEFT, y=top - 4, class_="title"), *drawn)


def _ticks(start: datetime, step: timedelta, steps: int, zone: ZoneInfo, bottom: float) -> list[Markup]:
    drawn = []
    for index in range(steps + 1):
        local = (start + index * step).astimezone(zone)
        if local.minute == 0 and local.hour % TICK_EVERY_H == 0:
            x = LEFT + index * (WIDTH - LEFT - RIGHT) / steps
            text = f"{local:%a %H:%M}" if local.hour == 0 else f"{local:%H:%M}"
            drawn.append(
                element("line", x1=x, x2=x, y1=12, y2=bottom, class_="midnight" if local.hour == 0 else "grid")
            )
            drawn.append(element("text", text, x=x, y=bottom + 14, class_="tick middle"))
    return drawn


def _rounded(low: float, high: float) -> tuple[float, float]:
    """Return limits a little outside, on round numbers."""
    span = max(high - low, abs(high) * 0.02, 1e-6)
    unit = 10.0 ** math.floor(math.log10(span)) / 2
    return math.floor((low - 0.05 * span) / unit) * unit, math.ceil((high + 0.05 * span) / unit) * unit
