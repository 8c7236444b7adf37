"""Finished arms on disk: whole or not there, told apart by what made them, and old ones removed."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from facility.respond.settings import BaselineTerms
from tests.closed_loop.making import PLANT, START, TOY, result_of
from tools.closed_loop.arguments import Options, parse
from tools.closed_loop.arm_run import ArmRun
from tools.closed_loop.cases import Setting, read_settings
from tools.closed_loop.code_key import KEY, LOOP, MAKERS, ROOT, code_key, makers, plant_files
from tools.closed_loop.kept import COMMITS, Kept, kept_of, prune
from tools.closed_loop.schedule import Schedule

FRAME = pd.DataFrame({"power_kw": [1.0]}, index=pd.DatetimeIndex([START], name="time"))
RUN = ArmRun(
    result_of(12.5, plan_seconds_mean=1.5),
    Schedule(START, (("crah-1", "fan_speed_setpoint_frac"),), np.array([[np.nan, 0.5]])),
    FRAME,
    ("10:00 InfeasibleError: no",),
    ("a note",),
)


def options_of(folder: Path, *words: str) -> Options:
    return parse([str(TOY), "--start", "2025-10-06", "--days", "1", "--plant", PLANT, "--folder", str(folder), *words])


@pytest.fixture(scope="module")
def setting() -> Setting:
    return read_settings(options_of(Path("unused")))[0]


def test_an_arm_comes_back_as_it_was(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "case")
    kept.save_arm("facility", RUN, {})
    found = kept.arm("facility")
    assert found.result == RUN.result
    assert (found.plan_failures, found.notes) == (RUN.plan_failures, RUN.notes)
    assert (found.schedule.start, found.schedule.keys) == (START, RUN.schedule.keys)
    assert np.array_equal(found.schedule.values, RUN.schedule.values, equal_nan=True)
    pd.testing.assert_frame_equal(found.frame, FRAME)
    assert not list((tmp_path / "case").glob(".*")), "nothing half written is left"


def test_a_schedule_without_setpoints_comes_back(tmp_path: Path) -> None:
    nothing = replace(RUN, schedule=Schedule(START, (), np.zeros((0, 2))))
    Kept(tmp_path).save_arm("as_commissioned", nothing, {})
    assert Kept(tmp_path).arm("as_commissioned").schedule.keys == ()


def test_what_was_made_of_something_else_does_not_count(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    assert not kept.has("reference", {})
    kept.save_arm("reference", RUN, {"starts": ["good_practice"], "cpu_seconds": 240.0})
    assert kept.has("reference", {"starts": ["good_practice"], "cpu_seconds": 240.0})
    assert not kept.has("reference", {"starts": ["good_practice"], "cpu_seconds": 30.0})
    (tmp_path / "torn.json").write_bytes(b"\0\0")
    assert not kept.has("torn", {})
    kept.forget("reference")
    assert not kept.has("reference", {"starts": ["good_practice"], "cpu_seconds": 240.0})


def test_a_write_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    kept, broken = Kept(tmp_path), replace(RUN, plan_failures=(object(),))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        kept.save_arm("facility", broken, {})
    assert not kept.has("facility", {})
    assert not list(tmp_path.glob(".*"))


def test_a_bound_may_be_none(tmp_path: Path) -> None:
    Kept(tmp_path).save_bound("lower_bound", None, {})
    assert Kept(tmp_path).bound("lower_bound") is None
    Kept(tmp_path).save_bound("lower_bound", 3.5, {})
    assert Kept(tmp_path).bound("lower_bound") == 3.5


def test_the_folder_depends_on_everything_that_all_arms_share(tmp_path: Path, setting: Setting) -> None:
    prices = tmp_path / "prices.csv"
    prices.write_text("a", encoding="utf-8")
    plain, priced = options_of(tmp_path), options_of(tmp_path, "--prices", str(prices))
    first = kept_of(plain, "code", setting).folder
    assert first.parent == tmp_path / "code"
    assert first.name.startswith("toy-20251005T2200Z-1d-seed1-")
    assert kept_of(plain, "code", setting).folder == first
    with_prices = kept_of(priced, "code", setting).folder
    prices.write_text("b", encoding="utf-8")
    others = {with_prices, kept_of(priced, "code", setting).folder}
    for changes in (
        {"days": 2},
        {"seed": 2},
        {"replan": 2 * setting.case.replan},
        {"plans_alone": True},
        {"history": 2 * setting.case.history},
        {"terms": BaselineTerms()},
        {"plant": "pandas:read_csv"},
    ):
        others.add(kept_of(plain, "code", replace(setting, case=replace(setting.case, **changes))).folder)
    assert len({first, *others}) == 10
    budget = options_of(tmp_path, "--reference-cpu-s", "1", "--jobs", "1", "--arms", "facility")
    assert kept_of(budget, "code", setting).folder == first


def test_the_code_of_other_plants_counts() -> None:
    assert Path(__file__).with_name("toy_plant.py") in plant_files(PLANT)


def test_old_code_is_pruned_and_nothing_else(tmp_path: Path) -> None:
    for age in range(COMMITS + 2):
        old = tmp_path / f"{age:012x}"
        old.mkdir()
        os.utime(old, (1e9 - age, 1e9 - age))
    (tmp_path / "mine").mkdir()
    prune(tmp_path, "f" * 12)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"mine", "f" * 12, *(f"{age:012x}" for age in range(COMMITS - 1))}


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("models/chiller.py", True),  # of the plan
        ("tools/closed_loop/judge.py", True),
        ("facility/profile/devices/another.yaml", True),
        ("facility/api/app.py", False),
        ("tools/closed_loop/campaign.py", False),  # it judges what was made
        ("tools/bench/plan.py", False),
        ("README.md", False),
    ],
)
def test_the_code_key_is_of_what_the_loop_reaches(tmp_path: Path, name: str, counts: bool) -> None:
    clean = code_key(tmp_path)
    changed = tmp_path / name
    changed.parent.mkdir(parents=True, exist_ok=True)
    changed.write_text("x = 1\n", encoding="utf-8")
    assert (code_key(tmp_path) != clean) == counts
    assert KEY.fullmatch(clean)


def test_what_a_job_imports_when_it_is_done_counts() -> None:
    job = (ROOT / Path(*LOOP.split(".")) / "job.py").read_text(encoding="utf-8")
    assert set(re.findall(r'_module\("(\w+)"\)', job)) | {"job"} == set(MAKERS)


def test_the_loop_reaches_planning_and_a_plant_of_ours_its_physics() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in makers()}
    assert {"facility/plan/planner.py", "facility/plan/__init__.py", "tools/closed_loop/ours.py"} <= names
    assert not any(name.startswith("facility/api/") for name in names)
    assert not names & {f"tools/closed_loop/{name}.py" for name in ("campaign", "page", "tables")}  # they read results
    assert ROOT / "tools" / "energyplus" / "engine_process.py" in plant_files("tools.energyplus_plant:factory")
