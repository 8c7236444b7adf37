"""Every example site loads, and every device profile that comes with facility is valid and says where it is from."""

from __future__ import annotations

from pathlib import Path

import pytest

from facility.acquire import __file__ as acquire
from facility.profile import FILL_IN, profile_names, profile_text, read_profile
from facility.site_file import load_site
from tests.house.repository import ROOT

SITES = sorted((ROOT / "site_configs").glob("*.yaml"))


@pytest.mark.parametrize("path", SITES, ids=lambda path: path.name)
def test_example_site_loads(path: Path) -> None:
    loaded = load_site(path)
    assert len(loaded.points) > 0
    assert path.read_text(encoding="utf-8").startswith("# "), "say in a comment what the example shows"


def test_there_is_an_example() -> None:
    assert SITES


@pytest.mark.parametrize("name", profile_names())
def test_profile_is_valid(name: str) -> None:
    profile = read_profile(name)
    assert profile.profile == name
    assert len(profile.source) > 10 or profile.source == FILL_IN
    assert len(profile.points) > 0
    assert profile_text(name)[0].startswith("# "), "say in a comment what it is, and what to know of it"


def test_every_profile_file_is_found() -> None:
    files = (Path(acquire).parent / "profiles").glob("*.yaml")
    assert {path.stem for path in files} == set(profile_names())
