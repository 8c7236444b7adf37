"""Readings in memory behave as those of the history do."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from facility.records import Quality, ReadingBatch
from facility.site_file import LoadedSite
from tests.closed_loop.making import START
from tools.closed_loop.memory_telemetry import MemoryTelemetry

INLET, POWER = "r1.inlet_temperature_degc", "r1.power_kw"
FIVE = timedelta(minutes=5)


@pytest.fixture
def telemetry(toy: LoadedSite) -> MemoryTelemetry:
    """Return readings of half an hour: 20 to 25 C, one of them impossible, power at the end only."""
    found = MemoryTelemetry(toy.points, toy.revision)
    for number in range(6):
        said = {("r1", "inlet_temperature_degc"): 500.0 if number == 2 else 20.0 + number}
        found.record(START + number * FIVE, said | ({("r1", "power_kw"): 7.0} if number == 5 else {}))
    return found


def test_latest_says_what_is_silent_and_what_is_impossible(telemetry: MemoryTelemetry) -> None:
    latest = telemetry.latest([INLET, POWER, "r2.power_kw"])
    assert (latest[INLET].value, latest[INLET].quality, latest[INLET].time) == (25.0, Quality.GOOD, START + 5 * FIVE)
    assert latest["r2.power_kw"].quality is Quality.STALE
    assert np.isnan(latest["r2.power_kw"].value)


def test_reading_gives_good_values_in_the_order_asked(telemetry: MemoryTelemetry) -> None:
    frame = telemetry.read([POWER, INLET], START, START + 3 * FIVE)
    assert list(frame.columns) == [POWER, INLET]
    assert frame[INLET].tolist()[:2] == [20.0, 21.0]
    assert np.isnan(frame[INLET].iloc[2])
    assert len(frame) == 3


def test_steps_hold_means_and_begin_at_multiples(telemetry: MemoryTelemetry) -> None:
    frame = telemetry.read([INLET], START + FIVE, START + timedelta(minutes=31), timedelta(minutes=15))
    assert [time.minute for time in frame.index] == [0, 15, 30]
    assert frame[INLET].tolist()[:2] == [21.0, 24.0]
    assert np.isnan(frame[INLET].iloc[2])


def test_rows_are_there_whatever_their_quality(telemetry: MemoryTelemetry) -> None:
    rows = telemetry.read_rows([INLET], START, START + timedelta(hours=1))
    assert rows["quality"].tolist() == [0, 0, Quality.OUT_OF_RANGE, 0, 0, 0]
    assert rows["point"].unique().tolist() == [INLET]


def test_time_moves_on(telemetry: MemoryTelemetry) -> None:
    with pytest.raises(ValueError, match="not later"):
        telemetry.record(START, {})


def test_batches_are_kept_like_the_pollers(toy: LoadedSite) -> None:
    telemetry = MemoryTelemetry(toy.points, toy.revision)
    time_us = np.array([int(START.timestamp() * 1e6)] * 2)
    telemetry.append(ReadingBatch([INLET, POWER], time_us, np.array([20.0, 7.0]), np.array([0, 2], np.uint8), "x"))
    latest = telemetry.latest([INLET, POWER])
    assert (latest[INLET].quality, latest[POWER].quality) == (Quality.GOOD, Quality.BAD)


def test_more_rows_than_were_foreseen(toy: LoadedSite) -> None:
    telemetry = MemoryTelemetry(toy.points, toy.revision)
    for number in range(1500):
        telemetry.record(START + number * FIVE, {("r1", "power_kw"): 7.0})
    assert len(telemetry.read([POWER], START, START + timedelta(days=30))) == 1500
