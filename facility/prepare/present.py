"""Everything a plan needs at a time, from a site's readings, signals and models."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from facility.learn.liquid_frac import as_learned
from facility.learn.twin import Learned, plant_models
from facility.plan.inputs import PlanInputs
from facility.ports import ForecastArchive, Signals, Telemetry
from facility.prepare.cold_racks import remembering_cold_racks
from facility.prepare.hot_racks import remembering_hot_racks
from facility.prepare.mode_history import breathing_as_measured
from facility.prepare.out_of_order import as_reported
from facility.prepare.plan_inputs import plan_inputs
from facility.prepare.situation import dew_points_degc, mean_dew_points_degc, read_situation
from facility.records import Plan
from facility.site_file import LoadedSite
from facility.workload import Job


def inputs_at(
    loaded: LoadedSite,
    telemetry: Telemetry,
    signals: Signals,
    learned: Learned,
    at: datetime,
    *,
    archive: ForecastArchive | None,
    correlation_id: str,
    jobs: Sequence[Job] = (),
    last_plan: Plan | None = None,
) -> PlanInputs:
    """Return the inputs of a plan that is made at a time; the forecasts in them are kept in the archive, if there is one.

    Their site's racks give to liquid what was learned that they do.

    Raises
    ------
    facility.errors.NotEnoughDataError, facility.errors.SignalError, facility.errors.PlanError
        When a plan cannot be made.
    """
    loaded = as_reported(as_learned(loaded, learned.liquid_frac), telemetry, at)
    situation = read_situation(loaded, telemetry, at)
    highest, mean = dew_points_degc(loaded, situation), mean_dew_points_degc(loaded, situation)
    plants = plant_models(loaded, learned, at, highest, mean)
    plants = remembering_cold_racks(loaded, telemetry, at, remembering_hot_racks(loaded, telemetry, at, plants))
    plants = breathing_as_measured(plants, situation)
    return plan_inputs(
        loaded,
        situation,
        plants,
        learned,
        telemetry=telemetry,
        signals=signals,
        archive=archive,
        correlation_id=correlation_id,
        jobs=jobs,
        last_plan=last_plan,
    )
