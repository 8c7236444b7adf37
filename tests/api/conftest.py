"""Fixtures of who asks what: the example site, its clock, its people and machines, and the API over a socket."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from httpx import Client

from facility.access import Role
from facility.accounts.opening import Access, open_access
from facility.site_file import LoadedSite, load_site
from facility.state import StateFolder
from tests.api.askers import add_person
from tests.api.records_for_tests import FixedClock
from tests.api.serving import serving
from tests.conftest import EXAMPLE


@pytest.fixture(scope="module")
def loaded() -> LoadedSite:
    return load_site(EXAMPLE / "site.yaml")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def access(loaded: LoadedSite, tmp_path: Path, clock: FixedClock) -> Iterator[Access]:
    with closing(open_access(loaded, StateFolder(tmp_path), clock)) as opened:
        add_person(opened, "boss", Role.ADMIN)
        yield opened


@pytest.fixture
def client(loaded: LoadedSite, access: Access, tmp_path: Path, clock: FixedClock) -> Iterator[Client]:
    with serving(loaded, StateFolder(tmp_path), clock) as client:
        yield client
