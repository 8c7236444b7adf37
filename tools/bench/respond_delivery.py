"""Days on which the grid asks: how near to the target the site comes, by each kind of baseline, and what comes after.

Of each day only what matters is lived: some hours before the notice, then from there on with the event and without it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from tools.bench.real_days import words_of_days
from tools.bench.rows import Row
from tools.closed_loop import arms
from tools.closed_loop.arguments import parse
from tools.closed_loop.at_plant import Stage, at_plant
from tools.closed_loop.call_baselines import AS_PLANNED, TEN_OF_TEN, terms_of
from tools.closed_loop.cases import Setting, read_settings
from tools.closed_loop.delivered import AFTER, Delivered
from tools.closed_loop.grid_calls import GridCall
from tools.closed_loop.prologue import drive_prologue
from tools.closed_loop.random_calls import Ask

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
# A day of each season, in the price, carbon and weather that a zone had.
DAYS = {"2023-01-17": "DE-LU", "2023-04-18": "US-CAL-CISO", "2023-07-18": "US-MIDA-PJM", "2023-10-17": "DE-LU"}
QUICK_DAYS = {"2023-07-18": "DE-LU"}
SHARE, HOURS, NOTICE = 0.25, 3, timedelta(hours=2)
EARLIEST_H, LATEST_H = 6, 16  # of the beginning
LEAD = timedelta(hours=4)  # before the notice: the adjustment of a baseline to the day looks at three
SPARE_DAYS = 3  # before the history, in which the plant settles, and after the day, for forecasts
PAST_DAYS = {AS_PLANNED: 3, TEN_OF_TEN: 16}  # ten weekdays of them


class NotDeliveredError(RuntimeError):
    """An event of a bench that the product did not plan for; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class EventDay:
    """An event, the site's highest five minutes in the hours after it, and what they would have been without it [kW].

    `rack_minutes` outside the allowable range and `sla_minutes` of work that no awake server could take (as the closed loop's judge
    counts them) are those from the notice until some hours after.
    """

    event: Delivered
    peak_kw: float
    paid_peak_kw: float
    rack_minutes: float = 0.0
    sla_minutes: float = 0.0


def delivery_rows(quick: bool) -> list[Row]:
    """Ask for a quarter of the site's power for three hours of a day of each season; `quick` of one day."""
    days = QUICK_DAYS if quick else DAYS
    return rows_of_methods([event_days(_quarter(start), zone) for start, zone in days.items()])


def rows_of_methods(days: Sequence[Mapping[str, EventDay]]) -> list[Row]:
    """Return the rows of days held against what was planned, and of the same days by other baselines under their names."""
    methods = dict.fromkeys(method for day in days for method in day)
    return [
        row for method in methods for row in _named(rows_of([day[method] for day in days if method in day]), method)
    ]


def _named(rows: Sequence[Row], method: str) -> Iterator[Row]:
    yield from (row if method == AS_PLANNED else replace(row, metric=f"{row.metric}: {method}") for row in rows)


def rows_of(days: Sequence[EventDay]) -> list[Row]:
    """Return the worst day of each share, and the energy delivered over all of them."""
    promised = np.array([one.event.asked_kw * one.event.hours for one in days])
    kept = np.array([one.event.delivered_share for one in days])
    recovery = max(one.peak_kw / one.paid_peak_kw - 1.0 for one in days)
    return [
        Row("dr_events", float(len(days)), "-"),
        Row("dr_tracking_error_p95_share", max(one.event.excess_p95_share for one in days), "-"),
        Row("dr_tracking_error_most_share", max(one.event.excess_most_share for one in days), "-"),
        Row("dr_tracking_near_share", min(one.event.near_share for one in days), "-"),
        Row("dr_committed_energy_delivered_share", float(kept @ promised / promised.sum()), "-"),
        Row("dr_over_delivery_kwh", sum(one.event.over_kwh for one in days), "kWh"),
        Row("dr_recovery_peak_share", recovery, "-"),
        Row("dr_allowable_minutes", sum(one.rack_minutes for one in days), "rack-min"),
        Row("dr_sla_minutes", sum(one.sla_minutes for one in days), "pool-min"),
    ]


def event_days(
    ask: Ask, zone: str, methods: Sequence[str] = (AS_PLANNED, TEN_OF_TEN), seed: int = 1
) -> dict[str, EventDay]:
    """Live the hours about an event once without it, and once with it for each baseline that plans may be held against."""
    setting = _setting(ask, zone, max(PAST_DAYS[method] for method in methods), seed)
    prologue = drive_prologue(setting.case)
    until = ask.end + AFTER
    with at_plant(setting, Stage(setting.case.start, prologue)) as before:
        before.until(ask.told)
        with before.stage() as stage:
            plain_kw = _meter_kw(setting, stage, until)
            usual_kw = float(_within(plain_kw, ask.start, ask.end).mean())
            paid_kw = max(prologue.month_peak_kw, float(_within(plain_kw, ask.end, until).max()))
            return {method: _asked(setting, stage, ask.call(usual_kw), method, paid_kw) for method in methods}


def _quarter(start: str) -> Ask:
    zone = read_settings(parse([str(DEMO), "--start", start]))[0].case.loaded.site.zone
    begins = datetime.fromisoformat(start).replace(tzinfo=zone, hour=random.Random(start).randint(EARLIEST_H, LATEST_H))
    return Ask(begins - NOTICE, begins, begins + timedelta(hours=HOURS), SHARE)


def _setting(ask: Ask, zone: str, past_days: int, seed: int) -> Setting:
    start = ask.told - LEAD
    words = [str(DEMO), "--start", start.isoformat(), "--days", "1", "--seed", str(seed), "--arms", arms.FACILITY]
    first, last = start - timedelta(days=past_days + SPARE_DAYS), start + timedelta(days=1 + SPARE_DAYS)
    with words_of_days(zone, pd.Timestamp(first), pd.Timestamp(last)) as series:
        return read_settings(parse([*words, "--history-days", str(past_days), *series]))[0]


def _meter_kw(setting: Setting, stage: Stage, until: datetime) -> pd.Series:
    with at_plant(setting, stage) as plain:
        plain.until(until)
        return plain.meter.means()


def _asked(setting: Setting, stage: Stage, call: GridCall, method: str, paid_kw: float) -> EventDay:
    terms = terms_of(method, setting.case.loaded)
    with at_plant(replace(setting, case=replace(setting.case, terms=terms)), stage) as asked:
        asked.calls.append(call)
        asked.until(call.end + AFTER)
        found = asked.delivered(setting.case.ramp)
        if not found:
            raise NotDeliveredError("; ".join(asked.ear.notes()))
        event, judged = found[0], asked.judged()
        return EventDay(event, event.peak_after_kw, paid_kw, judged.allowable_minutes, judged.sla_violations)


def _within(course: pd.Series, start: datetime, end: datetime) -> pd.Series:
    return course[(course.index >= start) & (course.index < end)]
