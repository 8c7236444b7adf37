"""Two plans side by side: what they cost, what they set when, where they differ, and why."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from facility.advise.report import cost_rows
from facility.advise.why import SINCE, explanation_rows
from facility.points import QUANTITIES
from facility.records import Plan
from facility.units import DEADBAND

Row = dict[str, Any]
Value = float | str | None
_SET = ("setpoint", "command", "mode")  # words in the names of what a plan sets
_HOUR = timedelta(hours=1)


def comparison_document(plan: Plan, other: Plan, zone: ZoneInfo, currency: str) -> Row:
    """Return a plan beside another one, on the steps of the first; null where the other does not reach.

    Costs are those of each plan's own hours.
    """
    times = [plan.start + step * plan.step for step in range(plan.steps)]
    series = {name: (mine, theirs) for name, mine, theirs in _side_by_side(plan, other, times)}
    return {
        "plan": _head(plan),
        "with": _head(other),
        "currency": currency,
        "costs": _costs(plan, other),
        "changed": list(_changed(series, times, plan.step, zone)),
        "why": _why(plan, other, currency),
        "times": [_local(time, zone) for time in times],
        "schedule": {name: {"plan": mine, "with": theirs} for name, (mine, theirs) in series.items()},
    }


def _head(plan: Plan) -> Row:
    return {
        "id": plan.id,
        "created": plan.created.isoformat(),
        "start": plan.start.isoformat(),
        "planned_until": plan.end.isoformat(),
        "model_version": plan.model_version,
        "site_revision": plan.site_revision,
    }


def _costs(plan: Plan, other: Plan) -> list[Row]:
    pairs = zip(cost_rows(plan), cost_rows(other), strict=True)
    return [
        {"item": one["item"], "plan": one["plan"], "with": two["plan"], "difference": one["plan"] - two["plan"]}
        for one, two in pairs
    ]


def _side_by_side(plan: Plan, other: Plan, times: Sequence[datetime]) -> Iterator[tuple[str, list[Value], list[Value]]]:
    """Yield each series of either plan: its own values, and the other's that hold at these times."""
    mine, theirs = _columns(plan), _columns(other)
    then = [(time - other.start) // other.step for time in times]
    for name in dict.fromkeys((*mine, *theirs)):
        here, there = mine.get(name, ()), theirs.get(name, ())
        yield (
            name,
            [here[step] if step < len(here) else None for step in range(len(times))],
            [there[step] if 0 <= step < len(there) else None for step in then],
        )


def _columns(plan: Plan) -> Mapping[str, Sequence[Value]]:
    return {**{f"{plant}.mode": modes for plant, modes in plan.modes.items()}, **plan.schedule}


def _changed(
    series: Mapping[str, tuple[list[Value], list[Value]]], times: Sequence[datetime], step: timedelta, zone: ZoneInfo
) -> Iterator[Row]:
    """Yield each setting that differs by as much as is worth a write: since when, by how much at most, for how long."""
    for name, (mine, theirs) in series.items():
        quantity = name.rpartition(".")[2]
        if not set(_SET) & set(quantity.split("_")):
            continue
        differ = [index for index, pair in enumerate(zip(mine, theirs, strict=True)) if _differ(quantity, *pair)]
        if not differ:
            continue
        first = differ[0]
        yield {
            "name": name,
            "at": _local(times[first], zone),
            "plan": mine[first],
            "with": theirs[first],
            "largest": max(map(_apart, (mine[each] for each in differ), (theirs[each] for each in differ))),
            "hours": len(differ) * step / _HOUR,
        }


def _differ(quantity: str, mine: Value, theirs: Value) -> bool:
    """Tell whether both say something for a time, and not the same."""
    if mine is None or theirs is None:
        return False
    if isinstance(mine, str) or isinstance(theirs, str):
        return mine != theirs
    known = QUANTITIES.get(quantity)
    least = DEADBAND.get(known.unit, 0.0) if known else 0.0
    return mine != theirs and abs(mine - theirs) >= least


def _apart(mine: Value, theirs: Value) -> float:
    """Return how far two values are apart; modes have no distance."""
    if isinstance(mine, float | int) and isinstance(theirs, float | int):
        return abs(mine - theirs)
    return math.nan


def _why(plan: Plan, other: Plan, currency: str) -> list[Row]:
    """Return what the newer plan told when it was made: by which inputs it differs from the one before it."""
    older, newer = sorted((plan, other), key=lambda one: one.created)
    explanation = newer.explanation
    if explanation is None:
        return [_said(f"plan {newer.id}", "made by a version that kept no reasons")]
    since = explanation.since_last
    if since is not None and since.plan_id != older.id:
        return [_said(f"plan {newer.id}", f"tells only what changed since plan {since.plan_id}")]
    rows = explanation_rows(newer, (), currency)
    return [_said(row["about"], row["statement"]) for row in rows if row["topic"] == SINCE]


def _said(about: str, statement: str) -> Row:
    return {"about": about, "statement": statement}


def _local(time: datetime, zone: ZoneInfo) -> str:
    return time.astimezone(zone).isoformat(timespec="minutes")
