"""`python -m tools.closed_loop` on the toy, as its users run it: processes, kept results, exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.closed_loop.making import PLANT, TOY
from tests.closed_loop.test_outcomes import ARMS, CASE_KEYS, COST_KEYS, RUN_KEYS
from tests.closed_loop.weather_writing import write_weather
from tests.house.repository import ROOT
from tools.closed_loop.__main__ import main

VARIANTS = "tests.closed_loop.toy_variants"
BEGIN = datetime(2025, 10, 1, 22, tzinfo=UTC)  # of what a case from 6 October on needs
BASELINES = ("--arms", "as_commissioned", "good_practice")
WITHOUT_FACILITY = (*BASELINES, "reference", "cooling_only_reference")


def words_of(folder: Path, *words: str, plant: str = PLANT) -> list[str]:
    shared = ["--start", "2025-10-06", "--days", "1", "--reference-cpu-s", "1.5", "--jobs", "2"]
    return [str(TOY), *shared, "--plant", plant, "--folder", str(folder), *words]


def run(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.closed_loop", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)


def weather_of(folder: Path) -> list[str]:
    return ["--weather", str(write_weather(folder / "weather.csv", BEGIN, days=7))]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Return the folder of a run, and what it printed."""
    folder = tmp_path_factory.mktemp("kept")
    done = run(words_of(folder, "--format", "json", *WITHOUT_FACILITY))
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def kept_files(folder: Path, pattern: str = "*.json") -> dict[str, int]:
    assert len(list(folder.iterdir())) == 1, "the code was changed while the tests ran: run them again"
    return {path.stem: path.stat().st_mtime_ns for path in folder.glob(f"*/*/{pattern}")}


@pytest.mark.slow
def test_one_object_by_the_contract(finished: tuple[Path, dict[str, Any]]) -> None:
    _, found = finished
    assert list(found)[: len(CASE_KEYS)] == CASE_KEYS
    assert list(found["runs"]) == ARMS
    runs = {arm: figures for arm, figures in found["runs"].items() if arm != "facility"}
    for figures in runs.values():
        assert set(RUN_KEYS) <= set(figures)
        assert figures["cost"] == pytest.approx(sum(figures[key] for key in COST_KEYS))
        assert figures["work_done_share"] == pytest.approx(1.0)
    assert found["runs"]["facility"] is None
    assert runs["reference"]["cost"] < runs["good_practice"]["cost"] < runs["as_commissioned"]["cost"]
    assert runs["reference"]["cost"] < found["cooling_only_runs"]["reference"]["cost"]
    assert found["different_work"] == []


@pytest.mark.slow
def test_resuming_takes_what_is_finished_and_does_the_rest(finished: tuple[Path, dict[str, Any]]) -> None:
    folder, found = finished
    before = kept_files(folder)
    again = run(words_of(folder, "--format", "json", "--resume", *WITHOUT_FACILITY))
    assert json.loads(again.stdout) == found
    assert "6 of 6 jobs are finished already" in again.stderr
    assert kept_files(folder) == before
    (kept,) = folder.glob("*/*/as_commissioned.json")
    kept.unlink()
    cut = run(words_of(folder, "--format", "json", "--resume", *WITHOUT_FACILITY))
    assert json.loads(cut.stdout)["runs"]["as_commissioned"] == found["runs"]["as_commissioned"]
    after = kept_files(folder)
    assert {name for name in before if after[name] != before[name]} == {"as_commissioned"}


@pytest.mark.slow
def test_without_resume_all_is_done_anew_and_comes_out_the_same(finished: tuple[Path, dict[str, Any]]) -> None:
    folder, found = finished
    before = kept_files(folder)
    again = run(words_of(folder, "--format", "json", *BASELINES))
    after = kept_files(folder)
    assert after["good_practice"] != before["good_practice"]
    figures = json.loads(again.stdout)["runs"]
    assert [figures[arm] for arm in ARMS[:2]] == [found["runs"][arm] for arm in ARMS[:2]]


@pytest.mark.slow
def test_cases_run_side_by_side_and_are_summed_up(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = run(words_of(tmp_path / "kept", "--seed", "1", "2", "--html", str(page), *BASELINES))
    assert done.returncode == 0, done.stderr
    assert "toy 2025-10-06 seed 1" in done.stdout
    assert "2 cases; costs in EUR" in done.stdout
    assert "8 of 8" in done.stderr
    assert "seed 2" in page.read_text(encoding="utf-8")
    logs = kept_files(tmp_path / "kept", "*.log")
    assert set(logs) == {"prologue", "as_commissioned", "good_practice", "lower_bound"}


@pytest.mark.slow
def test_a_plant_that_cannot_go_back_comes_to_the_same(tmp_path: Path) -> None:
    given = ["--format", "json", *weather_of(tmp_path), *BASELINES]
    rewound, anew = (
        run(words_of(tmp_path, *given, plant=f"{VARIANTS}:{name}")) for name in ("rewindable", "forgetful")
    )
    assert "cannot go back" in anew.stderr
    assert "cannot go back" not in rewound.stderr
    assert json.loads(anew.stdout)["runs"] == json.loads(rewound.stdout)["runs"]


@pytest.mark.slow
def test_an_arm_that_breaks_does_not_take_the_others_along(tmp_path: Path) -> None:
    plant = f"{VARIANTS}:breaks_as_commissioned"
    done = run(words_of(tmp_path, "--format", "json", *weather_of(tmp_path), *BASELINES, plant=plant))
    assert done.returncode == 3
    assert "RuntimeError: the toy is broken (see " in done.stderr
    found = json.loads(done.stdout)
    assert found["runs"]["as_commissioned"] is None
    assert found["runs"]["good_practice"]["cost"] > 0
    assert list(found["failed"]) == ["as_commissioned"]
    (log,) = tmp_path.glob("*/*/as_commissioned.log")
    assert "Traceback" in log.read_text(encoding="utf-8")


@pytest.mark.slow
def test_arms_that_do_not_do_the_same_work_are_no_comparison(tmp_path: Path) -> None:
    plant = f"{VARIANTS}:lazy_as_commissioned"
    done = run(words_of(tmp_path, "--format", "json", *weather_of(tmp_path), *BASELINES, plant=plant))
    assert done.returncode == 1
    assert "not the same work: as_commissioned: work done" in done.stderr
    assert json.loads(done.stdout)["different_work"]


@pytest.mark.slow
def test_a_plant_that_refuses_what_it_is_given_is_wrong_input(tmp_path: Path) -> None:
    done = run(words_of(tmp_path, *weather_of(tmp_path), *BASELINES, plant=f"{VARIANTS}:refuses"))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == "closed_loop: the toy has no mapping file"
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_interrupting_ends_all_processes(tmp_path: Path) -> None:
    words = words_of(tmp_path, "--reference-cpu-s", "200", *WITHOUT_FACILITY)
    command = [sys.executable, "-m", "tools.closed_loop", *words]
    started = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert started.stderr is not None
        while "good_practice" not in started.stderr.readline():
            pass
        time.sleep(2.0)
        children = psutil.Process(started.pid).children(recursive=True)
        assert len(children) >= 2
        os.killpg(started.pid, signal.SIGINT)  # as a terminal does
        _, errors = started.communicate(timeout=60)
    finally:
        started.kill()
        started.wait()
    assert started.returncode == 130
    assert errors.splitlines()[-1].startswith("closed_loop: interrupted")
    assert "Traceback" not in errors
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


@pytest.mark.slow
def test_facility_runs_on_the_toy(tmp_path: Path) -> None:
    done = run(words_of(tmp_path, "--format", "json", "--replan", "12h", "--arms", "good_practice", "facility"))
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["runs"]["facility"]
    assert found["plan_seconds_mean"] > 0
    assert found["plans_failed"] <= 1
    assert found["setpoint_moves"] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--start", "2025-10-06T12:00"], "has no offset from UTC"),
        (["--plant", "tests.closed_loop.nothing:factory"], "No module named"),
        (["--plant", f"{VARIANTS}:forgetful"], "--weather is missing"),
        (["--weather", "nothing.csv"], "nothing.csv: cannot be read"),
        (["--html", "nowhere/page.html"], "there is no folder nowhere"),
        (["--folder", "/dev/null/kept"], "--folder /dev/null/kept"),
    ],
)
def test_wrong_input_is_one_line(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words_of(tmp_path, *words)) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


def test_a_site_that_is_not_there_is_wrong_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "nothing.yaml"), "--start", "2025-10-06", "--folder", str(tmp_path)]) == 2
    assert "nothing.yaml" in capsys.readouterr().err
