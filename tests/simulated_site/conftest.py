"""The demo site, simulated in process."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

import pytest

from facility.site import Site
from facility.site_file import load_site
from tools.simulated_site import SimulatedSite

DEMO = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
SUMMER = datetime(2026, 7, 14, 6, tzinfo=UTC)
WINTER = datetime(2026, 1, 20, 6, tzinfo=UTC)


@pytest.fixture(scope="session")
def site() -> Site:
    return load_site(DEMO).site


@pytest.fixture(scope="session")
def settled_in_summer(site: Site) -> SimulatedSite:
    return settled(SimulatedSite(site, 5, SUMMER))


@pytest.fixture(scope="session")
def settled_in_winter(site: Site) -> SimulatedSite:
    return settled(SimulatedSite(site, 5, WINTER))


@pytest.fixture
def summer(settled_in_summer: SimulatedSite) -> SimulatedSite:
    return deepcopy(settled_in_summer)


@pytest.fixture
def winter(settled_in_winter: SimulatedSite) -> SimulatedSite:
    return deepcopy(settled_in_winter)


def settled(simulation: SimulatedSite, hours: float = 3.0) -> SimulatedSite:
    simulation.step(hours * 3600.0)
    return simulation
