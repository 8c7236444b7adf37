"""After a power loss the newest files may be short, zeroed or gone: the history opens, and nothing acknowledged is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from facility.errors import HistoryError
from facility.history.commit import LOG, read_commit
from facility.history.maintenance import maintain
from tests.history.store import POINTS, START, batch, numbers_kept, open_store

Damage = Callable[[Path], None]


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def _zero_the_first_page(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4] + bytes(len(data) // 3) + data[4 + len(data) // 3 :])


DAMAGES = [
    _zero_the_first_page,
    Path.unlink,
    pytest.param(_halve, marks=pytest.mark.slow),
    pytest.param(_empty, marks=pytest.mark.slow),
    pytest.param(_zero, marks=pytest.mark.slow),
]
PIECES = ("entry", "files", "both")


def _versions(root: Path) -> list[int]:
    return sorted(int(path.stem) for path in (root / "telemetry" / LOG).glob("*.json") if path.stem.isdigit())


def _entry(root: Path, version: int) -> Path:
    return root / "telemetry" / LOG / f"{version:020d}.json"


def _added(root: Path, version: int) -> list[Path]:
    commit = read_commit(root / "telemetry", version)
    assert commit is not None
    return [root / "telemetry" / path for path in commit.added]


@pytest.fixture(scope="module")
def maintained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two days of readings, the first sorted, the second compacted, after the last flush."""
    root = tmp_path_factory.mktemp("maintained")
    with open_store(root) as store:
        for number in range(30):
            store.append(batch(number, every_s=600.0))
            store.flush()
        maintain(store, START + timedelta(hours=5))
    return root


@pytest.fixture(scope="module")
def checkpointed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table with several checkpoints, and a reading that is not in it yet."""
    root = tmp_path_factory.mktemp("checkpointed")
    with open_store(root) as store:
        for number in range(5):
            store.append(batch(number))
            store.flush()
            maintain(store, START + timedelta(days=2))
        store.append(batch(5))
    return root


def _check(root: Path, acknowledged: list[int]) -> None:
    """It opens, holds each reading once, and goes on: flush, more readings, another opening."""
    with open_store(root) as store:
        assert numbers_kept(store) == acknowledged
        store.flush()
        assert numbers_kept(store) == acknowledged
        store.append(batch(1000))
        store.flush()
    with open_store(root) as store:
        assert numbers_kept(store) == [*acknowledged, 1000]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("pieces", PIECES)
def test_a_torn_last_flush_is_replayed(tmp_path: Path, damage: Damage, pieces: str) -> None:
    with open_store(tmp_path) as store:
        for number in range(9):
            store.append(batch(number))
            if number in {2, 5}:
                store.flush()
    version = _versions(tmp_path)[-1]
    files = _added(tmp_path, version)
    for path in [*(files if pieces != "entry" else []), *([_entry(tmp_path, version)] if pieces != "files" else [])]:
        damage(path)
    _check(tmp_path, list(range(9)))
    if damage is not Path.unlink:
        assert any((tmp_path / "quarantine").iterdir())


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("back", [1, 2, 3])
def test_torn_maintenance_is_undone(tmp_path: Path, maintained: Path, damage: Damage, back: int) -> None:
    root = shutil.copytree(maintained, tmp_path / "state")
    versions = _versions(root)
    commits = [read_commit(root / "telemetry", version) for version in versions[-3:]]
    assert all(commit and commit.removed and commit.added for commit in commits), "three commits that replace files"
    for version in versions[-back:]:
        for path in _added(root, version):
            damage(path)
        damage(_entry(root, version))
    with open_store(root) as store:
        assert numbers_kept(store, every_s=600.0) == list(range(30))
        maintain(store, START + timedelta(hours=5))
        assert numbers_kept(store, every_s=600.0) == list(range(30))


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("pattern", ["_last_checkpoint", "*.checkpoint.parquet"])
def test_a_torn_checkpoint_is_put_aside(tmp_path: Path, checkpointed: Path, damage: Damage, pattern: str) -> None:
    root = shutil.copytree(checkpointed, tmp_path / "state")
    damage(sorted((root / "telemetry" / LOG).glob(pattern))[-1])
    _check(root, list(range(6)))


@pytest.mark.parametrize("damage", DAMAGES)
def test_everything_newest_torn_at_once(tmp_path: Path, damage: Damage) -> None:
    """The tail of the hot log, the last log entry and its files together."""
    with open_store(tmp_path) as store:
        for number in range(7):
            store.append(batch(number))
            if number in {2, 5}:
                store.flush()
        acknowledged = max((tmp_path / "hot_log").iterdir())
        whole = acknowledged.read_bytes()
        store.append(batch(7))  # reached the page cache, but the power went before fsync returned
    acknowledged.write_bytes(whole + acknowledged.read_bytes()[len(whole) : -9])
    version = _versions(tmp_path)[-1]
    for path in [*_added(tmp_path, version), _entry(tmp_path, version)]:
        damage(path)
    _check(tmp_path, list(range(7)))


def test_power_lost_while_the_table_was_made(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.append(batch(0))
    _empty(_entry(tmp_path, 0))
    _check(tmp_path, [0])


def test_a_reader_says_that_the_table_is_torn(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.append(batch(0))
        store.flush()
    _zero(_entry(tmp_path, 1))
    with open_store(tmp_path, read_only=True) as reader, pytest.raises(HistoryError, match="cannot be"):
        reader.read(POINTS, START, START + timedelta(hours=1))


def test_loaded_history_is_not_thrown_away_with_a_torn_commit_before_it(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.append(batch(0))
        store.flush()
        store.load([batch(1)])
    _halve(_added(tmp_path, 1)[0])
    with pytest.raises(HistoryError, match="commit 1 is damaged, but commit 2 after it holds loaded history"):
        open_store(tmp_path)
    assert json.loads(_entry(tmp_path, 2).read_text().splitlines()[0])  # still there
