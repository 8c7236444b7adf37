"""The judge: watches an arm's run from the plant's truth, minute by minute, and gives its figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from facility.records import FloatArray
from tools.closed_loop import limits, money, wear
from tools.closed_loop.case import Case
from tools.closed_loop.observed import Observed
from tools.closed_loop.plant import Key, Truth
from tools.closed_loop.result import Cost, RunResult
from tools.closed_loop.write_counts import WriteCounts

UNSERVED_SERVER_H = 1e-6  # in a minute; below this it is rounding


class Judge:
    """A `drive.Watcher`. Attach it where the judged span begins: what happens before is not its business.

    Parameters
    ----------
    case
        What the arms share.
    month_peak_kw
        Highest mean power of a demand window in this month before the run, the same for every arm.
    """

    def __init__(self, case: Case, month_peak_kw: float) -> None:
        self._case, self._site, self._paid_kw = case, case.loaded.site, month_peak_kw
        self._observed, self._writes = Observed(self._site), WriteCounts(self._site)

    def saw(self, truth: Truth, seconds: float) -> None:
        """Take in the truth at the end of so many seconds.

        Raises
        ------
        ValueError
            At the first one, if the plant stores energy in something that the site does not have.
        """
        if not len(self._observed):
            money.check_stores(self._site, truth.stored_kwh)
        self._observed.add(truth, seconds)

    def wrote(self, time: datetime, key: Key, before: float | None, after: float) -> None:
        """Take in that a setpoint changed."""
        self._writes.wrote(time, key, before, after)

    def refused(self, time: datetime, key: Key, value: float, reason: str) -> None:  # noqa: ARG002 (as the protocol has it)
        """Take in that the plant refused a setpoint."""
        self._writes.refused += 1

    def result(
        self, *, begin: Truth, end: Truth, plan_seconds: Sequence[float] = (), plans_failed: int = 0
    ) -> RunResult:
        """Return the run's figures.

        Parameters
        ----------
        begin, end
            The truth where the judge was attached, and at the end: counters and stores count by their difference.
        plan_seconds
            How long each plan took; empty for an arm that does not plan.
        plans_failed
            How many plans were not found.

        Raises
        ------
        ValueError
            If nothing was seen.
        """
        if not len(self._observed):
            raise ValueError("the judge saw nothing: give it to the drive as a watcher before the run")
        changes = self._mode_changes(begin)
        energy = self._energy()
        return RunResult(
            **energy,
            **self._limits(begin),
            **_counted(begin, end),
            cost=self._cost(begin, end, changes, energy["pue"]),
            setpoint_moves=self._writes.moves,
            writes_per_point_day_max=self._writes.per_point_day_max,
            mode_changes=int(changes.sum()),
            refused_writes=self._writes.refused,
            plan_seconds_mean=float(np.mean(plan_seconds)) if len(plan_seconds) else None,
            plan_seconds_max=float(np.max(plan_seconds)) if len(plan_seconds) else None,
            plans_failed=plans_failed,
        )

    def _energy(self) -> dict[str, Any]:
        _, seconds, facility_kw, it_kw, cooling_kw, solar_kw, _, _ = self._observed.scalars()
        hours = seconds / 3600.0
        energy_kwh, it_kwh = float(facility_kw @ hours), float(it_kw @ hours)
        return {
            "energy_kwh": energy_kwh,
            "it_energy_kwh": it_kwh,
            "cooling_energy_kwh": float(cooling_kw @ hours),
            "carbon_kgco2": money.carbon_kg(facility_kw * hours, self._market()[1]),
            # What panels behind the meter give is used here too.
            "pue": (energy_kwh + float(solar_kw @ hours)) / it_kwh if it_kwh else 0.0,
        }

    def _cost(self, begin: Truth, end: Truth, mode_changes: FloatArray, pue: float) -> Cost:
        ends_s, seconds, facility_kw, *_ = self._observed.scalars()
        prices, carbon = self._market()
        tariff, carbon_price = self._site.tariff, self._site.carbon.price_per_tonne * 1e-6
        meter_kwh = facility_kw * seconds / 3600.0
        typical_price = float(np.average(prices + carbon * carbon_price, weights=seconds))
        worn_kwh = (
            self._writes.moved_kwh
            + wear.start_kwh(self._site) * (end.chiller_starts - begin.chiller_starts)
            + float(mode_changes @ np.array(wear.mode_kwh(self._site))[: len(mode_changes)])
        )
        discharged_kwh = end.battery_throughput_kwh - begin.battery_throughput_kwh
        return Cost(
            energy_cost=money.energy_cost(tariff, meter_kwh, prices),
            demand_charge_cost=money.demand_charge(self._case, ends_s, seconds, meter_kwh, self._paid_kw),
            carbon_cost=money.carbon_kg(meter_kwh, carbon) * carbon_price * 1000.0,
            water_cost=(end.water_l - begin.water_l) / 1000.0 * self._site.water.price_per_m3,
            wear_cost=worn_kwh * abs(typical_price) + wear.battery_cost(self._site, discharged_kwh),
            sla_cost=money.sla_cost(self._site, begin, end),
            final_state_cost=money.final_state_cost(self._site, begin, end, typical_price, pue),
        )

    def _limits(self, begin: Truth) -> dict[str, Any]:
        site, minutes = self._site, self._observed.scalars()[1] / 60.0
        inlet, racks = self._observed.array("inlet_degc"), limits.RackLimits.of(site)
        dew_point, loops = self._observed.array("dew_point_degc"), self._observed.array("loop_supply_degc")
        humidity = self._observed.array("relative_humidity_frac")
        unserved, exposed = self._observed.scalars()[6:]
        newly = np.diff(unserved, prepend=begin.work_asked_server_h - begin.work_done_server_h)
        return {
            "recommended_degree_minutes": limits.degree_minutes_above(inlet, racks.recommended_max_degc, minutes),
            "below_recommended_degree_minutes": limits.degree_minutes_below(inlet, racks.recommended_min_degc, minutes),
            "allowable_minutes": limits.minutes_outside(
                inlet, racks.allowable_min_degc, racks.allowable_max_degc, minutes
            ),
            "dew_point_minutes": limits.humid_minutes(site, dew_point, humidity, minutes)
            + limits.condensing_minutes(site, loops, dew_point, minutes),
            "ramp_violations": limits.ramp_violations(
                np.concatenate([[begin.inlet_degc], inlet]), racks.rate_max_k_per_h, float(np.median(minutes))
            ),
            "liquid_limit_minutes": limits.liquid_minutes(site, loops, minutes),
            "n_plus_1_minutes": float(exposed @ minutes),
            "sla_violations": float((newly > UNSERVED_SERVER_H) @ minutes),
        }

    def _market(self) -> tuple[FloatArray, FloatArray]:
        """Return price and carbon of each minute, as they were when it began."""
        ends_s, seconds, *_ = self._observed.scalars()
        market = self._case.market
        index = [market.index(datetime.fromtimestamp(start, UTC)) for start in ends_s - seconds]
        return market.price_per_kwh[index], market.gco2_per_kwh[index]

    def _mode_changes(self, begin: Truth) -> FloatArray:
        modes = self._observed.array("economizer_mode")
        if not modes.shape[1]:
            return np.zeros(0)
        return np.asarray((np.diff(modes, axis=0, prepend=[begin.economizer_mode]) != 0.0).sum(axis=0), dtype=float)


def _counted(begin: Truth, end: Truth) -> dict[str, Any]:
    asked = end.work_asked_server_h - begin.work_asked_server_h
    done = end.work_done_server_h - begin.work_done_server_h
    return {
        "water_l": end.water_l - begin.water_l,
        "work_done_share": done / asked if asked else 1.0,
        "work_done_server_h": done,
        "deadline_misses": end.deadline_misses_kwh - begin.deadline_misses_kwh,
        "heat_delivered_kwh": end.heat_delivered_kwh - begin.heat_delivered_kwh,
        "chiller_starts": end.chiller_starts - begin.chiller_starts,
        "deferrable_kwh": end.deferrable_kwh - begin.deferrable_kwh,
        "backlog_gained_kwh": end.stored_kwh.get(money.BACKLOG, 0.0) - begin.stored_kwh.get(money.BACKLOG, 0.0),
    }
