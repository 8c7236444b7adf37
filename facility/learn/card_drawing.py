"""Point clouds as inline SVG, in the colours of the page they stand on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from zoneinfo import ZoneInfo

import numpy as np

from facility.records import FloatArray

WIDTH, HEIGHT = 300, 210
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 8, 24, 36
_TICKS = 5
_PAD_FRAC = 0.05
_HOURS = (1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 672, 1344, 2688)


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """Points over one axis.

    Attributes
    ----------
    title, x_label
        Above the drawing and below it.
    x, y
        The points; not a number is left out.
    ideal
        `diagonal` where y should be x, `zero` where it should be nothing.
    band
        Half-height of the interval around the ideal, if it has one.
    seen
        Range of x that fitting has seen, which is shaded.
    zone
        Where x are seconds since 1970, the clock of the axis.
    """

    title: str
    x_label: str
    x: FloatArray
    y: FloatArray
    ideal: str = "zero"
    band: float | None = None
    seen: tuple[float, float] | None = None
    zone: ZoneInfo | None = None


@dataclass(frozen=True, slots=True)
class _Axis:
    """Where a value lies on the drawing."""

    low: float
    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        return self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin)

    def held(self, value: float) -> float:
        return self.at(min(max(value, self.low), self.high))


def drawn(cloud: Cloud) -> str:
    """Return a cloud as an SVG element."""
    known = np.isfinite(cloud.x) & np.isfinite(cloud.y)
    x, y = cloud.x[known], cloud.y[known]
    if not x.size:
        return ""
    diagonal = cloud.ideal == "diagonal"
    over = np.concatenate([x, y]) if diagonal else x
    across = _axis(over, _LEFT, WIDTH - _RIGHT)
    up = _axis(over if diagonal else np.append(y, 0.0), HEIGHT - _BOTTOM, _TOP)
    # A path of strokes without length draws round dots: a tenth of the size of as many circles.
    dots = "".join(f"M{across.at(a):.1f} {up.at(b):.1f}h0" for a, b in zip(x, y, strict=True))
    inner = [
        _seen(cloud, across),
        _band(cloud, across, up),
        _grid(across, up, cloud.zone),
        _ideal(diagonal, across, up),
        f'<path class="dots" d="{dots}"/>',
        f'<text class="title" x="{_LEFT}" y="14">{escape(cloud.title)}</text>',
        f'<text class="label" x="{(_LEFT + WIDTH) / 2:.0f}" y="{HEIGHT - 4}">{escape(cloud.x_label)}</text>',
    ]
    label = escape(f"{cloud.title}, over {cloud.x_label}: {x.size} points")
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(inner)}</svg>'


def _axis(values: FloatArray, begin: float, end: float) -> _Axis:
    low, high = float(values.min()), float(values.max())
    pad = _PAD_FRAC * (high - low) or max(abs(high), 1.0) * _PAD_FRAC
    return _Axis(low - pad, high + pad, begin, end)


def _seen(cloud: Cloud, across: _Axis) -> str:
    if cloud.seen is None:
        return ""
    left, right = (across.held(value) for value in cloud.seen)
    return (
        f'<rect class="seen" x="{left:.1f}" y="{_TOP}" width="{right - left:.1f}" height="{HEIGHT - _TOP - _BOTTOM}"/>'
    )


def _band(cloud: Cloud, across: _Axis, up: _Axis) -> str:
    if cloud.band is None or not math.isfinite(cloud.band):
        return ""
    if cloud.ideal == "diagonal":
        ends = ((across.low, -1), (across.high, -1), (across.high, 1), (across.low, 1))
        corners = [(across.at(x), up.held(x + side * cloud.band)) for x, side in ends]
    else:
        low, high = up.held(-cloud.band), up.held(cloud.band)
        corners = [(across.begin, low), (across.end, low), (across.end, high), (across.begin, high)]
    return f'<polygon class="band" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in corners)}"/>'


def _ideal(diagonal: bool, across: _Axis, up: _Axis) -> str:
    first, last = (up.at(across.low), up.at(across.high)) if diagonal else (up.at(0.0), up.at(0.0))
    return f'<path class="ideal" d="M{across.begin} {first:.1f}L{across.end} {last:.1f}"/>'


def _grid(across: _Axis, up: _Axis, zone: ZoneInfo | None) -> str:
    columns, say = _ticks(across), _numbers(_ticks(across))
    if zone is not None:
        columns, say = _hours(across, zone)
    rows = _ticks(up)
    parts = [
        f'<path class="grid" d="M{across.at(x):.1f} {_TOP}V{HEIGHT - _BOTTOM}"/>'
        f'<text class="tick x" x="{across.at(x):.1f}" y="{HEIGHT - _BOTTOM + 12}">{say(x)}</text>'
        for x in columns
    ]
    count = _numbers(rows)
    parts += [
        f'<path class="grid" d="M{_LEFT} {up.at(y):.1f}H{WIDTH - _RIGHT}"/>'
        f'<text class="tick y" x="{_LEFT - 4}" y="{up.at(y) + 3:.1f}">{count(y)}</text>'
        for y in rows
    ]
    return "".join(parts)


def _ticks(axis: _Axis) -> list[float]:
    """Return round values on an axis: multiples of one, two or five tenths, units, tens."""
    rough = (axis.high - axis.low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return [index * step for index in range(math.ceil(axis.low / step), math.floor(axis.high / step) + 1)]


def _numbers(ticks: Sequence[float]) -> Callable[[float], str]:
    """Return what writes ticks with as many decimals as tell them apart."""
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return lambda value: f"{value + 0.0:.{decimals}f}".replace("-", "−")


def _hours(axis: _Axis, zone: ZoneInfo) -> tuple[list[float], Callable[[float], str]]:
    """Return midnights, or whole hours within few days, and what writes them."""
    span_h = (axis.high - axis.low) / 3600.0
    every_h = next((hours for hours in _HOURS if span_h / hours <= _TICKS), 24 * math.ceil(span_h / 24 / _TICKS))
    first = datetime.fromtimestamp(axis.low, UTC).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    begin = first.timestamp()
    last = int((axis.high - begin) // (3600 * every_h))
    ticks = [begin + index * every_h * 3600.0 for index in range(last + 1)]

    def say(at: float) -> str:
        clock = datetime.fromtimestamp(at, UTC).astimezone(zone)
        return f"{clock.day} {clock:%b}" if every_h >= 24 or clock.hour == 0 else f"{clock:%H:%M}"

    return [tick for tick in ticks if tick >= axis.low], say
