"""A finding flags the readings of its point: those since it began, and those to come."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from facility.records import Finding, Quality
from facility.service.trust_watch import flag_past
from tests.history.store import POINTS, START, batch, open_store

WRONG, RIGHT = POINTS[0], POINTS[1]


def finding(since_s: float) -> Finding:
    return Finding(WRONG, "stuck", START + timedelta(seconds=since_s), "it does not move")


@pytest.mark.parametrize("flushed", [False, True])
def test_past_readings_are_flagged_from_when_it_began(tmp_path: Path, flushed: bool) -> None:
    with open_store(tmp_path) as store:
        for number in range(20):
            store.append(batch(number, revision="r1" if number < 12 else "r2"))
        if flushed:
            store.flush()
        end = START + timedelta(hours=1)
        assert flag_past(store, [finding(since_s=100)], end) == 10
        store.append(batch(20))
        rows = store.read_rows([WRONG, RIGHT], START, end)
        wrong = rows[rows["point"] == WRONG]
        assert len(rows) == 42
        assert list(wrong["value"]) == list(range(21))  # kept, for a person to judge
        assert list(wrong["quality"]) == [Quality.GOOD] * 10 + [Quality.SUSPECT] * 10 + [Quality.GOOD]
        assert list(wrong["site_revision"])[9:14] == ["r1"] * 3 + ["r2"] * 2
        assert set(rows[rows["point"] == RIGHT]["quality"]) == {Quality.GOOD}
        believed = store.read([WRONG, RIGHT], START, end)
        assert believed[WRONG].notna().sum() == 11
        assert believed[RIGHT].notna().sum() == 21
        assert flag_past(store, [finding(since_s=100)], START + timedelta(seconds=195)) == 0  # already so


def test_what_was_no_reading_stays_none(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.append(batch(1, quality=Quality.STALE))
        store.append(batch(2, quality=Quality.OUT_OF_RANGE))
        store.append(batch(3))
        assert flag_past(store, [finding(since_s=0)], START + timedelta(hours=1)) == 1
        rows = store.read_rows([WRONG], START, START + timedelta(hours=1))
        assert list(rows["quality"]) == [Quality.STALE, Quality.OUT_OF_RANGE, Quality.SUSPECT]


def test_flags_outlive_the_process(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.append(batch(1))
        flag_past(store, [finding(since_s=0)], START + timedelta(hours=1))
    with open_store(tmp_path) as store:
        store.flush()
        rows = store.read_rows([WRONG], START, START + timedelta(hours=1))
        assert list(rows["quality"]) == [Quality.SUSPECT]
