"""The product at a plant goes on from a stage in several ways: the same where nothing differs, less where the grid asks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.closed_loop.making import PLANT, TOY
from tools.closed_loop.arguments import parse
from tools.closed_loop.at_plant import Stage, at_plant
from tools.closed_loop.cases import Setting, read_settings
from tools.closed_loop.delivered import Delivered
from tools.closed_loop.grid_calls import GridCall
from tools.closed_loop.prologue import drive_prologue

HOUR = timedelta(hours=1)
ASKED_KW = 5.0  # the battery gives 20


def means(setting: Setting, stage: Stage) -> list[float]:
    with at_plant(setting, stage) as plain:
        plain.until(stage.time + HOUR)
        return [float(kw) for kw in plain.meter.means()]


def setting_of(*words: str) -> Setting:
    start = "2025-10-06T06:00+02:00"
    (setting,) = read_settings(parse([str(TOY), "--start", start, "--days", "1", "--plant", PLANT, *words]))
    return setting


def asked(setting: Setting, stage: Stage) -> tuple[list[Delivered], list[str]]:
    told = stage.time + HOUR
    with at_plant(setting, stage) as one:
        one.calls.append(GridCall(told, told + HOUR, told + 2 * HOUR, ASKED_KW, 5.0))
        one.until(told + 2 * HOUR)
        return one.delivered(timedelta(minutes=15)), list(one.ear.notes())


@pytest.mark.slow
def test_who_goes_on_from_a_stage_disturbs_nobody() -> None:
    setting = setting_of()
    with at_plant(setting, Stage(setting.case.start, drive_prologue(setting.case))) as day:
        day.until(setting.case.start + HOUR)
        with day.stage() as stage:
            first = means(setting, stage)
            (event,), notes = asked(setting, stage)
            assert means(setting, stage) == first
        day.until(setting.case.start + 2 * HOUR)
    assert len(first) == 12
    assert event.baseline == "as_planned" and event.delivered_share > 0.95
    (note,) = notes
    assert "no baseline ten_of_ten: 1 like days of 10" in note


@pytest.mark.slow
def test_an_event_is_held_against_days_before_and_told_by_the_plan_too() -> None:
    setting = setting_of("--history-days", "6", "--baseline", "ten_of_ten")
    events, notes = asked(setting, Stage(setting.case.start, drive_prologue(setting.case)))
    assert [one.baseline for one in events] == ["ten_of_ten", "as_planned"] and notes == []
    assert events[0].near_share == 1.0 and events[0].delivered_share > 0.95
    assert events[0].baseline_kw != pytest.approx(events[1].baseline_kw, abs=0.5)
