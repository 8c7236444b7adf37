"""Puts a local table right after a power loss.

The newest commits may be torn: a log entry cut short or zeroed, a Parquet file missing or incomplete. They are moved to a
quarantine folder, which takes the table back to the commit before; what they held is still in the hot log, which keeps its
segments until the flush after theirs, and is flushed again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import structlog

from facility.errors import HistoryError
from facility.history.commit import LOG, Commit, is_whole, log_entry, read_commit
from facility.history.hot_log import fsync_folder
from facility.history.table import HOT_LOG, LOADED

_log = structlog.stdlib.get_logger(__name__)


def repair(table: Path, oldest_segment: int | None, quarantine: Path) -> None:
    """Quarantine torn checkpoints and commits; `oldest_segment` is the oldest that the hot log can still replay.

    Raises
    ------
    HistoryError
        If that would lose readings: the log is gone, or a whole commit after the torn one holds what is nowhere else.
    """
    if not (table / LOG).is_dir():
        if any(table.glob("date=*")):
            raise HistoryError(f"history table {table}: its {LOG} folder is gone; restore it, or move the table away")
        return
    _repair_checkpoint(table, quarantine)
    suspects = list(_suspects(table, oldest_segment))
    torn = [version for version, commit in suspects if not _is_sound(table, version, commit, suspects)]
    if not torn:
        return
    after = [(version, commit) for version, commit in suspects if version >= min(torn)]
    _refuse_loss(table, min(torn), [(version, commit) for version, commit in after if version not in torn])
    for version, commit in after:
        _quarantine(table, version, commit, quarantine)
    _log.warning(
        "history table: torn commits quarantined", versions=[version for version, _ in after], folder=str(quarantine)
    )


def _refuse_loss(table: Path, first_torn: int, whole_after: list[tuple[int, Commit | None]]) -> None:
    loaded = [version for version, commit in whole_after if commit and LOADED in commit.transactions]
    if loaded:
        raise HistoryError(
            f"history table {table}: commit {first_torn} is damaged, but commit {loaded[0]} after it holds loaded history; "
            "restore the table from a copy, or move it away and load the history again"
        )
    before = [path for path in (table / LOG).iterdir() if path.name[:20].isdigit() and int(path.name[:20]) < first_torn]
    if first_torn > 0 and not any(int(path.name[:20]) == 0 or ".checkpoint" in path.name for path in before):
        raise HistoryError(
            f"history table {table}: commit {first_torn} is damaged and nothing before it is left; restore a copy"
        )


def _suspects(table: Path, oldest_segment: int | None) -> Iterator[tuple[int, Commit | None]]:
    """Yield commits, newest first, back to the newest flush whose segments are gone: that one was known to be durable."""
    for version in sorted(
        (int(path.stem) for path in (table / LOG).glob("*.json") if path.stem.isdigit()), reverse=True
    ):
        commit = read_commit(table, version)
        yield version, commit
        flushed = commit.transactions.get(HOT_LOG) if commit else None
        if flushed is not None and (oldest_segment is None or flushed < oldest_segment):
            return


def _is_sound(table: Path, version: int, commit: Commit | None, suspects: list[tuple[int, Commit | None]]) -> bool:
    if commit is None:
        return False
    newest = all(other is None or not other.added for later, other in suspects if later > version)
    replaced = {path for later, other in suspects if other and later > version for path in other.removed}
    return all(
        is_whole(table / path, size, every_page=newest)
        for path, size in commit.added.items()
        if path not in replaced or (table / path).exists()
    )


def _quarantine(table: Path, version: int, commit: Commit | None, quarantine: Path) -> None:
    quarantine.mkdir(parents=True, exist_ok=True)
    log = table / LOG
    summed_up = log.glob(f"{version:020d}.checkpoint*.parquet")
    files = [table / added for added in (commit.added if commit else ())]
    for path in [log / "_last_checkpoint", *summed_up, log_entry(table, version), *files]:
        _move(path, quarantine)
    fsync_folder(log)


def _move(path: Path, quarantine: Path) -> None:
    if path.exists():
        quarantine.mkdir(parents=True, exist_ok=True)
        number = sum(1 for _ in quarantine.iterdir())
        path.replace(quarantine / f"{number:06d}-{path.name}")


def _repair_checkpoint(table: Path, quarantine: Path) -> None:
    """Move torn checkpoints away, and those of commits that are gone; the one before and the entries since it remain."""
    pointer = table / LOG / "_last_checkpoint"
    checkpoints = (table / LOG).glob("*.checkpoint*.parquet")
    torn = [path for path in checkpoints if not (log_entry(table, int(path.name[:20])).exists() and _is_readable(path))]
    if torn or (pointer.exists() and not _points_to_checkpoint(pointer)):
        _log.warning("history table: torn checkpoint quarantined", files=[path.name for path in torn])
        for path in [pointer, *torn]:
            _move(path, quarantine)
        fsync_folder(table / LOG)


def _is_readable(path: Path) -> bool:
    try:
        pq.read_table(path)
    except (OSError, pa.ArrowException):
        return False
    return True


def _points_to_checkpoint(pointer: Path) -> bool:
    try:
        version = int(json.loads(pointer.read_text("utf-8"))["version"])
    except (ValueError, KeyError, TypeError):
        return False
    return any(pointer.parent.glob(f"{version:020d}.checkpoint*.parquet"))
