"""The demo site, loaded once, and a state folder in which it has lived for some days."""

from __future__ import annotations

from pathlib import Path

import pytest

from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder
from tests.cycle.lived_in import DEMO, live

DAYS = 4.0


@pytest.fixture(scope="session")
def demo() -> LoadedSite:
    return load_site(DEMO)


@pytest.fixture(scope="module")
def lived(demo: LoadedSite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module's own: plans want fresh readings, and those of a folder made for an earlier module are old by now."""
    folder = tmp_path_factory.mktemp("lived")
    live(demo, StateFolder(folder), DAYS)
    return folder
