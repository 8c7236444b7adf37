"""The demo site, loaded once."""

from __future__ import annotations

import pytest

from facility.site_file import LoadedSite, load_site
from tests.cycle.lived_in import DEMO


@pytest.fixture(scope="session")
def demo() -> LoadedSite:
    return load_site(DEMO)
