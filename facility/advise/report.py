"""A plan and its recommendations as rows, for tables, CSV and JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from facility.records import CostBreakdown, Interval, LimitShortfall, Plan, Recommendation

Row = dict[str, Any]


def recommendation_rows(recommendations: Sequence[Recommendation]) -> list[Row]:
    """Return one flat row a recommendation, intervals as `_low` and `_high` columns."""
    return [_record(recommendation) for recommendation in recommendations]


def _record(record: Recommendation | LimitShortfall) -> Row:
    return dict(_flat(record))


def _flat(record: Recommendation | LimitShortfall) -> Iterator[tuple[str, Any]]:
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if isinstance(value, Interval):
            yield field.name, value.value
            yield f"{field.name}_low", value.low
            yield f"{field.name}_high", value.high
        elif isinstance(value, tuple):
            yield field.name, " ".join(value)
        elif isinstance(value, datetime):
            yield field.name, value.isoformat()
        else:
            yield field.name, value


def schedule_rows(plan: Plan, zone: ZoneInfo, every: int = 1) -> list[Row]:
    """Return one row for each `every` steps: site time, modes and every scheduled series, the baseline's behind them."""
    steps = range(0, max((len(series) for series in plan.schedule.values()), default=0), every)
    return [
        {
            "time": (plan.start + step * plan.step).astimezone(zone).isoformat(timespec="minutes"),
            **{f"{plant}.mode": modes[step] for plant, modes in plan.modes.items()},
            **{name: series[step] for name, series in plan.schedule.items()},
            **{f"baseline {name}": series[step] for name, series in plan.baseline.items()},
        }
        for step in steps
    ]


def cost_rows(plan: Plan) -> list[Row]:
    """Return one row a cost item: as planned, at the present setpoints, and the difference."""
    names = [field.name for field in dataclasses.fields(CostBreakdown)] + ["total_cost"]
    return [
        {
            "item": name,
            "plan": getattr(plan.cost, name),
            "baseline": getattr(plan.baseline_cost, name),
            "saved": getattr(plan.baseline_cost, name) - getattr(plan.cost, name),
        }
        for name in names
    ]


def job_rows(plan: Plan, zone: ZoneInfo) -> list[Row]:
    """Return one row a job: when it runs, in site time, and by how much it is late; empty where not within the horizon."""
    return [
        {
            "job": run.job.id,
            "pool": run.job.pool,
            "kind": str(run.job.kind),
            "tier": run.job.tier,
            "power_kw": run.job.power_kw,
            "energy_kwh": run.job.energy_kwh,
            "begins": _local(run.begins, zone),
            "ends": _local(run.ends, zone),
            "due": _local(run.job.due, zone),
            "late_h": None if run.late is None else run.late / timedelta(hours=1),
        }
        for run in plan.jobs
    ]


def move_rows(plan: Plan, zone: ZoneInfo) -> list[Row]:
    """Return one row for each time at which named servers wake or go to sleep, and what is then without an awake server."""
    return [dataclasses.asdict(move) | {"at": _local(move.at, zone)} for move in plan.server_moves]


def commitment_rows(plan: Plan) -> list[Row]:
    """Return one row a promise to the grid, the baseline of a reduction as a list: one value a step that it touches."""
    return [
        dataclasses.asdict(one)
        | {"start": one.start.isoformat(), "end": one.end.isoformat(), "baseline_kw": list(one.baseline_kw)}
        for one in plan.commitments
    ]


def unmet_rows(plan: Plan) -> list[Row]:
    """Return one row a limit that cannot be met after the plan: by how much at its worst, when that is, and since when."""
    return [_record(one) for one in plan.unmet]


def _local(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return None if moment is None else moment.astimezone(zone).isoformat(timespec="minutes")


def interim_pue(series: Mapping[str, tuple[float, ...]]) -> Interval | None:
    """Return facility over IT energy of a schedule, with its 90 % interval; None where the schedule does not hold them.

    Interim: a PUE is over twelve months (ISO/IEC 30134-2). Model errors are taken to persist, so that the interval does not
    shrink with time.
    """
    it, ratio, width = (series.get(f"site.{name}") for name in ("it_power_kw", "interim_pue", "power_half_width_kw"))
    if not it or not ratio or not width or sum(it) <= 0.0:
        return None
    half = sum(width) / sum(it)
    return Interval(ratio[-1], ratio[-1] - half, ratio[-1] + half)


def reuse(series: Mapping[str, tuple[float, ...]]) -> tuple[float, float] | None:
    """Return energy reuse factor and energy reuse effectiveness of a schedule; None where no heat contract is planned.

    ERF: reused over facility energy (ISO/IEC 30134-6); ERE: facility energy less what is reused, over IT energy (The Green Grid,
    2010). Interim as PUE is.
    """
    factor, effectiveness = series.get("site.interim_erf"), series.get("site.interim_ere")
    return (factor[-1], effectiveness[-1]) if factor and effectiveness else None


def plan_document(plan: Plan, recommendations: Sequence[Recommendation], zone: ZoneInfo, currency: str) -> Row:
    """Return everything of a plan as one JSON-able document."""
    return {
        "plan": plan.id,
        "site": plan.site_id,
        "site_revision": plan.site_revision,
        "model_version": plan.model_version,
        "created": plan.created.isoformat(),
        "planned_until": plan.end.isoformat(),
        "unmet": unmet_rows(plan),
        "currency": currency,
        "gap_frac": plan.gap,
        "interim_pue": {
            "plan": _interval(interim_pue(plan.schedule)),
            "baseline": _interval(interim_pue(plan.baseline)),
        },
        "interim_reuse": {"plan": _reuse(plan.schedule), "baseline": _reuse(plan.baseline)},
        "costs": cost_rows(plan),
        "saving_range": _interval(plan.saving_range),
        "recommendations": recommendation_rows(recommendations),
        "binding_limits": {limit: list(equipment) for limit, equipment in plan.binding_limits.items()},
        "limit_prices": dict(plan.limit_prices),
        "commitments": commitment_rows(plan),
        "goal_weights": dict(plan.goal_weights),
        "goal_caps": dict(plan.goal_caps),
        "shortfalls": [str(shortfall) for shortfall in plan.shortfalls],
        "notes": list(plan.notes),
        "jobs": job_rows(plan, zone),
        "server_moves": move_rows(plan, zone),
        "schedule": schedule_rows(plan, zone),
    }


def _reuse(series: Mapping[str, tuple[float, ...]]) -> Row | None:
    found = reuse(series)
    return None if found is None else {"erf_frac": found[0], "ere": found[1]}


def _interval(interval: Interval | None) -> Row | None:
    return None if interval is None else dataclasses.asdict(interval)
