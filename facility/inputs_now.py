"""The inputs of a plan made now: what is measured and expected, without what people lock out, with what is promised to the grid.

Measuring and expecting takes seconds, reading what is promised hardly any: where that changes, it alone is read again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from facility.environment import Environment
from facility.learn.learned import load_learned
from facility.plan.inputs import PlanInputs
from facility.ports import ForecastArchive, Telemetry
from facility.prepare.grid_commitments import Outlook, grid_commitments
from facility.prepare.locked_out import with_lock_outs
from facility.prepare.present import inputs_at
from facility.prepare.stood_in import notes_of
from facility.records import Plan
from facility.workload import Job


def inputs_now(
    environment: Environment,
    telemetry: Telemetry,
    last: Plan | None,
    correlation_id: str,
    *,
    archive: ForecastArchive | None,
    jobs: Sequence[Job] = (),
) -> PlanInputs:
    """Return the inputs from readings that are believed, with what is promised.

    Raises
    ------
    facility.errors.NotEnoughDataError, facility.errors.SignalError, facility.errors.PlanError
        When a plan cannot be made.
    """
    measured = measured_now(environment, telemetry, last, correlation_id, archive=archive, jobs=jobs)
    return with_promises(environment, telemetry, measured)


def measured_now(
    environment: Environment,
    telemetry: Telemetry,
    last: Plan | None,
    correlation_id: str,
    *,
    archive: ForecastArchive | None,
    jobs: Sequence[Job] = (),
) -> PlanInputs:
    """Return the inputs without what is promised; raises as `inputs_now`.

    Raises
    ------
    facility.errors.NotEnoughDataError, facility.errors.SignalError, facility.errors.PlanError
        When a plan cannot be made.
    """
    now = environment.clock.now()
    inputs = inputs_at(
        with_lock_outs(environment.loaded, environment.lock_outs, now),
        telemetry,
        environment.signals,
        load_learned(environment.models, environment.loaded.site),
        now,
        archive=archive,
        correlation_id=correlation_id,
        jobs=jobs,
        last_plan=last,
    )
    notes = [*notes_of(environment.stand_ins), *inputs.signal_notes]
    return replace(inputs, in_force=last, signal_notes=notes, kept_awake=environment.kept_awake)


def with_promises(environment: Environment, telemetry: Telemetry, inputs: PlanInputs) -> PlanInputs:
    """Return inputs with what is promised by now; the baseline of an accepted event is frozen where none is yet."""
    if environment.grid_events is None:
        return inputs
    now, plan_at = environment.clock.now(), environment.journal.plan_at
    outlook = Outlook(inputs.times, inputs.site.step, inputs.outdoor_degc, now, plan_at)
    held = grid_commitments(environment.loaded, telemetry, environment.grid_events, outlook)
    return replace(inputs, commitments=held)
