"""How cold the fast layer may make a hall's air: by its racks' least inlet, and by the dampness that is measured."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import numpy as np
import pytest

from facility.history.telemetry import TelemetryStore
from facility.plan.decisions import FAN_SPEED, SUPPLY_AIR, WORK
from facility.prepare.setpoint_log import SetpointLog
from facility.prepare.tracking import Memory, track_inputs
from facility.site_file import LoadedSite
from facility.track.inputs import Air
from models.psychrometrics import relative_humidity_frac
from tests.prepare.conftest import Course, write
from tests.prepare.following import SCHEDULE, START, STEPS, plan_of

AT, FIVE_MIN = START + timedelta(minutes=5), timedelta(minutes=5)
BEGIN, LATELY = AT - timedelta(days=2), AT - timedelta(minutes=40)
SUPPLY_DEGC, RISE_K, SPEED = 20.0, 1.0, 0.5


def supply_degc(time: datetime) -> float:
    """Return supply air that was moved in the past, so that there is something to learn, and rests lately."""
    return SUPPLY_DEGC if time >= AT - timedelta(hours=3) else SUPPLY_DEGC + math.sin(time.timestamp() / 4000.0)


def tracked(
    demo: LoadedSite,
    store: TelemetryStore,
    planned_degc: float = SUPPLY_DEGC,
    dew_point_degc: float | None = None,
    *,
    driven_at: datetime | None = None,
    batch_kw: float = 20.0,
) -> Air:
    """Return the first hall as the fast layer takes it under a plan; its inlets stand a kelvin above the supply air."""
    hall = demo.site.halls[0]
    crahs = [crah.id for crah in demo.site.crahs if crah.hall == hall.id]
    readings: dict[str, Course] = {f"{rack.id}.power_kw": 8.0 for rack in hall.racks}
    readings |= {f"{crah}.{FAN_SPEED}": SPEED for crah in crahs}
    readings |= {f"{crah}.fan_speed_frac": lambda time: 1.0 if time == driven_at else SPEED for crah in crahs}
    readings |= {f"batch.{WORK}": 20.0}
    readings |= {
        f"{crah}.{name}": supply_degc for crah in crahs for name in ("supply_air_temperature_degc", SUPPLY_AIR)
    }
    readings |= {f"{rack.id}.inlet_temperature_degc": lambda time: supply_degc(time) + RISE_K for rack in hall.racks}
    write(store, readings, BEGIN, AT + timedelta(seconds=30), FIVE_MIN)
    if dew_point_degc is not None:
        humidity = float(relative_humidity_frac(SUPPLY_DEGC + RISE_K, dew_point_degc))
        damp = {f"{rack}.inlet_relative_humidity_frac": humidity for rack in ("a01", "a02")}
        write(store, damp, LATELY, AT + timedelta(seconds=30), FIVE_MIN)
    air = {f"{crah}.{SUPPLY_AIR}": planned_degc for crah in crahs} | {f"{crah}.{FAN_SPEED}": SPEED for crah in crahs}
    course = {key: (value,) * STEPS for key, value in (SCHEDULE | air).items()}
    plan = plan_of(schedule=course | {f"batch.{WORK}": (20.0,) + (batch_kw,) * (STEPS - 1)})
    inputs = track_inputs(demo, store, plan, Memory(SetpointLog(demo)), AT)
    assert inputs.halls, inputs.notes
    return inputs.halls[0]


def test_in_dry_air_it_is_no_colder_than_racks_may_stand(demo: LoadedSite, store: TelemetryStore) -> None:
    least_degc = demo.site.halls[0].limits.inlet_min_degc
    assert tracked(demo, store, SUPPLY_DEGC, None).supply.low == pytest.approx(least_degc)


def test_where_the_plan_is_colder_it_is_as_cold_as_the_plan(demo: LoadedSite, store: TelemetryStore) -> None:
    least_degc = demo.site.halls[0].limits.inlet_min_degc
    assert tracked(demo, store, least_degc - 0.5, None).supply.low == pytest.approx(least_degc - 0.5)


def test_in_damp_air_it_is_no_colder_than_keeps_the_racks_dry(demo: LoadedSite, store: TelemetryStore) -> None:
    """At 14.5 and the half kelvin that the plan keeps free, too, 70 % are reached at inlets of 20.6, a kelvin above the air."""
    limits = demo.site.halls[0].limits
    low = tracked(demo, store, 18.5, 14.5).supply.low
    assert low > 18.5 + 0.5
    assert relative_humidity_frac(low + RISE_K, 15.0) == pytest.approx(limits.relative_humidity_max_frac, abs=2e-3)


@pytest.mark.parametrize(("ago_min", "driven"), [(5, True), (15, True), (30, False)])
def test_protection_that_drove_the_fans_lately_is_seen(
    demo: LoadedSite, store: TelemetryStore, ago_min: int, driven: bool
) -> None:
    """It comes and goes within minutes: a moment's rest does not mean that setpoints do."""
    assert tracked(demo, store, driven_at=AT - timedelta(minutes=ago_min)).driven is driven


def test_work_that_is_planned_warms_the_hall_before_it_begins(demo: LoadedSite, store: TelemetryStore) -> None:
    """The plan has 36 kW of work from the next step on, in a hall of 12 racks at 8 kW: a sixth more heat than now."""
    as_now, more = (tracked(demo, store, batch_kw=kw).over_k(0.0, 0.0) for kw in (20.0, 36.0))
    assert (more[-1] > as_now[-1]).all()
    np.testing.assert_allclose(more[0], as_now[0])
