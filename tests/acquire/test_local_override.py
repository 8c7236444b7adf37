"""Which readings show that somebody else changed a point."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from facility.acquire.writing.local_override import local_override
from facility.acquire.writing.rules import WriteRules
from facility.records import LocalOverride, LoggedWrite, PointStanding, Quality, Reading, WriteState

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = WriteRules("p", "degC", 15, 30, None, 0.0, 900.0, 24, "", resolution=0.1)
LAST = LoggedWrite("w1", "p", "unit", AT, 21.0, 18.0, "R. Weber", "", "", WriteState.WRITTEN, read_back=21.0)
WRITTEN = PointStanding("p", last=LAST)
IN_DOUBT = PointStanding("p", last=replace(LAST, state=WriteState.IN_DOUBT, read_back=None))
KEPT = PointStanding("p", last=replace(LAST, state=WriteState.MISMATCHED, read_back=18.0))
CLEARED = replace(WRITTEN, cleared_at=AT + timedelta(seconds=1))


def found(value: float, quality: Quality = Quality.GOOD, after_s: float = 60.0) -> Reading:
    return Reading("p", AT + timedelta(seconds=after_s), value, quality)


@pytest.mark.parametrize(
    ("standing", "reading", "rules"),
    [
        (WRITTEN, found(21.0), RULES),
        (WRITTEN, found(21.04), RULES),  # the device cannot tell
        (WRITTEN, found(21.5), replace(RULES, deadband=0.5)),
        (IN_DOUBT, found(21.0), RULES),
        (IN_DOUBT, found(18.0), RULES),
        (KEPT, found(18.0), RULES),
        (PointStanding("p"), found(19.0), RULES),  # never ours
        (CLEARED, found(19.0), RULES),
        (replace(WRITTEN, override=LocalOverride("p", AT, 21.0, 19.0)), found(20.0), RULES),
        (WRITTEN, found(19.0, after_s=-1.0), RULES),  # read before we wrote
        (WRITTEN, found(math.nan, Quality.STALE), RULES),
        (WRITTEN, found(19.0, Quality.SUSPECT), RULES),
    ],
)
def test_no_override(standing: PointStanding, reading: Reading, rules: WriteRules) -> None:
    assert local_override(rules, standing, reading) is None


@pytest.mark.parametrize(
    ("standing", "reading", "expected"),
    [
        (WRITTEN, found(20.8), 21.0),
        (WRITTEN, found(50.0, Quality.OUT_OF_RANGE), 21.0),
        (IN_DOUBT, found(19.0), 21.0),
        (KEPT, found(21.0), 18.0),
        (replace(CLEARED, cleared_at=AT - timedelta(days=1)), found(19.0), 21.0),  # written again since
    ],
)
def test_an_override(standing: PointStanding, reading: Reading, expected: float) -> None:
    assert local_override(RULES, standing, reading) == LocalOverride("p", reading.time, expected, reading.value)
