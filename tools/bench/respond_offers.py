"""Offers held to their word: one is made at an hour of a simulated day, an event is called for it, and the hours after are lived.

The hour goes on from a stage of the day, as the product would: it plans, hears of the event at its notice, and follows its plans.
What it delivers is read at the true meter, against what the plan in force at the notice had the site draw.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from facility.errors import FacilityError
from facility.offering import PRICE_FOLDS, Offering
from facility.plan.offers import Call
from facility.promises import Offer
from tools.bench.rows import Row
from tools.closed_loop import arms
from tools.closed_loop.arguments import parse
from tools.closed_loop.at_plant import Stage, at_plant
from tools.closed_loop.cases import Setting, read_settings
from tools.closed_loop.delivered import Delivered
from tools.closed_loop.grid_calls import GridCall
from tools.closed_loop.prologue import drive_prologue

SITES = Path(__file__).parents[2] / "site_configs"
HOUR = timedelta(hours=1)
STARTS = ("2025-01-14", "2025-04-15", "2025-07-15", "2025-10-14")
FIRST_H, APART_H, MOMENTS = 5, 4, 4  # of a day: when offers are made
NOTICES_MIN, HOURS = (30, 60, 120), (1, 2)
LEAST_KW = 1.0  # a smaller offer asks nothing of the site
NEAR_FRAC = 0.02  # of the site's power: so near to its target a site is held to be on it


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """An offer, what came of the event that was called for it, and the CPU seconds of both."""

    name: str
    offer: Offer
    event: Delivered
    cpu_s: float


def offer_rows(starts: Sequence[str] = STARTS, seeds: Sequence[int] = (1,), moments: int = MOMENTS) -> list[Row]:
    """Replay offers of some days."""
    return rows_of([one for start in starts for seed in seeds for one in replayed("demo", start, seed, moments)])


def rows_of(found: Sequence[Replayed]) -> list[Row]:
    """Return how often an offer held, how often as near as a target has to be held, and how much of what is expected is firm."""
    kept = np.array([one.event.mean_less_kw - one.offer.kw for one in found])
    near_kw = np.array([NEAR_FRAC * one.event.baseline_kw for one in found])
    expected_kw = np.array([one.offer.expected_kw for one in found])
    offered_kw = np.array([one.offer.kw for one in found])
    return [
        Row("offers_replayed", float(len(found)), "-"),
        Row("offer_coverage_90", float((kept >= 0.0).mean()), "-"),
        Row("offer_coverage_90: within 2 % of the site", float((kept >= -near_kw).mean()), "-"),
        Row("offer_short_most_kw", float(np.maximum(-kept, 0.0).max()), "kW"),
        Row("offer_firm_share_of_expected", float(offered_kw.sum() / expected_kw.sum()), "-"),
        Row("offer_replay_cpu_seconds", float(np.mean([one.cpu_s for one in found])), "s"),
    ]


def replayed(site: str, start: str, seed: int, moments: int) -> Iterator[Replayed]:
    """Yield the offers of a day, each made and called from a stage of it; an hour in which nothing is offered asks nothing."""
    words = [str(SITES / f"{site}.yaml"), "--start", start, "--days", "1", "--seed", str(seed), "--arms", arms.FACILITY]
    (setting,) = read_settings(parse(words))
    draw = random.Random(f"offers/{site}/{start}/{seed}")
    first = Stage(setting.case.start, drive_prologue(setting.case))
    with at_plant(setting, first) as day:
        for number in range(moments):
            day.until(setting.case.start + (FIRST_H + number * APART_H) * HOUR)
            with day.stage() as stage:
                began_s = time.process_time()
                found = _held(setting, stage, draw)
                if found is not None:
                    yield Replayed(f"{site} {start} seed {seed}", *found, time.process_time() - began_s)


def _held(setting: Setting, stage: Stage, draw: random.Random) -> tuple[Offer, Delivered] | None:
    notice = timedelta(minutes=draw.choice(NOTICES_MIN))
    begins = stage.time + notice + draw.randint(1, 2) * HOUR
    begins += (-begins.timestamp() % HOUR.total_seconds()) * timedelta(seconds=1)
    ends, fold = begins + draw.choice(HOURS) * HOUR, draw.choice(PRICE_FOLDS)
    with at_plant(setting, stage) as alone:
        alone.until(stage.time + setting.case.replan / 12)  # it measures and plans
        offering = Offering.of(alone.product)
        price = fold * offering.inputs.price_scale_per_kwh
        offer = offering.offer(Call(begins, ends, notice, price))
        if offer.kw < LEAST_KW:
            return None
        alone.calls.append(GridCall(begins - notice, begins, ends, offer.kw, price))
        alone.until(ends)
        event = alone.delivered(offer.ramp)
    if not event:
        raise FacilityError(f"the event of {begins:%Y-%m-%d %H:%M} UTC was never planned for")
    return offer, event[0]
