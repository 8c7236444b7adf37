"""The living site, once for what leaves no trace on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dispatch.living_site import LivingSite, living_site


@pytest.fixture
def living(tmp_path: Path) -> Iterator[LivingSite]:
    with living_site(tmp_path) as one:
        yield one
