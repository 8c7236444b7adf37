"""The closed loop drives an EnergyPlus model by its mapping alone: baselines, and facility, which beats both in total energy."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facility.site_file import load_site
from tests.energyplus.conftest import MODELS
from tests.house.repository import ROOT, tracked_files
from tools.closed_loop.baselines import as_commissioned
from tools.closed_loop.case import HORIZON, Case
from tools.closed_loop.course_files import read_market
from tools.closed_loop.drive import Controller, Drive
from tools.closed_loop.forecast_error import ForecastWithError
from tools.closed_loop.judge import Judge
from tools.closed_loop.ours import Ours, open_product
from tools.closed_loop.plant import Plant
from tools.closed_loop.prologue import SETTLING, Prologue, drive_prologue, plant_at_start
from tools.closed_loop.result import RunResult
from tools.energyplus_plant import own_conditions

START = datetime(2025, 10, 13, 5, tzinfo=UTC)
REPLAN = timedelta(hours=3)


def case() -> Case:
    loaded = load_site(MODELS / "two_zone.yaml")
    draft = Case(loaded, "tools.energyplus_plant:factory", START, 1, 0, None, None)  # type: ignore[arg-type]
    begin, end = draft.history_start - SETTLING, draft.end + HORIZON
    conditions = own_conditions(loaded, 0, begin, end, timedelta(minutes=15))
    return Case(loaded, draft.plant, START, 1, 0, conditions, read_market(loaded, begin, end).market, REPLAN)


def judged(one: Case, past: Prologue, plant: Plant, controller: Controller) -> RunResult:
    judge, begin = Judge(one, past.month_peak_kw), plant.truth()
    Drive(plant, controller, [judge]).run(one.end)
    end = plant.truth()
    plant.close()
    return judge.result(begin=begin, end=end)


@pytest.mark.slow
def test_a_day_of_each_arm_by_the_mapping_alone(model: None, tmp_path: Path) -> None:
    one = case()
    past = drive_prologue(one)
    fixed = judged(one, past, plant_at_start(one, past), as_commissioned(one.loaded))
    practice = judged(one, past, plant_at_start(one, past), deepcopy(past.local))
    signals = ForecastWithError.of(one, read_market(one.loaded, one.history_start, one.end + HORIZON))
    with open_product(one.loaded, past.readings, signals, tmp_path, START) as environment:
        ours = Ours(environment, past.readings, past.local, one.replan)
        facility = judged(one, past, plant_at_start(one, past), ours)
    assert ours.diary.failures == []
    assert len(ours.diary.plan_seconds) == 8
    for run in (fixed, practice, facility):
        assert run.refused_writes == 0
        assert run.work_done_server_h == pytest.approx(fixed.work_done_server_h, rel=1e-6)
        assert run.energy_kwh == pytest.approx(run.it_energy_kwh + run.cooling_energy_kwh, rel=0.01)
    for baseline in (fixed, practice):
        assert facility.energy_kwh < 0.9 * baseline.energy_kwh  # servers' fans included
        assert facility.cost.cost < baseline.cost.cost
        for broken in ("recommended_degree_minutes", "below_recommended_degree_minutes", "allowable_minutes"):
            assert getattr(facility, broken) <= getattr(baseline, broken)
        assert facility.dew_point_minutes <= baseline.dew_point_minutes
        assert facility.ramp_violations <= baseline.ramp_violations


def test_no_code_knows_the_model() -> None:
    """Its ids stand in its own two files, and in tests."""
    known = ("two_zone", "two-zone", "2ZoneDataCenter", "crah-east", "DataCenter_Equip")
    sources = [name for name in tracked_files("tools", "facility", "models") if name.endswith(".py")]
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in sources}
    assert [name for name, text in texts.items() if any(word in text for word in known)] == []
