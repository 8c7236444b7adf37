"""The preflight finds a Python that will do, or names what is missing and the command that brings it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.repository import ROOT

OLD = "import sys; sys.version_info = (3, 9, 18, 'final', 0)\n"
NO_ENSUREPIP = {"ensurepip": "raise ImportError('Debian packs it apart')\n"}


class Machine:
    """A PATH of its own: real Pythons, some of them made to look old or incomplete, and a package manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "id").symlink_to(shutil.which("id") or "/usr/bin/id")

    def add(self, name: str, modules: dict[str, str] | None = None) -> Path:
        shadows = self.folder / f"{name}-modules"
        shadows.mkdir()
        for module, source in (modules or {}).items():
            (shadows / f"{module}.py").write_text(source)
        return self.program(name, f'PYTHONPATH="{shadows}" exec "{sys.executable}" "$@"')

    def program(self, name: str, command: str = ":") -> Path:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{command}\n")
        path.chmod(0o755)
        return path

    def preflight(self, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {"PATH": str(self.folder)} | environment
        command = ["/bin/sh", str(ROOT / "tools" / "preflight")]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    folder = tmp_path / "with a space"
    folder.mkdir()
    return Machine(folder)


def test_finds_the_first_that_will_do(machine: Machine) -> None:
    machine.add("python3", {"sitecustomize": OLD})
    good = machine.add("python3.12")
    run = machine.preflight()
    assert (run.returncode, run.stdout.strip()) == (0, str(good)), run.stderr


def test_takes_the_one_that_is_asked_for(machine: Machine) -> None:
    machine.add("python3")
    chosen = machine.add("mine")
    assert machine.preflight(PYTHON=str(chosen)).stdout.strip() == str(chosen)


def test_does_not_put_another_in_place_of_the_one_asked_for(machine: Machine) -> None:
    machine.add("python3")
    run = machine.preflight(PYTHON="python9")
    assert run.returncode == 1
    assert "tried: python9" in run.stderr


@pytest.mark.parametrize(
    ("manager", "command"),
    [("apt-get", "apt-get install python3 python3-venv"), ("brew", "brew install python@3.12"), (None, "python.org")],
)
def test_too_old(machine: Machine, manager: str | None, command: str) -> None:
    machine.add("python3", {"sitecustomize": OLD})
    if manager:
        machine.program(manager)
    run = machine.preflight()
    assert (run.returncode, run.stdout) == (1, "")
    assert "missing: Python 3.11 or newer (tried: python3 (3.9) python3.14" in run.stderr
    assert command in run.stderr


def test_no_venv_on_debian(machine: Machine) -> None:
    machine.add("python3", NO_ENSUREPIP)
    machine.program("apt-get")
    run = machine.preflight()
    assert run.returncode == 1
    assert "missing: venv and ensurepip of python3" in run.stderr
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"apt-get install python{version}-venv" in run.stderr
