"""Batteries, work that may wait and servers as the fast layer takes them; what is not measured is left as planned, and named."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from facility.plan.decisions import AWAKE, CHARGE, WORK
from facility.plan.electrical import electrical_chain
from facility.plan.headroom import kept_ready
from facility.plan.jobs import due_margin_min
from facility.prepare.levers import Levers
from facility.site import Battery, DeferrableWork
from facility.track.inputs import HORIZON, Pool, Store, Work

_UNSURE_H = 0.1  # hours of full power: work comes a little otherwise than expected, and there is time to spare
_WHOLE = 1e-4  # servers; less above a whole number is noise


@dataclass(frozen=True, slots=True, eq=False)
class TrackedAssets:
    """Makes them."""

    levers: Levers
    notes: list[str] = field(default_factory=list)

    def stores(self) -> Iterator[Store]:
        """Yield the batteries that a plan moves; one that charges from photovoltaics alone follows the sun by itself."""
        behind, critical_kw = self._chain()
        for battery in self.levers.loaded.site.batteries:
            lever = self.levers.lever([battery.id], CHARGE)
            if lever is None or battery.charges_from != "any":
                continue
            charge = self._measured(battery.id, "state_of_charge_frac")
            if charge is not None:
                yield Store(
                    battery=battery,
                    lever=lever,
                    stored_kwh=charge * battery.energy_kwh,
                    reserve_kwh=critical_kw * battery.reserve_min / 60.0 / battery.discharge_efficiency_frac,
                    planned_end_kwh=battery.energy_kwh * self._planned_charge(battery),
                    meter_per_kw=behind,
                )

    def works(self) -> Iterator[Work]:
        """Yield the work that may wait."""
        for work in self.levers.loaded.site.deferrable_work:
            lever = self.levers.lever([work.id], WORK)
            if lever is None:
                continue
            backlog_kwh = self._measured(work.id, "deferrable_backlog_kwh")
            if backlog_kwh is not None:
                course = self.levers.course
                hours = np.arange(1, course.steps + 1) * (course.step / timedelta(hours=1))
                due_kwh = self._due_kwh(work, backlog_kwh) - _UNSURE_H * lever.high
                due_kwh = np.clip(due_kwh, 0.0, lever.high * hours)
                yield Work(work.id, lever, due_kwh, self._per_rack_kw())

    def pools(self) -> Iterator[Pool]:
        """Yield the pools that a plan moves and whose work is measured."""
        for pool in self.levers.loaded.site.server_pools:
            lever = self.levers.lever([pool.id], AWAKE)
            awake, used = (
                self.levers.values.get(f"{pool.id}.{name}") for name in ("awake_servers", "utilisation_frac")
            )
            if lever is not None and awake is not None and used is not None:
                needed = min(math.ceil(kept_ready(pool, awake * used) - _WHOLE), pool.servers)
                idle_kw = (pool.idle_w - pool.sleep_w) / 1000.0
                yield Pool(pool.id, lever, awake * used, float(needed), idle_kw * self._per_rack_kw())

    def _measured(self, equipment: str, quantity: str) -> float | None:
        value = self.levers.values.get(f"{equipment}.{quantity}")
        if value is None:
            self.notes.append(f"{equipment} is left as planned: {quantity} is not measured")
        return value

    def _planned_charge(self, battery: Battery) -> float:
        """Return the state of charge that the plan has at the end of the hour."""
        course, key = self.levers.course, f"{battery.id}.state_of_charge_frac"
        power_kw = course.plan.schedule[f"{battery.id}.{CHARGE}"][0]
        kept = battery.charge_efficiency_frac if power_kw > 0.0 else 1.0 / battery.discharge_efficiency_frac
        gained_kwh = power_kw * kept * (course.plan.step / timedelta(hours=1))
        first = course.plan.schedule[key][0] - gained_kwh / battery.energy_kwh
        return course.after_step(key, course.at + HORIZON, first)

    def _due_kwh(self, work: DeferrableWork, backlog_kwh: float) -> np.ndarray:
        """Return what has to be done by the end of each step so that none is late.

        The plan has work done some time before it is due: by so much, and no more, may it fall behind.
        """
        course, key, left = self.levers.course, f"{work.id}.{WORK}", f"{work.id}.deferrable_backlog_kwh"
        begin, margin = course.plan.start, timedelta(minutes=due_margin_min(work))
        first = course.plan.schedule[left][0] + course.done_kwh(key, begin + course.plan.step)
        done_kwh = course.after_step(left, course.at, first) + course.done_kwh(key, course.at) - backlog_kwh
        ends = (course.at + (number + 1) * course.step for number in range(course.steps))
        return np.array([course.done_kwh(key, end - margin) for end in ends]) - done_kwh

    def _chain(self) -> tuple[float, float]:
        """Return what a kW behind the transformer takes at the meter, and the critical load, the higher of planned and measured."""
        site, values = self.levers.loaded.site, self.levers.values
        chain = electrical_chain(site.electrical)
        planned_kw = float(self.levers.course.values("site.it_power_kw").max())
        rated = {hall.id: sum(rack.rated_kw for rack in hall.racks) for hall in site.halls}
        drawn = {}
        for hall in site.halls:
            measured_kw = sum(values.get(f"{rack.id}.power_kw", 0.0) for rack in hall.racks)
            drawn[hall.id] = np.array([max(measured_kw, planned_kw * rated[hall.id] / sum(rated.values()))])
        power = chain.power(drawn, np.zeros(1))
        load_kw = power.transformer_load_kw + np.array([0.0, 1.0])
        return 1.0 + float(np.diff(chain.transformer.loss_kw(load_kw))[0]), float(power.ups_output_kw[0])

    def _per_rack_kw(self) -> float:
        """Return what a kW at the racks takes at the meter, losses included; what cools it comes later and is left out."""
        ups = electrical_chain(self.levers.loaded.site.electrical).ups
        half_kw = 0.5 * ups.rated_kw
        return self._chain()[0] * (1.0 + float(ups.loss_kw(half_kw + 1.0) - ups.loss_kw(half_kw)))
