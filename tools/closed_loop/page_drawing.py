"""Panels become one drawing: inline SVG whose colours are those of the page, light or dark."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from matplotlib.typing import RcKeyType

from facility.records import FloatArray
from tools.closed_loop.page_panels import Bands, Lines, Panel
from tools.closed_loop.page_style import ARMS, LEVELS, STAND_INS

_WIDTH, _LEFT, _RIGHT = 11.0, 1.15, 0.35  # inches, at 72 points each
_LINES_HEIGHT, _BAND_HEIGHT, _BAND_PAD, _GAP, _TOP, _BOTTOM = 1.05, 0.17, 0.06, 0.42, 0.35, 0.3
_EPOCH, _MOST_TICKS = pd.Timestamp(0, tz="UTC"), 14
_INK, _FAINT, _GRID, _LIMIT = (STAND_INS[f"--{name}"] for name in ("ink", "faint", "grid", "limit"))
_SETTINGS: dict[RcKeyType, Any] = {
    "svg.fonttype": "none", "font.size": 8.0, "text.color": _INK, "axes.edgecolor": _GRID, "axes.labelcolor": _INK,
    "xtick.color": _FAINT, "ytick.color": _FAINT, "grid.color": _GRID, "grid.linewidth": 0.6, "axes.linewidth": 0.6,
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlelocation": "left", "axes.titlesize": 8.5,
    "axes.titleweight": "bold", "axes.titlepad": 5.0, "axes.facecolor": "none", "figure.facecolor": "none",
    "path.simplify_threshold": 0.2, "lines.solid_capstyle": "butt", "lines.dash_capstyle": "butt",
}  # fmt: skip


def drawn(panels: Sequence[Panel], arms: Sequence[str], zone: ZoneInfo, name: str) -> str:
    """Return panels one below the other on one time axis.

    Parameters
    ----------
    panels
        From top to bottom.
    arms
        In the order in which bands show them.
    zone
        Of the clock on the axis.
    name
        Tells drawings of one page apart.
    """
    heights = [_height(panel) for panel in panels]
    total = _TOP + sum(heights) + _GAP * (len(panels) - 1) + _BOTTOM
    with mpl.rc_context({**_SETTINGS, "svg.hashsalt": name}):
        figure = Figure(figsize=(_WIDTH, total))
        top = total - _TOP
        axes: Axes | None = None
        ticks = _ticks(panels, zone)
        for panel, height in zip(panels, heights, strict=True):
            place = (_LEFT / _WIDTH, (top - height) / total, 1.0 - (_LEFT + _RIGHT) / _WIDTH, height / total)
            axes = figure.add_axes(place, sharex=axes)
            _draw(panel, axes, arms)
            _time_axis(axes, ticks)
            top -= height + _GAP
        return _inline(figure)


def _height(panel: Panel) -> float:
    if isinstance(panel, Lines):
        return _LINES_HEIGHT
    return _BAND_HEIGHT * len(panel.courses) + _BAND_PAD


def _draw(panel: Panel, axes: Axes, arms: Sequence[str]) -> None:
    axes.set_title(panel.title)
    axes.grid(visible=True, axis="x" if isinstance(panel, Bands) else "both")
    axes.set_axisbelow(True)
    if isinstance(panel, Lines):
        _draw_lines(panel, axes)
    else:
        _draw_bands(panel, axes, [arm for arm in arms if arm in panel.courses])


def _draw_lines(panel: Lines, axes: Axes) -> None:
    for arm, course in panel.courses.items():
        style = ARMS.get(arm)
        axes.plot(
            _days(course.index), course.to_numpy(), drawstyle="steps-post",
            color=STAND_INS[style.variable] if style else _INK, linewidth=style.width if style else 1.2,
            linestyle=(0, style.dashes) if style and style.dashes else "-", zorder=3 if arm == "facility" else 2,
        )  # fmt: skip
    axes.margins(y=0.08)
    for words, value in panel.limits.items():
        axes.axhline(value, color=_LIMIT, linewidth=1.0, linestyle=(0, (6, 2)))
        axes.annotate(
            words, (1.0, value), xycoords=("axes fraction", "data"), xytext=(-2, 2), textcoords="offset points",
            ha="right", va="bottom", color=_LIMIT, fontsize=7.5,
        )  # fmt: skip
    if panel.limits:
        axes.margins(y=0.18)  # room for the words
    if panel.zero:
        axes.axhline(0.0, color=_FAINT, linewidth=1.0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, min_n_ticks=3, steps=[1, 2, 2.5, 5, 10]))
    axes.ticklabel_format(axis="y", useOffset=False)


def _draw_bands(panel: Bands, axes: Axes, arms: Sequence[str]) -> None:
    most = len(panel.words) - 1
    colours = [STAND_INS[LEVELS[_shade(level, most)]] for level in range(most + 1)]
    for row, arm in enumerate(arms):
        course = panel.courses[arm].dropna()
        begins, widths, levels = _runs(course)
        shades = [colours[min(max(level, 0), most)] for level in levels]
        axes.broken_barh(list(zip(begins, widths, strict=True)), (row + 0.06, 0.88), facecolors=shades, linewidth=0.0)
    axes.set_ylim(len(arms), 0.0)
    axes.set_yticks(np.arange(len(arms)) + 0.5, [ARMS[arm].label.split(" (")[0] for arm in arms])
    axes.tick_params(axis="y", length=0.0)
    handles = [Patch(facecolor=colour, label=words) for colour, words in zip(colours, panel.words, strict=True)]
    axes.legend(
        handles=handles, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(handles), frameon=False, borderpad=0.1,
        borderaxespad=0.1, handlelength=1.2, handleheight=0.9, columnspacing=1.2, fontsize=7.5,
    )  # fmt: skip


def _shade(level: int, most: int) -> int:
    """Return which shade a level takes: the darkest for the most, the rest evenly below."""
    return round(level * (len(LEVELS) - 1) / most) if most else 0


def _runs(course: pd.Series) -> tuple[FloatArray, FloatArray, list[int]]:
    """Return where a course changes, how long it stays [days], and its whole numbers."""
    levels, at = course.to_numpy().round().astype(int), _days(course.index)
    step = float(np.median(np.diff(at))) if len(at) > 1 else 1.0 / 288.0
    ends = np.append(at[1:], at[-1] + step if len(at) else [])
    first = np.flatnonzero(np.diff(levels, prepend=levels[:1] - 1))
    last = np.append(first[1:] - 1, len(levels) - 1)
    return at[first], ends[last] - at[first], [int(level) for level in levels[first]]


def _days(index: pd.Index) -> FloatArray:
    """Return matplotlib's time: days since 1970, UTC."""
    return np.asarray((pd.DatetimeIndex(index) - _EPOCH) / pd.Timedelta(days=1), dtype=np.float64)


def _ticks(panels: Sequence[Panel], zone: ZoneInfo) -> pd.DatetimeIndex:
    """Return times at whole hours of the clock, midnights among them, from the first moment drawn to the last."""
    courses = [course for panel in panels for course in panel.courses.values() if len(course)]
    first = min(one.index[0] for one in courses).tz_convert(zone)
    last = max(one.index[-1] for one in courses).tz_convert(zone)
    every_h = next((hours for hours in (1, 3, 6, 12) if (last - first) / pd.Timedelta(hours=hours) <= _MOST_TICKS), 24)
    days = pd.date_range(first.normalize(), last, freq="D")
    clock = [
        pd.Timestamp.combine(day.date(), time(hour)).tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
        for day in days
        for hour in range(0, 24, every_h)
    ]
    return pd.DatetimeIndex([first, *(tick for tick in clock if first <= tick <= last), last])


def _time_axis(axes: Axes, ticks: pd.DatetimeIndex) -> None:
    """Put ticks on an axis that reaches from the first of them, which like the last only bounds it."""
    inner = ticks[1:-1]
    words = [f"{one:%a} {one.day} {one:%b}" if one.hour == 0 else f"{one:%H:%M}" for one in inner]
    axes.set_xlim(*_days(ticks[[0, -1]]))
    axes.set_xticks(_days(inner), words)
    axes.tick_params(axis="x", length=2.0, labelsize=7.5)


def _inline(figure: Figure) -> str:
    text = io.StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = re.sub(r"\A.*?(?=<svg)", "", text.getvalue(), flags=re.DOTALL)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    needed = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))  # others would stand twice in a page of two drawings
    svg = re.sub(r' id="([^"]*)"', lambda found: found[0] if found[1] in needed else "", svg)
    svg = re.sub(r"(?<=\.\d\d)\d+", "", svg)  # a hundredth of a point is nothing on a screen
    for name, colour in STAND_INS.items():
        svg = svg.replace(colour, f"var({name})")
    return svg.replace("<svg ", '<svg class="course" role="img" aria-label="Courses of the arms over time" ', 1)
