"""The table is away: readings wait in the hot log up to its limit, then in memory; they move in order, once, when it is back."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from facility.acquire.outbox import Outbox
from facility.errors import HistoryError, StorageFullError
from facility.history.telemetry import TelemetryStore, open_telemetry
from facility.records import ReadingBatch
from facility.state import StateFolder
from tests.history.object_store import ENVIRONMENT, Objects, object_store
from tests.history.store import POINTS, START, StandingClock, batch, numbers_kept, open_store

_HOUSE = Path(__file__).parents[2]
WIDE = (POINTS[0], *(f"rack-{number}.power_kw" for number in range(20_000)))  # 0.4 MB a batch


def small_store(root: Path, *, limit_mb: int = 1) -> TelemetryStore:
    return open_telemetry(
        StateFolder(root), table_uri=None, raw_retention_days=730, hot_log_max_mb=limit_mb, clock=StandingClock()
    )


@contextmanager
def table_away(root: Path) -> Iterator[None]:
    """Put a plain file where the table's folder was: it can be neither read nor made anew, not even by root."""
    table, aside = root / "telemetry", root / "aside"
    table.rename(aside)
    table.write_text("not mounted")
    try:
        yield
    finally:
        table.unlink()
        aside.rename(table)


def fill(store: TelemetryStore, first: int) -> int:
    """Append until the store refuses; return the number of the batch refused."""
    for number in range(first, first + 100):
        try:
            store.append(batch(number, WIDE))
        except StorageFullError as error:
            assert "history.hot_log_max_mb is 1; bring the table back, or raise the limit" in str(error)
            return number
    raise AssertionError("never full")


def test_a_full_hot_log_refuses_and_loses_nothing(tmp_path: Path) -> None:
    with small_store(tmp_path) as store:
        store.append(batch(0))
        store.flush()
        with table_away(tmp_path):
            refused = fill(store, 1)
            assert refused > 2
            for _ in range(2):
                with pytest.raises(HistoryError, match=r"cannot be opened: .*"):
                    store.flush()
                with pytest.raises(StorageFullError):
                    store.append(batch(refused))
            report = store.backlog()
            assert report.waiting_bytes >= report.limit_bytes == 1 << 20
            assert report.oldest == START + timedelta(seconds=10)
        store.flush()
        assert (store.backlog().waiting_bytes, store.backlog().oldest) == (0, None)
        assert numbers_kept(store) == list(range(refused))
        assert fill(store, refused) >= refused + 2, "what the table has taken counts no longer"


def test_a_table_that_is_gone_is_no_empty_one(tmp_path: Path) -> None:
    """A disk that is not mounted must not be written around, nor read as a history without a past."""
    with small_store(tmp_path) as store, small_reader(tmp_path) as reader:
        store.append(batch(0))
        store.flush()
        store.append(batch(1))
        (tmp_path / "telemetry").rename(tmp_path / "aside")
        with pytest.raises(HistoryError, match="is gone"):
            store.flush()
        for ask in (lambda: numbers_kept(reader), reader.latest):
            with pytest.raises(HistoryError, match="is gone"):
                ask()
        (tmp_path / "aside").rename(tmp_path / "telemetry")
        assert numbers_kept(reader) == [0, 1]
        assert reader.latest()[POINTS[0]].value == 1.0
        store.flush()


def small_reader(root: Path) -> TelemetryStore:
    return open_store(root, read_only=True)


def test_what_an_earlier_process_left_counts(tmp_path: Path) -> None:
    with small_store(tmp_path) as store:
        store.append(batch(0))
        store.flush()
        store.append(batch(5))
        store.append(batch(6))
        before = store.backlog()
    with small_store(tmp_path) as again:
        assert again.backlog() == before
        again.flush()
        assert again.backlog().waiting_bytes == 0
    with small_store(tmp_path) as flushed:
        assert flushed.backlog().waiting_bytes == 0, "the last segments stay a while, and are in the table"


def test_an_outbox_before_a_full_store_keeps_the_newest_and_counts_what_it_drops(tmp_path: Path) -> None:
    store = small_store(tmp_path)
    store.flush()
    acknowledged: list[int] = []

    def keep(readings: ReadingBatch) -> None:
        store.append(readings)
        acknowledged.extend(
            int(value) for point, value in zip(readings.points, readings.values, strict=True) if point == POINTS[0]
        )

    async def run() -> None:
        outbox = Outbox(keep, limit=3 * len(WIDE))
        with table_away(tmp_path):
            for number in range(10):
                outbox.add(batch(number, WIDE))
                await outbox.flush()
            assert outbox.refusals and outbox.dropped == (10 - len(acknowledged) - 3) * len(WIDE)
            assert outbox.readings == 3 * len(WIDE)
        store.flush()
        await outbox.flush()
        outbox.close()

    asyncio.run(run())
    assert acknowledged == sorted(acknowledged)
    assert acknowledged[-3:] == [7, 8, 9]
    store.flush()
    assert numbers_kept(store) == acknowledged
    store.close()


def run_and_kill(root: Path, first: int, alive_s: float) -> list[int]:
    """Run the writer of `test_kill` with the table away, kill it; return what it acknowledged."""
    command = [sys.executable, "-m", "tests.history.outage_writer", str(root), str(first)]
    with subprocess.Popen(command, cwd=_HOUSE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        heard = child.stdout.readline()
        time.sleep(alive_s)
        child.kill()
        return [int(line) for line in (heard + child.stdout.read()).split("\n")[:-1] if line]


@pytest.mark.parametrize("kills", [3, pytest.param(8, marks=pytest.mark.slow)])
def test_killed_while_the_table_comes_and_goes(tmp_path: Path, kills: int) -> None:
    small_store(tmp_path).close()
    moments, acknowledged = random.Random(kills), list[int]()
    for _ in range(kills):
        first = acknowledged[-1] + 1000 if acknowledged else 0
        acknowledged += run_and_kill(tmp_path, first, moments.uniform(0.0, 0.8))
        for aside in tmp_path.glob("aside"):  # killed while the table was away
            (tmp_path / "telemetry").unlink(missing_ok=True)
            aside.rename(tmp_path / "telemetry")
        with small_store(tmp_path) as store:
            kept = numbers_kept(store, every_s=1.0)
            assert len(kept) == len(set(kept)), "doubled"
            assert set(acknowledged) <= set(kept), "lost"
    with small_store(tmp_path) as store:
        store.flush()
        assert numbers_kept(store, every_s=1.0) == kept


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.mark.slow
def test_an_object_store_that_goes_away_and_comes_back(tmp_path: Path, credentials: pytest.MonkeyPatch) -> None:
    objects: Objects = {}

    def opened(*, read_only: bool = False) -> TelemetryStore:
        return open_telemetry(
            StateFolder(tmp_path),
            table_uri="s3://history/site",
            raw_retention_days=730,
            read_only=read_only,
            clock=StandingClock(),
        )

    with object_store(objects) as port:
        credentials.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        with opened() as store:
            store.append(batch(0))
            store.flush()
            assert numbers_kept(store) == [0]
    with opened() as store:  # begun while the object store is away
        store.append(batch(1))
        with pytest.raises(HistoryError, match=r"127\.0\.0\.1"):
            store.flush()
        store.append(batch(2))
    with opened() as store:
        store.append(batch(3))
        with object_store(objects, port):
            store.flush()
            assert store.backlog().waiting_bytes == 0
            with opened(read_only=True) as reader:
                assert numbers_kept(reader) == [0, 1, 2, 3]


def test_a_table_elsewhere_that_was_never_reached_is_an_error(tmp_path: Path, credentials: pytest.MonkeyPatch) -> None:
    credentials.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(HistoryError, match="cannot be opened"):
        open_telemetry(
            StateFolder(tmp_path), table_uri="s3://history/site", raw_retention_days=730, clock=StandingClock()
        )
