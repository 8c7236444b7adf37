"""Controllers at a plant, what they wrote, and the same setpoints driven again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pytest

from facility.site_file import LoadedSite
from tests.closed_loop.making import START, case_of
from tests.closed_loop.toy_plant import RewindableToyPlant
from tools.closed_loop.appraisal import Seen
from tools.closed_loop.baselines import GoodPractice
from tools.closed_loop.case import Case
from tools.closed_loop.drive import CONTROL_EVERY, Drive
from tools.closed_loop.plant import Key
from tools.closed_loop.schedule import Schedule, WriteRecorder, replay

WATER: Key = ("plant-1", "leaving_chilled_water_temperature_setpoint_degc")
NAN = float("nan")


@dataclass(slots=True)
class Says:
    """A controller with one setpoint a decision."""

    values: list[float]

    def decide(self, _time: datetime, _measured: Mapping[Key, float]) -> Mapping[Key, float]:
        return {WATER: self.values.pop(0)} if self.values else {}


def plant_of(case: Case, start: datetime = START) -> RewindableToyPlant:
    return RewindableToyPlant(case.loaded, case.conditions, case.seed, start)


def test_a_controller_decides_every_five_minutes_and_only_changes_are_written() -> None:
    seen, plant = Seen(), plant_of(case_of())
    Drive(plant, Says([8.0, 8.0, 9.0, float("inf"), 9.0]), [seen]).run(START + timedelta(minutes=30))
    assert len(seen.truths) == 30
    assert seen.truths[0].time == START + timedelta(minutes=1)
    assert seen.writes == [
        (START, WATER, None, 8.0),
        (START + 2 * CONTROL_EVERY, WATER, 8.0, 9.0),
    ]  # infinity is refused


def test_a_recorder_holds_each_write_to_the_next() -> None:
    recorder = WriteRecorder(START, START + 4 * CONTROL_EVERY)
    recorder.wrote(START - timedelta(hours=1), ("a", "x"), None, 1.0)
    recorder.wrote(START + 2 * CONTROL_EVERY, ("a", "x"), 1.0, 2.0)
    recorder.wrote(START + CONTROL_EVERY, ("b", "x"), None, 5.0)
    schedule = recorder.schedule()
    assert schedule.keys == (("a", "x"), ("b", "x"))
    assert schedule.values[0].tolist() == [1.0, 1.0, 2.0, 2.0]
    assert np.isnan(schedule.values[1][0])
    assert schedule.values[1][1:].tolist() == [5.0, 5.0, 5.0]


def test_a_schedule_decides_by_the_clock() -> None:
    schedule = Schedule(START, (("a", "x"), ("b", "x")), np.array([[1.0, 2.0], [NAN, 7.0]]))
    assert schedule.decide(START + timedelta(minutes=4), {}) == {("a", "x"): 1.0}
    assert schedule.decide(START + timedelta(hours=9), {}) == {("a", "x"): 2.0, ("b", "x"): 7.0}


def test_schedules_are_made_alike() -> None:
    schedule = Schedule(START, (("a", "x"),), np.array([[NAN, 2.0]]))
    longer = schedule.extended({("a", "x"): 1.0, ("b", "x"): 5.0}).ordered([("b", "x"), ("a", "x")])
    assert longer.values.tolist() == [[5.0, 5.0], [1.0, 2.0]]
    assert longer.rows([("a", "x"), ("c", "x")]) == [1]
    assert longer.with_rows([0], np.zeros((2, 2))).values.tolist() == [[0.0, 0.0], [1.0, 2.0]]


def test_what_an_arm_wrote_does_the_same_again(toy: LoadedSite) -> None:
    case, seen, again = case_of(), Seen(), Seen()
    end = START + timedelta(hours=6)
    recorder = WriteRecorder(START, end)
    Drive(plant_of(case), GoodPractice(toy), [seen, recorder]).run(end)
    replay(plant_of(case), recorder.schedule(), [again], 72)
    assert [truth.facility_kw for truth in again.truths] == pytest.approx([truth.facility_kw for truth in seen.truths])
    assert again.writes == seen.writes


def test_a_setpoint_first_written_later_is_not_in_force_before() -> None:
    """Else the replay of an arm would not be the arm."""
    recorder, key = WriteRecorder(START, START + timedelta(minutes=30)), ("plant-1", "water")
    recorder.wrote(START + timedelta(minutes=10), key, None, 16.0)
    recorder.wrote(START + timedelta(minutes=20), key, 16.0, 18.0)
    (row,) = recorder.schedule().values
    assert np.isnan(row[:2]).all()
    assert row[2:].tolist() == [16.0, 16.0, 18.0, 18.0]
