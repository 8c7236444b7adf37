"""The fast layer's dynamic model on three days of the demo: warm air that a plan should not have asked for is made colder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from facility.prepare.setpoint_log import SetpointLog
from facility.prepare.tracking import Memory, track_inputs
from facility.records import Plan
from facility.site import Availability
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


def inputs_of(
    setting: Setting,
    past: Prologue,
    limit_degc: float,
    supply_degc: float,
    speed_frac: float,
    *,
    availability: tuple[Availability, ...] = (),
) -> TrackInputs:
    base, case = plan_of(), setting.case
    air = {f"{crah}.supply_air_temperature_setpoint_degc": (supply_degc,) * STEPS for crah in CRAHS}
    fans = {f"{crah}.fan_speed_setpoint_frac": (speed_frac,) * STEPS for crah in CRAHS}
    plan: Plan = replace(base, start=case.start, created=case.start, schedule={**base.schedule, **air, **fans})
    site = case.loaded.site
    first = site.halls[0]
    limits = first.limits.model_copy(update={"inlet_max_degc": limit_degc})
    halls = (first.model_copy(update={"limits": limits}), *site.halls[1:])
    loaded = replace(case.loaded, site=site.model_copy(update={"halls": halls, "availability": availability}))
    return track_inputs(loaded, past.readings, plan, Memory(SetpointLog(loaded)), case.start)


@pytest.mark.slow
def test_air_that_is_planned_too_warm_is_made_colder_and_what_is_in_force_is_left(
    setting: Setting, past: Prologue
) -> None:
    measured = past.readings.latest()
    in_force = [
        measured[f"crah-1.{name}"].value for name in ("supply_air_temperature_setpoint_degc", "fan_speed_setpoint_frac")
    ]
    (as_now,) = inputs_of(setting, past, 27.0, *in_force).halls  # the plan leads no other hall
    assert as_now.hall == "hall-1"
    limit_degc = 27.3 + as_now.over_k(0.0, 0.0).max()  # 0.3 K above what is to be expected now
    held = Tracker().correct(inputs_of(setting, past, limit_degc, *in_force))
    assert not [one for one in held.corrections if one.equipment == "hall-1"]
    too_warm = inputs_of(setting, past, limit_degc, 25.0, 0.4)
    (warm,) = too_warm.halls
    hottest = [warm.over_k(*move)[-1].max() for move in ((0.0, 0.0), (1.0, 0.0), (1.0, 0.1))]
    assert hottest[0] > 0.3
    assert hottest == sorted(hottest, reverse=True)
    assert hottest[0] - hottest[2] > 0.3
    corrected = [one for one in Tracker().correct(too_warm).corrections if one.equipment == "hall-1"]
    assert corrected
    assert all("hall-1 inlet limit would be passed" in one.reason for one in corrected)


@pytest.mark.slow
def test_a_crah_that_is_out_of_order_moves_no_air(setting: Setting, past: Prologue) -> None:
    failed = (Availability(equipment="crah-1", state="locked_out"),)
    (all_three,) = inputs_of(setting, past, 27.0, 22.0, 0.5).halls
    (two,) = inputs_of(setting, past, 27.0, 22.0, 0.5, availability=failed).halls
    assert {target.partition(".")[0] for target in two.fans.targets} == {"crah-2", "crah-3"}
    warmer_k = two.over_k(0.0, 0.0)[-1] - all_three.over_k(0.0, 0.0)[-1]
    assert warmer_k.min() >= 0.0 and warmer_k.max() > 0.3
