"""The wheel holds `facility` and `models`, whole, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.house.repository import ROOT, tracked_files

WEB = "facility/console/web/"


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("dist")
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--skip-dependency-check",
        "--outdir",
        str(folder),
    ]
    subprocess.run([*command, str(ROOT)], check=True, capture_output=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_is_the_tracked_packages(wheel_names: set[str]) -> None:
    packaged = {name for name in wheel_names if ".dist-info/" not in name}
    assert {name.split("/")[0] for name in packaged} == {"facility", "models"}
    tracked = {name for name in tracked_files("facility", "models") if not name.startswith(WEB)}
    assert tracked - packaged == set()


def test_the_wheel_has_the_console_built_and_not_its_sources(wheel_names: set[str]) -> None:
    assert "facility/console/dist/index.html" in wheel_names
    assert "facility/console/dist/assets/licences.txt" in wheel_names
    assert [name for name in wheel_names if name.startswith(WEB) or "node_modules" in name] == []


def test_the_wheel_holds_data_and_licence(wheel_names: set[str]) -> None:
    assert any(name.startswith("facility/acquire/profiles/") and name.endswith(".yaml") for name in wheel_names)
    assert {"facility/py.typed", "models/py.typed"} <= wheel_names
    assert any(Path(name).name == "LICENSE" and ".dist-info/" in name for name in wheel_names)
