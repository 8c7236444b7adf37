"""Reads: table and hot log as one, steps, qualities, repeated times, readers beside the writer."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facility.errors import HistoryError
from facility.history.hot_log import segment_path, segments
from facility.history.telemetry import open_telemetry
from facility.records import Quality, ReadingBatch
from facility.state import StateFolder
from tests.history.store import POINTS, START, StandingClock, batch, microseconds, numbers_kept, open_store

DAY = timedelta(days=1)


def test_table_and_hot_log_read_as_one(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        for number in range(12):
            store.append(batch(number))
            if number in {3, 7}:
                assert store.flush() == 12
        asked = [POINTS[2], "crah-9.power_kw", POINTS[0]]
        frame = store.read(asked, START, START + timedelta(seconds=110))
    assert list(frame.columns) == asked
    assert frame.index.name == "time" and str(frame.index.dtype) == "datetime64[us, UTC]"
    assert frame.index[0] == START and frame.index[-1] == START + timedelta(seconds=100)  # the end is not in it
    np.testing.assert_array_equal(frame[POINTS[0]], np.arange(11.0))
    np.testing.assert_array_equal(frame[POINTS[2]], np.arange(11.0) + 2)
    assert frame["crah-9.power_kw"].isna().all()


def test_a_reopened_history_has_everything(tmp_path: Path) -> None:
    for number in range(6):
        with open_store(tmp_path) as store:
            store.append(batch(number))
            if number % 2:
                store.flush()
            assert numbers_kept(store) == list(range(number + 1))


def test_means_over_steps_begin_at_multiples_of_the_step(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        for number in range(60):
            store.append(batch(number, every_s=10.0))
        store.append(batch(100, every_s=10.0, value=np.nan))
        store.append(batch(101, every_s=10.0, value=1e9, quality=Quality.OUT_OF_RANGE))
        begin = START + timedelta(seconds=70)
        frame = store.read(POINTS, begin, START + timedelta(minutes=20), timedelta(minutes=5))
    assert [time.minute for time in frame.index] == [0, 5, 10, 15]
    assert frame[POINTS[0]].tolist()[:2] == [np.arange(7, 30).mean(), np.arange(30, 60).mean()]
    assert frame[POINTS[0]].isna().tolist() == [False, False, True, True]


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seconds=st.lists(st.integers(0, 4 * 86400), min_size=1, max_size=60),
    step_s=st.sampled_from([1, 7, 60, 900, 3600, 86400]),
    flush_at=st.sets(st.integers(0, 60), max_size=2),
    window=st.tuples(st.integers(0, 4 * 86400), st.integers(1, 4 * 86400)),
)
def test_means_agree_with_a_plain_calculation(
    tmp_path_factory: pytest.TempPathFactory,
    seconds: list[int],
    step_s: int,
    flush_at: set[int],
    window: tuple[int, int],
) -> None:
    """Against a dictionary: the last value written at a time counts, wherever it lies."""
    first, last = window[0], window[0] + window[1]
    plain: dict[int, float] = {}
    with open_store(tmp_path_factory.mktemp("history")) as store:
        for number, second in enumerate(seconds):
            time_us = np.array([microseconds(START + timedelta(seconds=second))])
            store.append(ReadingBatch(POINTS[:1], time_us, np.array([float(number)]), np.zeros(1, np.uint8), "r"))
            plain[second] = float(number)
            if number in flush_at:
                store.flush()
        start, end = START + timedelta(seconds=first), START + timedelta(seconds=last)
        frame = store.read(POINTS[:1], start, end, timedelta(seconds=step_s))
        low, high = store.extremes(POINTS[:1], start, end, timedelta(seconds=step_s))
        as_read = store.read(POINTS[:1], start, end)
    inside = {second: value for second, value in plain.items() if first <= second < last}
    assert (
        dict(zip((pd.DatetimeIndex(as_read.index) - START).total_seconds(), as_read[POINTS[0]], strict=True)) == inside
    )
    base = microseconds(START) // 10**6
    by_step: dict[int, list[float]] = {}
    for second, value in inside.items():
        by_step.setdefault((base + second) // step_s, []).append(value)
    means = frame[POINTS[0]].dropna()
    found = {
        int(time.timestamp()) // step_s: value for time, value in zip(pd.DatetimeIndex(means.index), means, strict=True)
    }
    assert found == pytest.approx({step: np.mean(values) for step, values in by_step.items()})
    for one, extreme in ((low, min), (high, max)):
        assert one.index.equals(frame.index)
        assert one[POINTS[0]].dropna().tolist() == [extreme(values) for _, values in sorted(by_step.items())]
    assert len(frame) == -(-(base + last) // step_s) - (base + first) // step_s


def test_raw_rows_keep_quality_nan_infinity_and_revision(tmp_path: Path) -> None:
    odd = [np.nan, np.inf, -np.inf, 1e300, -0.0]
    with open_store(tmp_path) as store:
        for number, value in enumerate(odd):
            store.append(batch(number, value=value, quality=Quality(number % 4), revision=f"r{number}"))
        for flushed in (False, True):
            if flushed:
                store.flush()
            rows = store.read_rows([POINTS[1]], START, START + DAY)
            assert list(rows.columns) == ["point", "time", "value", "quality", "site_revision"]
            np.testing.assert_array_equal(rows["value"], odd)
            assert rows["quality"].tolist() == [0, 1, 2, 3, 0]
            assert rows["site_revision"].tolist() == ["r0", "r1", "r2", "r3", "r4"]
            good = store.read([POINTS[1]], START, START + DAY)
            assert good[POINTS[1]].tolist() == [
                -0.0
            ]  # infinity and NaN are no good readings, whatever their quality says


def test_a_clock_put_back_keeps_the_last_written_of_each_time(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        for number in range(10):
            store.append(batch(number))
        store.flush()
        for number in range(5, 8):
            store.append(batch(number, value=100.0 + number))
        for flushed in (False, True):
            if flushed:
                store.flush()
            values = store.read(POINTS[:1], START, START + DAY)[POINTS[0]].tolist()
            assert values == [0, 1, 2, 3, 4, 105, 106, 107, 8, 9]
            assert len(store.read_rows(POINTS[:1], START, START + DAY)) == 10


def test_latest_leaves_the_future_once_the_clock_is_right_again(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.append(batch(0))
        store.append(batch(10**6))  # eleven days ahead of the store's clock
        assert store.latest()[POINTS[0]].value == 1e6
        store.append(batch(7))
        store.append(batch(3))  # late, but older
        assert store.latest()[POINTS[0]].time == START + timedelta(seconds=70)


_PRINT_LATEST = """
import pathlib, sys
from tests.history.store import POINTS, open_store
print(open_store(pathlib.Path(sys.argv[1]), read_only=True).latest()[POINTS[0]].value)
"""


def test_latest_in_another_process_and_after_flushes(tmp_path: Path) -> None:
    with open_store(tmp_path) as store, open_store(tmp_path, read_only=True) as reader:
        assert reader.latest() == {}
        store.append(batch(0, [*POINTS, "rack-z.power_kw"]))
        assert reader.latest()["rack-z.power_kw"].value == 3
        for number in range(1, 6):  # the first segments are dropped before the reader looks again
            store.append(batch(number, quality=Quality(number % 4)))
            store.flush()
        store.append(batch(6))
        latest = reader.latest()
        assert latest[POINTS[0]].value == 6 and latest["rack-z.power_kw"].value == 3
        assert latest[POINTS[0]].quality is Quality.GOOD
        other = subprocess.run(
            [sys.executable, "-c", _PRINT_LATEST, str(tmp_path)], check=True, capture_output=True, text=True
        )
        assert other.stdout == "6.0\n"


def test_latest_of_a_point_long_silent_is_found_by_name(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.append(batch(0, ["old.power_kw"]))
        store.append(batch(0, every_s=1.0))
        store.append(batch(4 * 8640))
        store.append(batch(6 * 8640))
        store.flush()
    with open_store(tmp_path, read_only=True) as reader:
        (tmp_path / "hot_log" / "000000000000.log").unlink()
        assert "old.power_kw" not in reader.latest()
        assert reader.latest(["old.power_kw", "none.power_kw"])["old.power_kw"].time == START


def test_bounds_are_exact_to_the_microsecond(tmp_path: Path) -> None:
    """Delta keeps the times of its statistics in milliseconds; a file must not be skipped for that."""
    time = START + timedelta(microseconds=123_456)
    reading = ReadingBatch(POINTS[:1], np.array([microseconds(time)]), np.ones(1), np.zeros(1, np.uint8), "r")
    with open_store(tmp_path) as store:
        store.append(reading)
        store.flush()
        tick = timedelta(microseconds=1)
        assert len(store.read(POINTS[:1], time, time + tick)) == 1
        assert len(store.read(POINTS[:1], time - DAY, time)) == 0
        assert len(store.read(POINTS[:1], time + tick, time + DAY)) == 0


def test_a_point_id_is_only_ever_data(tmp_path: Path) -> None:
    awkward = "it's.power_kw' OR '1'='1"
    with open_store(tmp_path) as store:
        store.append(batch(0, [awkward, POINTS[0]]))
        store.flush()
        frame = store.read([awkward], START, START + DAY)
        assert frame[awkward].tolist() == [0.0]
        assert len(store.read_rows([awkward], START, START + DAY)) == 1


def test_nothing_there_reads_as_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path / "never written", read_only=True) as reader:
        frame = reader.read(POINTS, START, START + timedelta(hours=1), timedelta(minutes=15))
        assert frame.shape == (4, 3) and frame.isna().all().all()
        assert reader.read(POINTS, START, START + DAY).shape == (0, 3)
        assert reader.read([], START, START + DAY).shape == (0, 0)
        assert len(reader.read_rows(POINTS, START, START + DAY)) == 0
        assert reader.latest(POINTS) == {}
    assert not (tmp_path / "never written").exists()


def test_a_bad_caller_is_told(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        with pytest.raises(HistoryError, match="has no zone"):
            store.read(POINTS, datetime(2026, 7, 1), START + DAY)  # noqa: DTZ001
        with pytest.raises(HistoryError, match="step must be positive"):
            store.read(POINTS, START, START + DAY, timedelta(0))
    with open_store(tmp_path, read_only=True) as reader, pytest.raises(HistoryError, match="reading only"):
        reader.append(batch(0))


def test_a_flush_replayed_does_not_double(tmp_path: Path) -> None:
    """As after a crash between the commit and the dropping of its segments, twice over."""
    with open_store(tmp_path) as store:
        for number in range(5):
            store.append(batch(number))
        store.flush()
        held = segment_path(tmp_path / "hot_log", 0).read_bytes()
        store.append(batch(5))
        store.flush()
    for _ in range(2):
        segment_path(tmp_path / "hot_log", 0).write_bytes(held)
        with open_store(tmp_path) as store:
            assert store.flush() == 0
            assert numbers_kept(store) == [0, 1, 2, 3, 4, 5]


def test_a_segment_is_kept_until_the_flush_after_its_own(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        for number in range(3):
            store.append(batch(number))
            store.flush()
            assert segments(tmp_path / "hot_log") == [number]


def test_readers_beside_flushes_see_each_acknowledged_row_once(tmp_path: Path) -> None:
    acknowledged = -1
    done = threading.Event()
    faults: list[str] = []

    def watch() -> None:
        with open_store(tmp_path, read_only=True) as reader:
            while not done.is_set():
                before = acknowledged
                kept = numbers_kept(reader)
                if kept != list(range(len(kept))) or len(kept) <= before:
                    faults.append(f"{before} acknowledged, read {kept}")

    with open_store(tmp_path) as store:
        readers = [threading.Thread(target=watch) for _ in range(2)]
        for reader in readers:
            reader.start()
        for number in range(60):
            store.append(batch(number))
            acknowledged = number
            if number % 2:
                store.flush()
        done.set()
        for reader in readers:
            reader.join()
    assert faults == []


def test_loaded_history_is_read_beside_polled(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.append(batch(3, value=50.0))
        store.flush()
        assert store.load(batch(number) for number in range(10)) == 30
        store.append(batch(4, value=60.0))
        store.flush()
        store.append(batch(10))
        values = store.read(POINTS[:1], START, START + DAY)[POINTS[0]].tolist()
        assert values == [0, 1, 2, 3, 60, 5, 6, 7, 8, 9, 10]  # of one time the last written counts
    with open_store(tmp_path) as store:
        store.append(batch(11))
        store.flush()
        assert len(store.read(POINTS[:1], START, START + DAY)) == 12


def test_the_table_may_live_elsewhere(tmp_path: Path) -> None:
    uri, state = (tmp_path / "it's else where").as_uri(), StateFolder(tmp_path / "state")
    with open_telemetry(state, table_uri=uri, raw_retention_days=9, clock=StandingClock()) as store:
        store.append(batch(0))
        store.flush()
        assert numbers_kept(store) == [0]
    assert list((tmp_path / "it's else where").glob("date=*/bucket=*/*.parquet"))


@pytest.mark.parametrize("name", ["50%20", "[draft]", "a|b", "a^b"])
def test_a_path_that_delta_cannot_use_is_refused_clearly(tmp_path: Path, name: str) -> None:
    with pytest.raises(HistoryError, match="choose another folder"):
        open_store(tmp_path / name)


@pytest.mark.parametrize("name", ["it's größe", 'a#b?c&d=e{f}*g"h', "a,b;c+d~e$f"])
def test_odd_paths_work(tmp_path: Path, name: str) -> None:
    with open_store(tmp_path / name) as store:
        store.append(batch(0))
        store.flush()
        store.append(batch(1))
        assert numbers_kept(store) == [0, 1]
