"""A day modelled twice at the weather and load that it had: as the plan would have run it, and as it was run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from facility.backtest.as_done import decisions_as_done
from facility.backtest.as_it_was import inputs_as_it_was
from facility.backtest.day_plan import DayPlan
from facility.backtest.measured import Measured
from facility.backtest.recorded import Recorded
from facility.backtest.signals_then import Basis
from facility.learn.twin import Learned
from facility.plan.baseline import carried_out
from facility.plan.case import ItCase
from facility.plan.decisions import WORK_VALUE, decisions_of
from facility.plan.simulate import Simulation, simulate
from facility.plan.verify import violations
from facility.records import CostBreakdown, LimitShortfall, Plan


@dataclass(frozen=True, slots=True, eq=False)
class DayJudged:
    """What a plan would have saved in its window by the models; energies in kWh at the meter.

    Attributes
    ----------
    measured_kwh, as_done_kwh
        By the meter, and by the models at the states that were in force: economizer mode, chillers, leaving water and supply
        air. Within a state the models have fans, pumps and towers at their best.
    beyond_kwh
        What was measured beyond the models, from the steps that were measured: fans and towers run at less than their best, or an
        error of the models.
    saving_kwh, saving_cost, saving_kgco2
        As done less as planned, both by the models; what the plan leaves to be done or charged later is counted. Cost is
        energy, demand, carbon and terminal values, as in a plan.
    extrapolated_frac, extrapolated_saving_kwh
        Share of the plan's steps outside what history has shown, and the part of the saving in them.
    extrapolated_half_width_kwh, own_half_width_kwh
        Half of the models' own 90 % intervals of the plan's power, as if steps erred together: in such steps, and in all.
    cost_per_kwh, kgco2_per_kwh
        Means of the window, which give widths in money and carbon.
    plan_outside, done_outside
        Steps that the models call impossible within the limits: of the plan at the load there was, and of what was done.
    shortfalls
        Limits that the plan as it was made would have broken, by the models; plants then were left to their local controls.
    """

    plan: Plan
    end: datetime
    measured_kwh: float
    as_done_kwh: float
    beyond_kwh: float
    saving_kwh: float
    saving_cost: float
    saving_kgco2: float
    extrapolated_frac: float
    extrapolated_saving_kwh: float
    extrapolated_half_width_kwh: float
    own_half_width_kwh: float
    cost_per_kwh: float
    kgco2_per_kwh: float
    plan_outside: int
    done_outside: int
    shortfalls: tuple[LimitShortfall, ...]
    models: str
    basis: Mapping[str, Basis]
    notes: tuple[str, ...]

    @property
    def start(self) -> datetime:
        """Begin of the plan."""
        return self.plan.start

    @property
    def hours(self) -> float:
        """Length of the window."""
        return (self.end - self.start).total_seconds() / 3600.0


def judge(day: DayPlan, recorded: Recorded, learned: Learned) -> DayJudged:
    """Judge a plan by what was measured in its window, with models that may know more than it did.

    Raises
    ------
    facility.errors.NotEnoughDataError
        Naming what was not measured.
    facility.errors.SignalError
        If prices or carbon intensities do not reach so far.
    """
    loaded = recorded.loaded
    measured = Measured(loaded, recorded.telemetry, day.inputs.start, day.end)
    meter_kw = measured.mean(f"{loaded.site.electrical.main_meter}.power_kw")
    it = ItCase.of(inputs_as_it_was(day, measured, recorded, learned))
    inputs = it.inputs
    planned = decisions_of(inputs, {key: values[: inputs.steps] for key, values in day.plan.schedule.items()})
    done, notes = decisions_as_done(it, measured, planned)
    value = day.plan.schedule[WORK_VALUE][0]
    asked_run, done_run = simulate(it, planned, value), simulate(it, done, value)
    (plan_run,) = carried_out([(it, planned)], value)
    owed_kwh = _owed_kwh(it, plan_run, done_run)
    unseen = np.any([run.response.extrapolated for run in plan_run.plants.values()], axis=0)
    kgco2_per_kwh = float(inputs.carbon_gco2_per_kwh.mean()) / 1000.0
    return DayJudged(
        plan=day.plan,
        end=day.end,
        measured_kwh=float(meter_kw.sum() * inputs.step_h),
        as_done_kwh=done_run.cost.energy_kwh,
        beyond_kwh=float((meter_kw - done_run.site_kw)[measured.known].mean() * inputs.steps * inputs.step_h),
        saving_kwh=done_run.cost.energy_kwh - plan_run.cost.energy_kwh - owed_kwh,
        saving_cost=_bill(done_run.cost) - _bill(plan_run.cost),
        saving_kgco2=done_run.cost.carbon_kg - plan_run.cost.carbon_kg - owed_kwh * kgco2_per_kwh,
        extrapolated_frac=float(unseen.mean()),
        extrapolated_saving_kwh=float((done_run.site_kw - plan_run.site_kw)[unseen].sum() * inputs.step_h),
        extrapolated_half_width_kwh=float(plan_run.half_width_kw[unseen].sum() * inputs.step_h),
        own_half_width_kwh=float(plan_run.half_width_kw.sum() * inputs.step_h),
        cost_per_kwh=float(inputs.full_price_per_kwh.mean()),
        kgco2_per_kwh=kgco2_per_kwh,
        plan_outside=_outside(asked_run),
        done_outside=_outside(done_run),
        shortfalls=tuple(violations(it, asked_run)),
        models=day.models,
        basis=day.basis,
        notes=(*notes, *_gaps(measured)),
    )


def _gaps(measured: Measured) -> list[str]:
    gaps = int((~measured.known).sum())
    return [f"{gaps} of {len(measured.known)} steps not measured in full"] if gaps else []


def _bill(cost: CostBreakdown) -> float:
    """Return a cost without wear: how measured setpoints wander from step to step is no decision."""
    return cost.total_cost - cost.wear_cost


def _owed_kwh(it: ItCase, plan_run: Simulation, done_run: Simulation) -> float:
    """Return what the plan will have to draw later because it did less work, or left less in batteries, than was done."""
    ratio = float(done_run.site_kw.sum() / done_run.it_kw.sum())
    done_kw, planned_kw = (sum(run.decisions.work_kw[name].sum() for name in it.works) for run in (done_run, plan_run))
    owed = it.inputs.step_h * (done_kw - planned_kw) * ratio
    for name, battery in it.batteries.items():
        stored = [battery.course_kwh(run.decisions.charge_kw[name])[-1] for run in (plan_run, done_run)]
        owed += (stored[1] - stored[0]) * battery.battery.discharge_efficiency_frac
    return float(owed)


def _outside(run: Simulation) -> int:
    feasible: npt.NDArray[np.bool_] = np.all([plant.response.feasible for plant in run.plants.values()], axis=0)
    return int((~feasible).sum())
