"""`facility dr workload`: executables on the PATH stand for the scheduler and write down what they were called with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from facility.cli import main
from facility.environment import open_environment
from facility.history.journal import open_journal
from facility.history.workload_book import WorkloadBook
from facility.records import Event, Plan
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.api.records_for_tests import FixedClock
from tests.respond.workload.planned_work import sleeping_plan, working_site

Captured = pytest.CaptureFixture[str]
DOWN = [
    "update NodeName=n3,n4 State=DRAIN Reason=facility-plan-1",
    "update NodeName=n3,n4 State=POWER_DOWN_ASAP",
]
UP = [
    "update NodeName=n3,n4 State=DRAIN Reason=facility-restore",
    "update NodeName=n3,n4 State=RESUME",
    "update NodeName=n3,n4 State=POWER_UP",
]


def put(folder: Path, name: str, then: str = "") -> None:
    """Put an executable on the PATH that writes down its arguments; `then` is what else it does."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> "{folder}/called"\n{then}\n')
    path.chmod(0o755)


@pytest.fixture
def scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    put(folder, "scontrol")
    put(folder, "kubectl")
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def called(folder: Path) -> list[str]:
    """Return what was called since the last look."""
    path = folder / "called"
    found = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return found


def state_of(example: Path) -> StateFolder:
    return StateFolder(example.parent / "state")


def planned(example: Path, **workload: Any) -> LoadedSite:
    """Name servers, write settings, and store a plan by which n3 and n4 sleep since an hour."""
    loaded = working_site(example, **workload)
    store(example, sleeping_plan(loaded, [("n3 n4", "")], at=datetime.now(UTC) - timedelta(hours=1)))
    return loaded


def store(example: Path, plan: Plan) -> None:
    with closing(open_journal(None, state_of(example))) as journal:
        journal.save_plan(plan, [], "correlated")


def types(example: Path, console: Captured, *words: str) -> tuple[int, str, str]:
    console.readouterr()
    code = main(["dr", "workload", str(example), *words, "--by", "R. Weber", "--state", str(state_of(example).root)])
    said = console.readouterr()
    return code, said.out, said.err


def audited(example: Path) -> list[Event]:
    with closing(open_journal(None, state_of(example))) as journal:
        return list(journal.events(kind="workload"))


def test_without_run_nothing_runs(example_site: Path, scheduler: Path, capsys: Captured) -> None:
    planned(example_site, adapter="slurm")
    code, out, _ = types(example_site, capsys)
    assert code == 0 and "State=DRAIN" in out and "not run" in out
    document = json.loads(types(example_site, capsys, "--format", "json")[1])
    assert [" ".join(one["arguments"][1:]) for one in document["commands"]] == DOWN
    assert types(example_site, capsys, "--format", "csv")[1].splitlines()[1].startswith('sleep,n3 n4,"scontrol update')
    assert "Nothing to do." in types(example_site, capsys, "--restore")[1]
    assert called(scheduler) == [] and not state_of(example_site).workload.exists() and audited(example_site) == []


def test_reduce_once_and_restore_exactly_that(example_site: Path, scheduler: Path, capsys: Captured) -> None:
    planned(example_site, adapter="slurm")
    code, out, err = types(example_site, capsys, "--run")
    assert code == 0 and "done" in out and called(scheduler) == DOWN
    assert err.splitlines() == [f"done: scontrol {line}" for line in DOWN]  # as it goes
    assert types(example_site, capsys, "--run")[:2] == (0, "Nothing to do.\n") and called(scheduler) == []
    assert types(example_site, capsys, "--restore")[0] == 0 and called(scheduler) == []  # only shown
    assert types(example_site, capsys, "--restore", "--run")[0] == 0 and called(scheduler) == UP
    assert types(example_site, capsys, "--restore", "--run")[1] == "Nothing to do.\n" and called(scheduler) == []
    events = audited(example_site)
    assert [one.kind for one in events] == ["workload.sleep"] * 2 + ["workload.wake"] * 3
    assert events[0].actor == "R. Weber" and events[0].detail["outcome"] == "done"
    assert events[0].detail["command"] == f"scontrol {DOWN[0]}"


def test_the_first_failure_stops_and_is_told(example_site: Path, scheduler: Path, capsys: Captured) -> None:
    planned(example_site, adapter="kubernetes", scaled={"batch": "deployment/b"})
    put(scheduler, "kubectl", 'case "$*" in *n3) [ "$1" = drain ] && { echo "budget of web" >&2; exit 3; };; esac')
    code, out, _ = types(example_site, capsys, "--run", "--format", "json")
    rows = json.loads(out)["commands"]
    assert code == 1
    assert [row["outcome"] for row in rows] == ["done", "done", "failed", "not begun"]
    assert rows[2]["said"] == "exit code 3: budget of web"
    assert [line.split()[0] for line in called(scheduler)] == ["annotate", "cordon", "drain"]
    assert [one.detail["outcome"] for one in audited(example_site)] == ["done", "done", "failed"]
    put(scheduler, "kubectl")
    types(example_site, capsys, "--run")
    assert [line.split()[0] for line in called(scheduler)] == ["cordon", "drain", "drain"]
    types(example_site, capsys, "--restore", "--run")
    assert called(scheduler) == ["uncordon n3 n4", "annotate deployment/b facility/shed-servers-"]


def test_a_command_that_hangs_is_ended_with_its_children(example_site: Path, scheduler: Path, capsys: Captured) -> None:
    planned(example_site, adapter="slurm", timeout_s=1.0)
    put(scheduler, "scontrol", "sleep 600 & wait")
    code, out, _ = types(example_site, capsys, "--run", "--format", "json")
    assert code == 1 and "not done within 1 s" in json.loads(out)["commands"][0]["said"]
    deadline = time.monotonic() + 60.0
    while children_running(scheduler):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_was_never_begun_needs_no_restore(
    example_site: Path, scheduler: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned(example_site, adapter="slurm")
    (scheduler / "scontrol").unlink()
    monkeypatch.setenv("PATH", str(scheduler))  # this machine may have Slurm
    code, out, _ = types(example_site, capsys, "--run", "--format", "json")
    assert code == 1 and "scontrol cannot be run: No such file" in json.loads(out)["commands"][0]["said"]
    assert types(example_site, capsys, "--restore")[1] == "Nothing to do.\n"


def test_killed_in_between_it_is_done_again_and_undone(example_site: Path, scheduler: Path, capsys: Captured) -> None:
    planned(example_site, adapter="slurm")
    put(scheduler, "scontrol", "exec sleep 600")
    words = ["dr", "workload", str(example_site), "--run", "--state", str(state_of(example_site).root)]
    with subprocess.Popen([sys.executable, "-m", "facility", *words], stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 300.0
        while not (scheduler / "called").exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        code, _, err = types(example_site, capsys, "--run")  # nobody else meanwhile
        assert code == 1 and "another process" in err
        process.kill()
    for left in children_running(scheduler):  # of the killed process: sessions of their own, so that they go on
        os.kill(left, signal.SIGKILL)
    assert called(scheduler) == DOWN[:1]
    kept = WorkloadBook(state_of(example_site).workload, "slurm").kept()
    assert dict(kept.slept) == {"n3": "maybe", "n4": "maybe"}
    put(scheduler, "scontrol")
    undoing = json.loads(types(example_site, capsys, "--restore", "--format", "json")[1])["commands"]
    assert [" ".join(row["arguments"][1:]) for row in undoing] == UP
    assert types(example_site, capsys, "--run")[0] == 0 and called(scheduler) == DOWN
    assert types(example_site, capsys, "--restore", "--run")[0] == 0 and called(scheduler) == UP


def children_running(folder: Path) -> list[int]:
    """Return the processes whose environment has the folder on its PATH and that sleep."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (
                b"sleep\x00600" in (entry / "cmdline").read_bytes()
                and os.fsencode(folder) in (entry / "environ").read_bytes()
            ):
                found.append(int(entry.name))
        except OSError:  # gone meanwhile, or somebody else's
            continue
    return found


def test_a_script_of_the_site(example_site: Path, scheduler: Path, capsys: Captured) -> None:
    put(scheduler, "power")
    planned(example_site, adapter="slurm", script=str(scheduler / "power"), prefix="dc-")
    assert types(example_site, capsys, "--adapter", "script", "--run")[0] == 0
    assert called(scheduler) == ["sleep facility-plan-1 dc-n3 dc-n4"]
    code, _, err = types(example_site, capsys, "--run")  # with another adapter
    assert code == 1 and "--adapter script --restore" in err and called(scheduler) == []


def test_what_a_script_cannot_put_to_sleep_no_plan_lets_sleep(
    example_site: Path, scheduler: Path, capsys: Captured
) -> None:
    put(scheduler, "power", 'echo "n3 runs what may not move"; [ "$1" != sleep ]')
    loaded, state = planned(example_site, adapter="script", script=str(scheduler / "power")), state_of(example_site)
    code, out, _ = types(example_site, capsys, "--run", "--format", "json")
    assert (code, json.loads(out)["commands"][0]["outcome"]) == (1, "failed")
    kept = WorkloadBook(state.workload, "script").kept()
    assert {node: (one.action, one.said) for node, one in kept.failed.items()} == dict.fromkeys(
        ("n3", "n4"), ("sleep", "exit code 1: n3 runs what may not move")
    )
    assert awake(loaded, state) == {"pool-1": {"n3", "n4"}}
    assert awake(loaded, state, ahead=timedelta(hours=7)) == {}  # held for six hours
    store(example_site, replace(sleeping_plan(loaded, [], at=datetime.now(UTC)), id="plan-2"))  # keeps them awake
    assert types(example_site, capsys, "--run")[0] == 0  # what may have been done of it is undone
    assert called(scheduler) == ["sleep facility-plan-1 n3 n4", "wake facility-plan-2 n3 n4"]
    assert awake(loaded, state) == {"pool-1": {"n3", "n4"}}, "that they are awake again mends nothing"
    assert types(example_site, capsys, "--restore", "--run")[0] == 0 and awake(loaded, state) == {}


def test_what_is_put_to_sleep_later_is_not_held(example_site: Path, scheduler: Path, capsys: Captured) -> None:
    put(scheduler, "scontrol", 'case "$*" in *DOWN*) exit 1;; esac')
    loaded = planned(example_site, adapter="slurm")
    assert types(example_site, capsys, "--run")[0] == 1
    assert awake(loaded, state_of(example_site)) == {"pool-1": {"n3", "n4"}}
    put(scheduler, "scontrol")
    assert types(example_site, capsys, "--run")[0] == 0 and awake(loaded, state_of(example_site)) == {}


def awake(loaded: LoadedSite, state: StateFolder, ahead: timedelta = timedelta(0)) -> dict[str, set[str]]:
    """Return what a plan made now, or in a while, may not put to sleep."""
    with open_environment(loaded, state, FixedClock(datetime.now(UTC) + ahead)) as environment:
        return {pool: set(names) for pool, names in environment.kept_awake.items()}


def test_what_is_missing_is_told(example_site: Path, capsys: Captured) -> None:
    code, _, err = types(example_site, capsys)
    assert code == 2 and "no part `workload`" in err
    loaded = working_site(example_site, adapter="slurm")
    code, _, err = types(example_site, capsys)
    assert code == 4 and "a plan that still holds" in err
    store(example_site, sleeping_plan(loaded, [("n3", "")], at=datetime.now(UTC) - timedelta(days=9)))
    assert types(example_site, capsys)[0] == 4
    assert types(example_site, capsys, "--adapter", "script")[0] == 2


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", '{"adapter": "slurm", "slept": ["n3"]}', '{"adapter": "slurm", "s": 1}']
)
def test_a_damaged_file_is_told(example_site: Path, scheduler: Path, capsys: Captured, content: str) -> None:
    planned(example_site, adapter="slurm")
    state_of(example_site).workload.write_text(content)
    for words in (["--run"], ["--restore", "--run"]):
        code, _, err = types(example_site, capsys, *words)
        assert code == 1 and "is damaged" in err and called(scheduler) == []
