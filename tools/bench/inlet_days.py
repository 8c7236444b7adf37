"""Days of a simulated site for `predict_inlets`: good practice, then planned setpoints with a surge of load and a CRAH that trips.

The plan is drawn from the seed before it begins: each hour setpoints move a little, whatever the sensors say, so that an hour
ahead it may be known. For some hours it is too bold: step by step to warm air and slow fans, until racks pass their limits and
the site's own protection steps in.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from facility.site import Hall, LiquidLoop
from facility.site_file import LoadedSite, load_site
from tools.closed_loop.baselines import FAN_SPEED, LOOP_FLOW, LOOP_SUPPLY, SUPPLY_AIR, GoodPractice
from tools.simulated_site import SimulatedSite
from tools.simulated_site.climate import Outdoors
from tools.simulated_site.faults import Call, Fault, Spell
from tools.simulated_site.noise import Hidden
from tools.simulated_site.setpoints import Key, SetpointRefusedError
from tools.simulated_site.surroundings import Synthetic

SITES = Path(__file__).parents[2] / "site_configs"
START = datetime(2026, 7, 13, tzinfo=UTC)
STEP = timedelta(minutes=5)
SETTLING = timedelta(hours=6)
LEARNED, PRACTICE, PLANNED = timedelta(days=3), timedelta(days=1), timedelta(days=1.5)
SURGE_AFTER, SURGE_RAMP, SURGE_FRAC = timedelta(hours=9), timedelta(hours=2), 0.2
BOLD_HOURS = (20, 27)  # of the plan
TRIP_AFTER, TRIP_FOR = timedelta(hours=30), timedelta(hours=1)
SUPPLY_MOVES_K, SUPPLY_RANGE_DEGC = (-1.0, -0.5, 0.0, 0.0, 0.5, 1.0), (18.0, 24.0)
FAN_MOVES_FRAC, FAN_RANGE_FRAC = (-0.1, -0.05, 0.0, 0.0, 0.05, 0.1), (0.5, 0.9)
BOLD_MOVES_K, BOLD_SUPPLY_DEGC = (0.0, 0.5, 1.0), (18.0, 26.0)
BOLD_MOVES_FRAC, BOLD_FAN_FRAC = (0.0, -0.05, -0.1), (0.42, 0.9)
LOOP_MOVES_K, FLOW_MOVES_FRAC = (-1.0, -0.5, 0.0, 0.0, 0.5, 1.0), (-0.06, -0.03, 0.0, 0.0, 0.03, 0.06)
FLOW_RANGE_FRAC = (0.45, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class InletDays:
    """What the sensors said every five minutes, columns `equipment.quantity`, and the site as it stands at the end."""

    loaded: LoadedSite
    frame: pd.DataFrame
    site: SimulatedSite
    tripped: tuple[str, datetime, datetime]  # which CRAH, from when until when

    @property
    def planned_from(self) -> datetime:
        """When the planned setpoints begin."""
        return START + SETTLING + LEARNED + PRACTICE


class Surging(Synthetic):
    """Ordinary days with a surge of work that builds up over two hours and stays as long."""

    def __init__(self, loaded: LoadedSite, seed: int, begins: datetime) -> None:
        super().__init__(loaded.site, Hidden(seed))
        self._begins = begins

    def demand(self, pool: str, time: datetime) -> float:
        """Return a pool's demand at a time."""
        up = (time - self._begins) / SURGE_RAMP
        return min(super().demand(pool, time) + SURGE_FRAC * max(min(up, 1.0, 3.0 - up), 0.0), 0.98)

    def outdoors(self, time: datetime) -> Outdoors:
        """Return the outdoor air at a time."""
        return super().outdoors(time)


class Plan:
    """Setpoints of halls and loops, one move an hour, drawn from a seed."""

    def __init__(self, loaded: LoadedSite, seed: int) -> None:
        self._site, self._draw = loaded.site, random.Random(f"{seed}/plan")
        self._now: dict[Key, float] = {}
        self._moving: dict[Key, float] = {}
        self._hour: datetime | None = None
        self._hours = 0

    def at(self, time: datetime, in_force: Mapping[Key, float]) -> Mapping[Key, float]:
        """Return the setpoints at a time; the first hour starts from those in force."""
        hour = time.replace(minute=0, second=0, microsecond=0)
        if hour != self._hour:
            self._hour, self._moving, self._hours = hour, dict(self._now or in_force), self._hours + 1
            self._now = {}
            for hall in self._site.halls:
                self._move_hall(hall)
            for loop in self._site.liquid_loops:
                self._move_loop(loop)
        return self._now

    def _move_hall(self, hall: Hall) -> None:
        bold = BOLD_HOURS[0] <= self._hours <= BOLD_HOURS[1]
        warmer_k = self._draw.choice(BOLD_MOVES_K if bold else SUPPLY_MOVES_K)
        faster_frac = self._draw.choice(BOLD_MOVES_FRAC if bold else FAN_MOVES_FRAC)
        for crah in self._site.crahs:
            if crah.hall == hall.id:
                self._move((crah.id, SUPPLY_AIR), warmer_k, BOLD_SUPPLY_DEGC if bold else SUPPLY_RANGE_DEGC)
                self._move((crah.id, FAN_SPEED), faster_frac, BOLD_FAN_FRAC if bold else FAN_RANGE_FRAC)

    def _move_loop(self, loop: LiquidLoop) -> None:
        warmer_k, faster_frac = self._draw.choice(LOOP_MOVES_K), self._draw.choice(FLOW_MOVES_FRAC)
        for cdu in loop.cdus:
            self._move((cdu.id, LOOP_SUPPLY), warmer_k, (loop.supply_min_degc + 2.0, loop.supply_max_degc - 2.0))
            low, high = (share * cdu.rated_flow_lps for share in FLOW_RANGE_FRAC)
            self._move((cdu.id, LOOP_FLOW), faster_frac * cdu.rated_flow_lps, (low, high))

    def _move(self, key: Key, by: float, within: tuple[float, float]) -> None:
        self._now[key] = min(max(self._moving[key] + by, within[0]), within[1])


def simulate(name: str, seed: int) -> InletDays:
    """Run an example site through its days."""
    loaded = load_site(SITES / f"{name}.yaml")
    planned_from = START + SETTLING + LEARNED + PRACTICE
    surroundings = Surging(loaded, seed, planned_from + SURGE_AFTER)
    site = SimulatedSite(loaded.site, seed, START, surroundings=surroundings, operators=False)
    tripped = (loaded.site.crahs[1].id, planned_from + TRIP_AFTER, planned_from + TRIP_AFTER + TRIP_FOR)
    crah, begins, ends = tripped
    site.faults.schedule(Spell(crah, Call(Fault.TRIP), begins.timestamp(), ends.timestamp()))
    practice, plan = GoodPractice(loaded), Plan(loaded, seed)
    times, said = [], []
    while site.time < planned_from + PLANNED:
        measured = site.measured()
        setpoints = practice.decide(site.time, measured)
        if site.time >= planned_from:  # water and the rest go on as they do
            setpoints = {**setpoints, **plan.at(site.time, site.setpoints.values())}
        put(site, setpoints)
        if site.time >= START + SETTLING:
            times.append(site.time)
            said.append(measured)
        site.step(STEP.total_seconds())
    frame = pd.DataFrame([{f"{key[0]}.{key[1]}": value for key, value in row.items()} for row in said])
    return InletDays(loaded, frame.set_index(pd.DatetimeIndex(times)), site, tripped)


def put(site: SimulatedSite, setpoints: Mapping[Key, float]) -> None:
    """Write setpoints; what a controller refuses stays as it was."""
    for key, value in setpoints.items():
        try:
            site.set(*key, value)
        except SetpointRefusedError:
            continue
