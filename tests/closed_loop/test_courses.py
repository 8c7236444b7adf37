"""Conditions between their values, markets by their steps, the past of a case, and the course that a recorder keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.closed_loop.making import START, case_of, truth_at
from tests.closed_loop.toy_plant import RewindableToyPlant
from tools.closed_loop.conditions import Conditions
from tools.closed_loop.plant import Plant, Rewindable
from tools.closed_loop.prologue import drive_prologue, plant_at_start
from tools.closed_loop.recorder import Recorder

HOUR = timedelta(hours=1)


def test_conditions_are_linear_between_their_values_and_end_as_they_are() -> None:
    found = Conditions(START, HOUR, np.array([10.0, 14.0]), np.array([8.0, 20.0]), {"pool-1": np.array([0.2, 0.4])})
    assert found.air(START + HOUR / 2).dry_bulb_degc == 12.0
    assert found.air(START + HOUR).dew_point_degc == 14.0  # never above the dry bulb
    assert found.air(START - HOUR).dry_bulb_degc == 10.0
    assert found.air(START + 9 * HOUR).dry_bulb_degc == 14.0
    assert found.demand("pool-1", START + HOUR / 2) == pytest.approx(0.3)
    assert found.demand("pool-2", START) is None


def test_courses_of_different_lengths_and_naive_starts_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        Conditions(START, HOUR, np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="aware"):
        Conditions(START.replace(tzinfo=None), HOUR, np.zeros(2), np.zeros(2))


def test_the_past_is_shared_and_a_plant_goes_on_from_it() -> None:
    case = case_of()
    prologue = drive_prologue(case)
    first, again = plant_at_start(case, prologue), plant_at_start(case, replace(prologue, memory=None))
    assert first.time == again.time == case.start
    assert first.truth().facility_kw == again.truth().facility_kw
    assert first.truth().stored_kwh == again.truth().stored_kwh
    assert isinstance(first, Rewindable)
    first.step(3600.0)
    assert plant_at_start(case, prologue).time == case.start, "one arm does not move what the next begins with"
    readings = prologue.readings.read(["utility.power_kw"], case.history_start, case.start)
    assert len(readings) == 3 * 288
    assert (
        0.0 < prologue.month_peak_kw < readings["utility.power_kw"].max() + 1e-9
    )  # a quarter's mean: below the moment's


def test_a_plant_of_the_toy_fits_the_protocol() -> None:
    case = case_of()
    plant: Plant = RewindableToyPlant(case.loaded, case.conditions, 1, START)
    plant.step(60.0)
    assert plant.truth().time == plant.time == START + timedelta(minutes=1)
    assert {key for key in plant.measured() if case.loaded.points.one(*key) is None} == set()


def test_a_recorder_keeps_every_fifth_minute_with_setpoints_and_cost() -> None:
    recorder = Recorder(case_of())
    recorder.wrote(START, ("plant-1", "x"), None, 8.0)
    for minute in range(1, 11):
        recorder.saw(truth_at(minute, leaving_water_degc=np.array([9.0])), 60.0)
    frame = recorder.frame()
    assert [time.minute for time in frame.index] == [5, 10]
    assert frame["energy_and_carbon_cost"].tolist() == pytest.approx([100.0 / 12.0 * 0.215, 100.0 / 6.0 * 0.215])
    assert frame["setpoint:plant-1.x"].tolist() == [8.0, 8.0]
    assert frame["leaving_water_degc:plant-1"].tolist() == [9.0, 9.0]
    assert frame["hottest_inlet_degc"].tolist() == [22.0, 22.0]
