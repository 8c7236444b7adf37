"""`make` sets up once, again when something changed, and anew when the folder was moved; in a path with a space."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.house.repository import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout that `make setup` has just finished in; its .venv is a link to a shell, since nothing is run here."""
    folder = tmp_path / "with a space"
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    (folder / ".venv" / "bin" / "python").symlink_to("/bin/sh")
    (folder / ".venv" / "ready").write_text(f"{folder.resolve()}\n")
    return folder


def to_do(folder: Path) -> str:
    """What `make setup` would do."""
    run = subprocess.run(["make", "-n", "setup"], cwd=folder, capture_output=True, text=True, timeout=30, check=True)
    return run.stdout


def test_nothing_to_do_twice(checkout: Path) -> None:
    assert "pip install" not in to_do(checkout)


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_installs_again_in_the_same_environment(checkout: Path, name: str) -> None:
    later = time.time() + 10
    os.utime(checkout / name, (later, later))
    assert "pip install" in to_do(checkout)
    assert 'test -z ""' in to_do(checkout)


def test_makes_a_new_environment_in_a_moved_folder(checkout: Path) -> None:
    moved = checkout.rename(checkout.parent / "elsewhere too")
    assert 'test -z "yes"' in to_do(moved)
    assert "venv --clear" in to_do(moved)


def test_makes_a_new_environment_when_its_python_is_gone(checkout: Path) -> None:
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(checkout / "no such python")
    assert 'test -z "yes"' in to_do(checkout)


def test_makes_a_new_environment_after_an_interrupted_one(checkout: Path) -> None:
    (checkout / ".venv" / "ready").unlink()
    assert 'test -z "yes"' in to_do(checkout)
