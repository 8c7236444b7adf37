"""The policy on skips, tried on a real pytest run of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFTEST = "from tests.skip_policy import pytest_sessionfinish, pytest_terminal_summary\n"


def run_suite(folder: Path, tests: str, *options: str, ci: bool) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text("import pytest\n" + tests)
    environment = os.environ | {
        "FACILITY_CI": str(int(ci)),
        "PYTHONPATH": str(ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--rootdir={folder}",
        *options,
        str(folder),
    ]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


SKIP = "def test_passes(): pass\ndef test_skips(): pytest.skip({reason!r})\n"


@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n", "1")], ids=["serial", "xdist"])
def test_ci_fails_on_an_unknown_reason(tmp_path: Path, options: tuple[str, ...]) -> None:
    run = run_suite(tmp_path, SKIP.format(reason="no browser here"), *options, ci=True)
    assert run.returncode == 1
    assert "1  no browser here (not accepted in CI: this run fails)" in run.stdout


def test_ci_fails_on_a_module_skipped_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text("def test_passes(): pass\n")
    run = run_suite(tmp_path, "pytest.importorskip('no_such_package')\n", ci=True)
    assert run.returncode == 1
    assert "not accepted in CI" in run.stdout


def test_ci_accepts_a_named_reason(tmp_path: Path) -> None:
    run = run_suite(tmp_path, SKIP.format(reason="../shared absent"), ci=True)
    assert run.returncode == 0, run.stdout
    assert "1  ../shared absent" in run.stdout


def test_outside_ci_the_reason_is_printed_and_the_run_passes(tmp_path: Path) -> None:
    run = run_suite(tmp_path, SKIP.format(reason="no browser here"), ci=False)
    assert run.returncode == 0, run.stdout
    assert "1  no browser here\n" in run.stdout
