"""Days of the toy, lived once for all tests."""

from __future__ import annotations

import pytest

from tests.backtest.toy_days import ToyDays

HISTORY, DAYS = 8, 5


@pytest.fixture(scope="session")
def toy_days() -> ToyDays:
    return ToyDays.lived(HISTORY + DAYS)
