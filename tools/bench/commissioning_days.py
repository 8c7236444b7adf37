"""Commissioning of a simulated site: constant setpoints, rounds of tries that the product proposes, and what the plant itself does.

Nobody operates the site but an engineer who approves everything and writes as fast as the site file allows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from facility.learn.learned import load_learned
from facility.learn.model_store import ModelStore
from facility.learn.training import train_site
from facility.points import PointIndex
from facility.prepare.commissioning import campaign_at
from facility.prepare.commissioning_effects import Effect
from facility.records import FloatArray
from facility.site_file import LoadedSite
from models.commissioning.campaign import Campaign, Step
from tools.bench.inlet_days import put
from tools.closed_loop.baselines import as_commissioned
from tools.closed_loop.dispatcher import allowed
from tools.closed_loop.memory_telemetry import MemoryTelemetry
from tools.closed_loop.plant import Key
from tools.simulated_site import SimulatedSite
from tools.simulated_site.faults import Fault

STEP = timedelta(minutes=5)
SETTLING, CONSTANT = timedelta(days=1), timedelta(days=3)
NOTICE = timedelta(hours=1)
MOST_ROUNDS = 3
STEADY_AFTER, MEASURED_FOR = timedelta(hours=2), timedelta(hours=1)
LOST_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Try:
    """Points that go to a value, when they begin to move, and when they start back."""

    points: tuple[str, ...]
    value: float
    begins: datetime
    ends: datetime


@dataclass(slots=True)
class Operator:
    """Holds the setpoints of the day that the plant was handed over, and carries out tries as fast as may be written."""

    points: PointIndex
    fixed: Mapping[Key, float]
    tries: Sequence[Try] = ()
    _written: dict[Key, tuple[datetime, float]] = field(default_factory=dict)

    def setpoints(self, time: datetime) -> dict[Key, float]:
        """Return what to put in force now."""
        wanted = dict(self.fixed)
        for one in self.tries:
            if one.begins <= time < one.ends:
                found = (self.points[point] for point in one.points)
                wanted |= {(point.equipment, point.quantity): one.value for point in found}
        return {key: self._towards(key, value, time) for key, value in wanted.items()}

    def _towards(self, key: Key, value: float, time: datetime) -> float:
        point = self.points.one(*key)
        last, now = self._written.get(key, (None, self.fixed[key]))
        if point is None or point.writable is None:
            return now
        target = allowed(point, now, value)
        if target is None or (last is not None and time - last < timedelta(seconds=point.writable.min_interval_s)):
            return now
        self._written[key] = (time, target)
        return target


@dataclass(slots=True)
class CommissionedSite:
    """A site, its readings, and how it was commissioned.

    Attributes
    ----------
    rounds
        The campaigns that were carried out.
    over_k
        By step of five minutes, the hottest true inlet of each hall above its limit (n, halls).
    lost_over_k
        The same within an hour after a CRAH stops, worst of a hall's CRAHs: at the end of each try that warms a hall.
    lost_untried_over_k
        The same of each hall while nothing is tried.
    """

    loaded: LoadedSite
    site: SimulatedSite
    readings: MemoryTelemetry
    operator: Operator
    rounds: list[Campaign] = field(default_factory=list)
    over_k: list[FloatArray] = field(default_factory=list)
    lost_over_k: list[float] = field(default_factory=list)
    lost_untried_over_k: list[float] = field(default_factory=list)

    @property
    def days(self) -> float:
        """How long the tries took."""
        return (self.site.time - self.rounds[0].steps[0].begins) / timedelta(days=1) if self.rounds else 0.0

    def run(self, until: datetime) -> None:
        """Let the engineer work, and keep what is measured."""
        while self.site.time < until:
            measured = self.site.measured()
            put(self.site, self.operator.setpoints(self.site.time))
            self.readings.record(self.site.time, measured)
            self.site.step(STEP.total_seconds())
            self.over_k.append(self.now_over_k())

    def now_over_k(self) -> FloatArray:
        """Return how far the hottest true inlet of each hall is above its limit."""
        values, halls = self.site.values(), self.loaded.site.halls
        hottest = [max(values[rack.id, "inlet_temperature_degc"] for rack in hall.racks) for hall in halls]
        return np.array(hottest) - [hall.limits.inlet_max_degc for hall in halls]

    def after_loss_over_k(self, hall: str) -> float:
        """Return how far a hall's hottest inlet gets within an hour after its worst CRAH stops; the site goes back."""
        site = self.loaded.site
        index = [one.id for one in site.halls].index(hall)
        return max(float(self._stopped(crah.id)[index]) for crah in site.crahs if crah.hall == hall)

    def _stopped(self, crah: str) -> FloatArray:
        before, worst = self.site.memory(), self.now_over_k()
        self.site.faults.call(crah, Fault.TRIP, now_s=self.site.time.timestamp())
        for _ in range(round(LOST_FOR / STEP)):
            self.site.step(STEP.total_seconds())
            worst = np.maximum(worst, self.now_over_k())
        self.site.recall(before)
        self.site.faults.call(crah, Fault.NONE, now_s=self.site.time.timestamp())
        return worst


def commission(loaded: LoadedSite, seed: int, start: datetime, models: ModelStore) -> CommissionedSite:
    """Run a site under constant setpoints, then carry out what the product proposes until it proposes no more."""
    found = constant_days(loaded, seed, start)
    train_site(loaded, found.readings, models, found.site.time)
    found.lost_untried_over_k = [found.after_loss_over_k(hall.id) for hall in loaded.site.halls]
    for _ in range(MOST_ROUNDS):
        now, learned = found.site.time, load_learned(models, loaded.site)
        campaign = campaign_at(loaded, found.readings, learned, now, now + NOTICE)
        if not campaign.steps:
            break
        _carry_out(found, campaign)
        train_site(loaded, found.readings, models, found.site.time)
    return found


def constant_days(loaded: LoadedSite, seed: int, start: datetime) -> CommissionedSite:
    """Return a site that has run under the setpoints of the day it was handed over."""
    site = SimulatedSite(loaded.site, seed, start, operators=False)
    operator = Operator(loaded.points, as_commissioned(loaded).setpoints)
    put(site, operator.fixed)
    while site.time < start + SETTLING:
        site.step(STEP.total_seconds())
    found = CommissionedSite(loaded, site, MemoryTelemetry(loaded.points, loaded.revision), operator)
    found.run(site.time + CONSTANT)
    return found


def _carry_out(found: CommissionedSite, campaign: Campaign) -> None:
    found.rounds.append(campaign)
    found.operator.tries = [_try(found.loaded, step) for step in campaign.steps]
    for step in campaign.steps:
        found.run(step.back_at - STEP)
        if step.room is not None and step.risk_k > 0:
            found.lost_over_k.append(found.after_loss_over_k(step.room.id))
        found.run(step.ends)
    found.run(found.site.time + STEADY_AFTER)


def _try(loaded: LoadedSite, step: Step) -> Try:
    points = (loaded.points.one(*column.split(".", maxsplit=1)) for column in step.lever.columns)
    return Try(tuple(point.id for point in points if point is not None), step.value, step.begins, step.back_at)


def true_effects(found: CommissionedSite, effects: Sequence[Effect]) -> Iterator[tuple[Effect, float, FloatArray]]:
    """Yield for each effect what the plant itself does: power at the meter [kW], and the hottest inlet of each hall [K]."""
    held_kw, held_k = _steady(found, {})
    in_force = found.site.setpoints.values()
    for effect in effects:
        keys = [(point.equipment, point.quantity) for point in map(found.loaded.points.__getitem__, effect.points)]
        moved_kw, moved_k = _steady(found, {key: in_force[key] + effect.after - effect.before for key in keys})
        yield effect, moved_kw - held_kw, moved_k - held_k


def _steady(found: CommissionedSite, setpoints: Mapping[Key, float]) -> tuple[float, FloatArray]:
    """Return power at the meter and hottest inlets some hours after setpoints were moved; the site goes back to where it was."""
    site, meter = found.site, (found.loaded.site.electrical.main_meter, "power_kw")
    before = site.memory()
    put(site, setpoints)
    power_kw, hottest = [], []
    for step in range(round((STEADY_AFTER + MEASURED_FOR) / STEP)):
        site.step(STEP.total_seconds())
        if step * STEP >= STEADY_AFTER:
            power_kw.append(site.values()[meter])
            hottest.append(found.now_over_k())
    site.recall(before)
    return float(np.mean(power_kw)), np.asarray(np.mean(hottest, axis=0))
