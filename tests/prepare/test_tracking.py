"""What the fast layer starts from: the plan, and what the last minutes were off it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from facility.corrections import Correction, Tracking
from facility.history.telemetry import TelemetryStore
from facility.prepare.setpoint_log import SetpointLog
from facility.prepare.tracking import Memory, track_inputs
from facility.promises import CommitmentKind, CommitmentOutcome
from facility.records import Plan
from facility.site_file import LoadedSite
from facility.track.inputs import TrackInputs
from tests.prepare.conftest import Course, write
from tests.prepare.following import START, plan_of

AT = START + timedelta(minutes=5)
MEASURED = {
    "utility.power_kw": 560.0,
    "battery-1.charge_power_kw": -20.0,
    "battery-1.state_of_charge_frac": 0.7,
    "batch.deferrable_power_kw": 20.0,
    "batch.deferrable_backlog_kwh": 40.0,
    "pool-air.awake_servers": 150.0,
    "pool-air.utilisation_frac": 0.9,
}


def inputs_of(demo: LoadedSite, store: TelemetryStore, plan: Plan, **measured: float | None) -> TrackInputs:
    known = MEASURED | {name.replace("__", ".").replace("_1", "-1", 1): value for name, value in measured.items()}
    values = {name: value for name, value in known.items() if value is not None}
    write(store, values, AT - timedelta(minutes=4), AT + timedelta(seconds=30), timedelta(minutes=1))
    return track_inputs(demo, store, plan, Memory(SetpointLog(demo)), AT)


def test_what_the_meter_was_off_the_plan_goes_on(demo: LoadedSite, store: TelemetryStore) -> None:
    """560 kW instead of 500, of which 30 are the battery's: it discharged less than planned. The rest persists."""
    inputs = inputs_of(demo, store, plan_of())
    (battery,) = inputs.stores
    assert battery.meter_per_kw == pytest.approx(1.0 + 2 * 0.009 * 0.42, abs=5e-3)
    assert inputs.grid.import_kw == pytest.approx(560.0 - 30.0 * battery.meter_per_kw, abs=0.1)
    assert battery.stored_kwh == pytest.approx(280.0)
    assert battery.planned_end_kwh == pytest.approx(300.0 - 50.0 / 0.95 * 65.0 / 60.0, abs=0.1)
    assert 55.0 < battery.reserve_kwh < 80.0  # ten minutes of some 390 kW
    assert (inputs.steps, len(inputs.grid.window_names)) == (12, 5)


def test_a_silent_meter_is_said_and_the_plan_stands(demo: LoadedSite, store: TelemetryStore) -> None:
    inputs = inputs_of(demo, store, plan_of(), utility__power_kw=None)
    assert inputs.grid.import_kw == pytest.approx(500.0)
    assert "utility is not measured: its limits are looked at as planned" in inputs.notes


def test_demand_counts_above_what_is_paid_or_accepted(demo: LoadedSite, store: TelemetryStore) -> None:
    earlier = START - timedelta(days=2)
    write(store, {"utility.power_kw": 540.0}, earlier, earlier + timedelta(minutes=15), timedelta(minutes=1))
    inputs = inputs_of(demo, store, plan_of())
    assert inputs.grid.demand_kw == pytest.approx(540.0)  # the month has seen it; the window that runs is not over
    assert inputs.grid.window_names[0] == "demand window 13:00"  # Berlin
    assert inputs.grid.window_known_kw[0] == pytest.approx(560.0 / 3.0)
    assert inputs.grid.window_share.sum(axis=1) == pytest.approx([2 / 3, 1.0, 1.0, 1.0, 1 / 3])
    assert inputs_of(demo, store, plan_of(700.0)).grid.demand_kw == 700.0


def test_windows_keep_free_what_the_last_step_of_one_may_add(demo: LoadedSite, store: TelemetryStore) -> None:
    """The load goes up and down by 2 kW each step; what the battery does beside it is no noise of the load."""

    def odd(at: datetime) -> bool:
        return at.minute // 5 % 2 == 1

    history: dict[str, Course] = {
        "utility.power_kw": lambda at: 502.0 + 30.0 if odd(at) else 500.0,
        "battery-1.charge_power_kw": lambda at: 30.0 if odd(at) else 0.0,
        "batch.deferrable_power_kw": 20.0,
    }
    write(store, history, AT - timedelta(hours=2), AT - timedelta(minutes=5), timedelta(minutes=5))
    grid = inputs_of(demo, store, plan_of()).grid
    assert grid.margin_kw == pytest.approx(4.5 * 2.0 / 3.0, rel=0.15)
    assert grid.window_known_kw[-1] == pytest.approx(2.0 / 3.0 * (grid.demand_kw - grid.margin_kw))  # beyond the hour


def test_caps_are_the_import_limit_and_what_was_promised(demo: LoadedSite, store: TelemetryStore) -> None:
    end = START + timedelta(minutes=35)
    kept = CommitmentOutcome("dr-1", CommitmentKind.IMPORT_CAP, START, end, 600.0, 500.0, 0.0, 0.0)
    grid = inputs_of(demo, store, plan_of(commitments=(kept,))).grid
    assert grid.cap_kw.tolist() == [600.0] * 6 + [900.0] * 6
    assert grid.cap_names == ("dr-1 commitment",) * 6 + ("import limit",) * 6


def test_the_target_of_a_reduction_is_its_frozen_baseline_less_the_promise(
    demo: LoadedSite, store: TelemetryStore
) -> None:
    """From 12:20, in steps of the plan from 12:15: what is kept begins there. Where the plan falls short, it is followed."""
    begins, end = START + timedelta(minutes=20), START + timedelta(minutes=60)
    baseline_kw = (625.0, 640.0, 550.0)  # the plan draws 500 kW: by the last one it promises 50 kW less, of 100
    reduced = CommitmentOutcome("dr-1", CommitmentKind.REDUCTION, begins, end, 100.0, 50.0, 12.5, 5.0, baseline_kw)
    grid = inputs_of(demo, store, plan_of(commitments=(reduced,))).grid
    assert grid.cap_kw.tolist() == [900.0] * 3 + [525.0] * 2 + [540.0] * 3 + [500.0] * 3 + [900.0]
    assert grid.cap_names[3] == "dr-1 commitment"


def test_a_plan_kept_without_its_baseline_is_followed_as_it_is(demo: LoadedSite, store: TelemetryStore) -> None:
    older = CommitmentOutcome(
        "dr-1", CommitmentKind.REDUCTION, START, START + timedelta(hours=1), 100.0, 130.0, 0.0, 0.0
    )
    assert inputs_of(demo, store, plan_of(commitments=(older,))).grid.cap_kw[0] == 500.0


def test_work_may_fall_behind_the_plan_by_the_time_it_has_to_spare(demo: LoadedSite, store: TelemetryStore) -> None:
    later = replace(plan_of(), start=START - timedelta(minutes=120))  # has done 125 min of 20 kW: 41.7 kWh
    assert inputs_of(demo, store, later).works[0].due_kwh == pytest.approx(0.0)
    behind = inputs_of(demo, store, later, batch__deferrable_backlog_kwh=70.0)
    assert behind.works[0].due_kwh[0] > 0.0
    assert behind.works[0].due_kwh[-1] == pytest.approx(30.0 - 3.6, abs=0.1)  # what it is behind
    assert np.all(np.diff(behind.works[0].due_kwh) >= 0.0)


def test_servers_that_the_work_of_now_needs(demo: LoadedSite, store: TelemetryStore) -> None:
    (pool,) = inputs_of(demo, store, plan_of()).pools
    assert pool.needed == 150 * 0.9 * 1.2
    assert pool.lever.planned[0] == 150.0


def test_what_is_not_measured_is_left_as_planned_and_named(demo: LoadedSite, store: TelemetryStore) -> None:
    inputs = inputs_of(demo, store, plan_of(), battery_1__state_of_charge_frac=None, batch__deferrable_backlog_kwh=None)
    assert not inputs.stores
    assert not inputs.works
    assert "battery-1 is left as planned: state_of_charge_frac is not measured" in inputs.notes
    assert "batch is left as planned: deferrable_backlog_kwh is not measured" in inputs.notes
    assert not inputs.halls  # the plan leads no air here


def test_air_warmer_than_planned_is_not_remembered_as_colder(demo: LoadedSite) -> None:
    """Damp air holds supply air up while it is damp; what is kept until the next plan is colder air and faster fans."""
    memory, hall = Memory(SetpointLog(demo), halls={demo.site.halls[0].id: "unknown"}), demo.site.halls[0].id
    warmer = Correction(hall, "supply_air_temperature_setpoint_degc", ("crah-1",), 21.0, 20.0, 21.0, "degC", "damp")
    memory.remember(Tracking("plan-1", AT, (warmer,)))
    assert memory.kept[hall] == (0.0, 0.0)
    memory.remember(Tracking("plan-1", AT, (replace(warmer, value=19.0),)))
    assert memory.kept[hall] == (1.0, 0.0)
