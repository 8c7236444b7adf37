"""The wheel holds `facility` and `models`, whole, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.repository import ROOT, tracked_files


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_is_the_tracked_packages(wheel_names: set[str]) -> None:
    packaged = {name for name in wheel_names if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in packaged} == {"facility", "models"}
    assert set(tracked_files("facility", "models")) - packaged == set()


def test_the_wheel_holds_data_and_licence(wheel_names: set[str]) -> None:
    assert any(name.startswith("facility/acquire/profiles/") and name.endswith(".yaml") for name in wheel_names)
    assert {"facility/py.typed", "models/py.typed"} <= wheel_names
    assert any(Path(name).name == "LICENSE" and ".dist-info/" in name for name in wheel_names)
