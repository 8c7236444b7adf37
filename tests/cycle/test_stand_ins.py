"""A plan goes by what stands in, and says so; what the point measures meanwhile is not used."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from facility.clock import SystemClock
from facility.cycle import run_cycle
from facility.environment import open_environment
from facility.history.dispatch_records import Said
from facility.history.stand_in_book import new_stand_in
from facility.inputs_now import inputs_now
from facility.prepare.stood_in import planned_with
from facility.records import Quality
from facility.site_file import LoadedSite
from facility.site_journal import open_stand_in_book
from facility.state import StateFolder


@pytest.fixture
def state(lived: Path, tmp_path: Path) -> StateFolder:
    """A copy of the lived-in state that a test may change."""
    return StateFolder(shutil.copytree(lived, tmp_path / "state"))


def test_a_plan_is_made_with_what_stands_in_and_its_notes_say_so(demo: LoadedSite, state: StateFolder) -> None:
    clock = SystemClock()
    battery = demo.site.batteries[0].id
    point = f"{battery}.state_of_charge_frac"
    said = Said("S. Kim", "its gauge is stuck", clock.now())
    with closing(open_stand_in_book(demo, state)) as book:
        book.begin(new_stand_in(point, said, said.at + timedelta(hours=8), value=0.375))
    with open_environment(demo, state, clock) as environment:
        telemetry = planned_with(environment.telemetry, environment.stand_ins, demo.points, clock.now())
        inputs = inputs_now(environment, telemetry, None, "c", archive=None)
        measured = environment.telemetry.latest([point])[point]
        plan = run_cycle(environment, "cycle-1").plan
    assert inputs.state_of_charge_frac[battery] == 0.375 != measured.value
    assert measured.quality is Quality.GOOD  # what is stored is what was measured
    assert any(f"{point} is manual: 0.375, by S. Kim until" in note for note in plan.notes)
