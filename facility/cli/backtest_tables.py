"""How the outcome of a backtest is shown: a table for people, a document and rows for machines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.backtest.judge import DayJudged
from facility.backtest.outcome import Outcome, Saving
from facility.backtest.signals_then import Basis
from facility.cli.common import Row
from facility.records import Interval
from facility.site import Site

_SHOWN_LEADS_H = (1, 6, 24, 47)


def day_rows(outcome: Outcome) -> list[Row]:
    """Return one row a day, those that could not be planned or judged with the reason and nothing else."""
    found = [{**_day(day), **_saving(outcome.saving_of(day))} for day in outcome.days]
    empty = dict.fromkeys(found[0] if found else ("from", "to", "reason"))
    left = [
        {**empty, "from": one.start.isoformat(), "to": one.end.isoformat(), "reason": one.reason}
        for one in outcome.left_out
    ]
    return sorted([*found, *left], key=lambda row: str(row["from"]))


def document(site: Site, outcome: Outcome) -> dict[str, Any]:
    """Return the whole outcome."""
    return {
        "site": site.id,
        "currency": site.currency,
        "judged_by": outcome.judged_by,
        "interval": outcome.interval_basis,
        "total": _total(outcome) if outcome.days else None,
        "days": day_rows(outcome),
        "forecast_skill": {
            quantity: table.reset_index().to_dict("records") for quantity, table in outcome.forecast_skill.items()
        },
    }


def tables(site: Site, outcome: Outcome) -> list[RenderableType]:
    """Return the table of days with their total, and what must be known to read it."""
    return [_day_table(site, outcome), *(Text(line) for line in _remarks(site, outcome))]


def _day(day: DayJudged) -> dict[str, Any]:
    return {
        "from": day.start.isoformat(),
        "to": day.end.isoformat(),
        "reason": "",
        "measured_kwh": day.measured_kwh,
        "as_done_kwh": day.as_done_kwh,
        "beyond_kwh": day.beyond_kwh,
        "extrapolated_frac": day.extrapolated_frac,
        "extrapolated_saving_kwh": day.extrapolated_saving_kwh,
        "plan_steps_outside_limits": day.plan_outside,
        "done_steps_outside_limits": day.done_outside,
        "limits_broken": "; ".join(map(str, day.shortfalls)),
        "models": day.models,
        "hindsight": " ".join(sorted(name for name, basis in day.basis.items() if basis is Basis.HINDSIGHT)),
        "forecasts": "; ".join(f"{name}: {basis.value}" for name, basis in sorted(day.basis.items())),
        "notes": "; ".join(day.notes),
    }


def _saving(saving: Saving) -> dict[str, Any]:
    named = {"kwh": saving.kwh, "cost": saving.cost, "kgco2": saving.kgco2}
    figures = {
        f"saving_{name}{end}": value
        for name, interval in named.items()
        for end, value in (("", interval.value), ("_low", interval.low), ("_high", interval.high))
    }
    return {**figures, "distinguishable": saving.distinguishable}


def _total(outcome: Outcome) -> dict[str, Any]:
    days = outcome.days
    measured = sum(day.measured_kwh for day in days)
    return {
        "days": len(days),
        "left_out": len(outcome.left_out),
        "measured_kwh": measured,
        "as_done_kwh": sum(day.as_done_kwh for day in days),
        **_saving(outcome.total()),
        "saving_frac": outcome.total().kwh.value / measured,
        "extrapolated_frac": sum(day.extrapolated_frac for day in days) / len(days),
        "extrapolated_saving_kwh": sum(day.extrapolated_saving_kwh for day in days),
    }


def _day_table(site: Site, outcome: Outcome) -> Table:
    table = Table(title=f"{site.name}: what plans would have saved, with 90 % intervals", title_justify="left")
    table.add_column("from")
    for heading in ("measured kWh", "modelled", "saving kWh", site.currency, "kg CO2", "unseen"):
        table.add_column(heading, justify="right")
    table.add_column("remark", overflow="fold")
    lines: list[tuple[datetime, list[str]]] = [(day.start, _cells(outcome, day, site.zone)) for day in outcome.days]
    lines += [(one.start, [_moment(one.start, site.zone), *([""] * 6), one.reason]) for one in outcome.left_out]
    for _, cells in sorted(lines):
        table.add_row(*cells)
    if outcome.days:
        total = _total(outcome)
        table.add_section()
        energies = [f"{total[name]:.0f}" for name in ("measured_kwh", "as_done_kwh")]
        table.add_row(
            "total",
            *energies,
            *_savings(outcome.total()),
            f"{total['extrapolated_frac']:.0%}",
            _verdict(outcome.total()),
        )
    return table


def _cells(outcome: Outcome, day: DayJudged, zone: ZoneInfo) -> list[str]:
    saving = outcome.saving_of(day)
    remarks = [_verdict(saving)]
    if day.plan_outside:
        remarks.append(f"{day.plan_outside} steps outside limits as planned, {day.done_outside} as run")
    remarks += [*map(str, day.shortfalls[:1]), *day.notes]
    return [
        _moment(day.start, zone),
        f"{day.measured_kwh:.0f}",
        f"{day.as_done_kwh:.0f}",
        *_savings(saving),
        f"{day.extrapolated_frac:.0%}",
        "; ".join(remark for remark in remarks if remark),
    ]


def _savings(saving: Saving) -> list[str]:
    return [_with_ends(saving.kwh, 0), _with_ends(saving.cost, 0), f"{saving.kgco2.value:.0f}"]


def _with_ends(interval: Interval, digits: int) -> str:
    return f"{interval.value:.{digits}f} ({interval.low:.{digits}f} to {interval.high:.{digits}f})"


def _verdict(saving: Saving) -> str:
    return "" if saving.distinguishable else "not distinguishable"


def _moment(time: datetime, zone: ZoneInfo) -> str:
    return f"{time.astimezone(zone):%a %d %b %H:%M}"


def _remarks(site: Site, outcome: Outcome) -> Iterator[str]:
    if not outcome.days:
        return
    yield f"intervals are {outcome.interval_basis}"
    yield f"judged by models {outcome.judged_by}"
    for models in dict.fromkeys(day.models for day in outcome.days):
        mine = [day for day in outcome.days if day.models == models]
        yield f"planned from {_moment(mine[0].start, site.zone)} with models {models}"
    for quantity in sorted({name for day in outcome.days for name in day.basis}):
        counts = {basis: sum(day.basis.get(quantity) is basis for day in outcome.days) for basis in Basis}
        said = ", ".join(f"{basis.value} on {count} days" for basis, count in counts.items() if count)
        optimistic = "; that is optimistic" if counts[Basis.HINDSIGHT] else ""
        yield f"{quantity}: {said}{optimistic}"
    if any(day.extrapolated_frac for day in outcome.days):
        unseen = sum(day.extrapolated_saving_kwh for day in outcome.days)
        yield f"unseen: share of steps in which plans leave what history has shown; {unseen:.0f} kWh of the saving lie in them"
    for quantity, table in outcome.forecast_skill.items():
        error, bias = (table[name].astype(float).to_dict() for name in ("mae", "bias"))
        leads = [lead for lead in _SHOWN_LEADS_H if lead in error]
        errors = ", ".join(f"{lead} h {error[lead]:.1f} (bias {bias[lead]:+.1f})" for lead in leads)
        yield f"mean error of kept forecasts of {quantity} by lead time: {errors}"
