"""Plan after plan over days: each made from what is known by then, carried out until the next, and followed between the two."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from facility.plan.bases import Bases
from facility.plan.decisions import CHARGE
from facility.plan.decisions import WORK as WORK_COMMAND
from facility.plan.inputs import PlanInputs
from facility.plan.planner import make_plan
from facility.prepare.demand import demand_ahead, month_peak_kw
from facility.prepare.setpoint_log import SetpointLog
from facility.prepare.tracking import Memory, track_inputs
from facility.records import FloatArray, Plan
from facility.signals.outlook import CARBON, PRICE, SiteSignals
from facility.site_file import LoadedSite
from facility.track.correct import Tracker
from models.load_forecast import LoadForecaster
from tools.bench.shifting_bound import FIRST_STORED_FRAC, STEP_H, Days, Operation
from tools.bench.shifting_market import DayAhead
from tools.bench.shifting_site import BATTERY, HALL, HELD, METER, PLANT, WORK, EvenPlant
from tools.closed_loop.memory_telemetry import MemoryTelemetry

TICK = timedelta(minutes=5)
STEP = timedelta(hours=STEP_H)
_TICKS = STEP // TICK
_MOMENT = timedelta(seconds=1)  # a tick's mean is read just before its end


@dataclass(slots=True)
class Stock:
    """What is in the battery, and what work waits [kWh]."""

    stored_kwh: float
    backlog_kwh: float = 0.0


@dataclass(eq=False)
class Roll:
    """Days lived through by the product's plans.

    `it_ticks_kw` is the IT power, five minutes a value, from `before` the days on: what was before is known when they begin.
    Without `market` prices are those of the tariff. `follow`: between two plans the fast layer corrects, each five minutes.
    """

    loaded: LoadedSite
    days: Days
    it_ticks_kw: FloatArray
    before: timedelta
    plan_every: timedelta = timedelta(hours=1)
    follow: bool = False
    market: DayAhead | None = None
    telemetry: MemoryTelemetry = field(init=False)
    stock: Stock = field(init=False)

    def __post_init__(self) -> None:
        self.telemetry = MemoryTelemetry(self.loaded.points, self.loaded.revision)
        self.stock = Stock(FIRST_STORED_FRAC * self.days.battery.energy_kwh)
        self._bases, self._tracker = Bases(), Tracker()
        self._plan: Plan | None = None
        self._arriving_kwh = self.days.arriving_kwh
        self._memory = Memory(SetpointLog(self.loaded))
        begin, ticks = self.days.start - self.before, self.before // TICK
        self._it_history = pd.Series(self.it_ticks_kw, pd.date_range(begin, periods=len(self.it_ticks_kw), freq=TICK))
        earlier = replace(self.days, start=begin, it_kw=np.zeros(ticks // _TICKS))
        came_kw = earlier.arriving_kwh / STEP_H
        for tick in range(ticks):
            work_kw = float(came_kw[tick // _TICKS])
            self._meter(begin + tick * TICK, float(self.it_ticks_kw[tick]), 0.0, work_kw)

    def run(self) -> Operation:
        """Return what was done, quarter by quarter."""
        steps = len(self.days.it_kw)
        charge_kw, work_kw = np.zeros(steps * _TICKS), np.zeros(steps * _TICKS)
        for tick in range(steps * _TICKS):
            at = self.days.start + tick * TICK
            if tick % (self.plan_every // TICK) == 0:
                self._plan = self._made(at)
            charge_kw[tick], work_kw[tick] = self._carried_out(at, tick)
        charged, discharged, work = (
            one.reshape(-1, _TICKS).mean(axis=1)
            for one in (np.maximum(charge_kw, 0.0), np.maximum(-charge_kw, 0.0), work_kw)
        )
        return Operation(charged, discharged, work)

    def _made(self, at: datetime) -> Plan:
        loaded, steps = self.loaded, round(self.loaded.site.planning.horizon_h / STEP_H)
        if self.market is not None:
            self.market.fetched(at)
        signals = SiteSignals(loaded, self.telemetry, None if self.market is None else self.market.archive)
        price, carbon = (signals.forecast(one, at, at, steps, STEP).values for one in (PRICE, CARBON))
        even = np.full(steps, 15.0)
        so_far_kw = month_peak_kw(loaded, self.telemetry, at) or 0.0
        to_come_kw, ready = demand_ahead(loaded, self.telemetry, at, so_far_kw, steps)
        inputs = PlanInputs(
            site=loaded.site,
            site_revision=loaded.revision,
            model_version="even",
            correlation_id="bench",
            created=at,
            start=at,
            plants=[EvenPlant()],
            plants_now={PLANT: HELD},
            outdoor_degc=even,
            wet_bulb_degc=even,
            it_power_kw={HALL: self._load_kw(at, steps)},
            price_per_kwh=price,
            carbon_gco2_per_kwh=carbon,
            state_of_charge_frac={BATTERY: self.stock.stored_kwh / self.days.battery.energy_kwh},
            backlog_kwh={WORK: self.stock.backlog_kwh},
            month_peak_kw=so_far_kw,
            expected_peak_kw=to_come_kw,
            ready_kwh=ready.kwh,
            ready_price_per_kwh_h=ready.price_per_kwh_h,
            in_force=self._plan,
        )
        return make_plan(inputs, self._bases).plan

    def _load_kw(self, at: datetime, steps: int) -> FloatArray:
        """Return the load as the product foretells it from the last four weeks."""
        history = self._it_history[(self._it_history.index >= at - timedelta(days=28)) & (self._it_history.index < at)]
        quarters = history.resample(STEP).mean()
        forecaster = LoadForecaster(round(STEP / timedelta(minutes=1)), steps).fit(quarters)
        return forecaster.predict(pd.Timestamp(at), quarters.iloc[-8:], steps).values

    def _carried_out(self, at: datetime, tick: int) -> tuple[float, float]:
        """Do what the plan says, as it was corrected, within what the battery can; return its power and that of work."""
        plan = self._plan
        assert plan is not None
        step = (at - plan.start) // STEP
        charge_kw = plan.schedule[f"{BATTERY}.{CHARGE}"][step]
        work_kw = plan.schedule[f"{WORK}.{WORK_COMMAND}"][step]
        if self.follow:
            found = self._tracker.correct(track_inputs(self.loaded, self.telemetry, plan, self._memory, at)).setpoints()
            charge_kw = found.get(f"{BATTERY}.{CHARGE}", charge_kw)
            work_kw = found.get(f"{WORK}.{WORK_COMMAND}", work_kw)
        charge_kw, work_kw = self._possible(charge_kw, work_kw, tick)
        self._meter(at, float(self.it_ticks_kw[self.before // TICK + tick]), charge_kw, work_kw)
        return charge_kw, work_kw

    def _possible(self, charge_kw: float, work_kw: float, tick: int) -> tuple[float, float]:
        """Return powers that leave the battery neither below empty nor above full, and do no work before it comes; keep stock."""
        battery, hours = self.days.battery, TICK / timedelta(hours=1)
        room_kw = (battery.energy_kwh - self.stock.stored_kwh) / hours / battery.charge_efficiency_frac
        left_kw = self.stock.stored_kwh / hours * battery.discharge_efficiency_frac
        charge_kw = min(max(charge_kw, -battery.power_kw, -left_kw), battery.power_kw, room_kw)
        came_kwh = float(self._arriving_kwh[tick // _TICKS]) / _TICKS
        work_kw = min(max(work_kw, 0.0), (self.stock.backlog_kwh + came_kwh) / hours, self.days.work.max_power_kw)
        kept = battery.charge_efficiency_frac if charge_kw > 0.0 else 1.0 / battery.discharge_efficiency_frac
        self.stock.stored_kwh += hours * charge_kw * kept
        self.stock.backlog_kwh += came_kwh - hours * work_kw
        return charge_kw, work_kw

    def _meter(self, at: datetime, it_kw: float, charge_kw: float, work_kw: float) -> None:
        measured = {
            (METER, "power_kw"): float(replace(self.days, it_kw=np.array(it_kw)).meter_kw(charge_kw, work_kw)),
            (BATTERY, "charge_power_kw"): charge_kw,
            (BATTERY, CHARGE): charge_kw,
            (BATTERY, "state_of_charge_frac"): self.stock.stored_kwh / self.days.battery.energy_kwh,
            (WORK, "deferrable_power_kw"): work_kw,
            (WORK, WORK_COMMAND): work_kw,
            (WORK, "deferrable_backlog_kwh"): self.stock.backlog_kwh,
        }
        self.telemetry.record(at + TICK - _MOMENT, measured)
