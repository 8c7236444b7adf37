"""Sites for tests of the closed loop."""

from __future__ import annotations

from pathlib import Path

import pytest

from facility.site_file import LoadedSite, load_site
from tests.closed_loop.making import TOY

EXAMPLE = Path(__file__).parents[1] / "site" / "example" / "site.yaml"


@pytest.fixture(scope="session")
def toy() -> LoadedSite:
    """Return the toy site."""
    return load_site(TOY)


@pytest.fixture(scope="session")
def site_with_loop() -> LoadedSite:
    """Return the example site: one hall, five racks, one technology loop with one CDU."""
    return load_site(EXAMPLE)
