"""The fast layer's dynamic model on three days of the demo: warm air that a plan should not have asked for is made colder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from facility.prepare.setpoint_log import SetpointLog
from facility.prepare.tracking import Memory, track_inputs
from facility.records import Plan
from facility.track.correct import Tracker
from facility.track.inputs import TrackInputs
from tests.prepare.following import STEPS, plan_of
from tools.closed_loop.arguments import parse
from tools.closed_loop.cases import Setting, read_settings
from tools.closed_loop.prologue import Prologue, drive_prologue

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
CRAHS = ("crah-1", "crah-2", "crah-3")


@pytest.fixture(scope="module")
def setting() -> Setting:
    (found,) = read_settings(parse([str(DEMO), "--days", "1", "--start", "2026-07-14T14:00+02:00"]))
    return found


@pytest.fixture(scope="module")
def past(setting: Setting) -> Prologue:
    return drive_prologue(setting.case)


def inputs_of(setting: Setting, past: Prologue, supply_degc: float, speed_frac: float) -> TrackInputs:
    base, case = plan_of(), setting.case
    air = {f"{crah}.supply_air_temperature_setpoint_degc": (supply_degc,) * STEPS for crah in CRAHS}
    fans = {f"{crah}.fan_speed_setpoint_frac": (speed_frac,) * STEPS for crah in CRAHS}
    plan: Plan = replace(base, start=case.start, created=case.start, schedule={**base.schedule, **air, **fans})
    return track_inputs(case.loaded, past.readings, plan, Memory(SetpointLog(case.loaded)), case.start)


@pytest.mark.slow
def test_air_that_is_planned_too_warm_is_made_colder_and_what_is_in_force_is_left(
    setting: Setting, past: Prologue
) -> None:
    points = past.readings.latest()
    now_degc = points["crah-1.supply_air_temperature_setpoint_degc"].value
    now_frac = points["crah-1.fan_speed_setpoint_frac"].value
    as_now = inputs_of(setting, past, now_degc, now_frac)
    assert [one.hall for one in as_now.halls] == ["hall-1"]  # the plan leads no other
    assert not [one for one in Tracker().correct(as_now).corrections if one.equipment == "hall-1"]
    (warm,) = inputs_of(setting, past, 25.0, 0.4).halls
    assert warm.over_k(0.0, 0.0).max() > 0.0 > as_now.halls[0].over_k(0.0, 0.0).max()
    hottest = [warm.over_k(*move)[-1].max() for move in ((0.0, 0.0), (1.0, 0.0), (1.0, 0.1))]
    assert hottest == sorted(hottest, reverse=True)
    assert hottest[0] - hottest[2] > 0.3
    found = Tracker().correct(inputs_of(setting, past, 25.0, 0.4))
    assert {one.equipment for one in found.corrections if one.unit in {"degC", "frac"}} == {"hall-1"}
