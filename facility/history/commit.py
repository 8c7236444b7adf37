"""A commit of a local Delta table: its log entry, the files it adds, and how to force them to the disk."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from facility.history.hot_log import fsync_folder

LOG = "_delta_log"


def log_entry(table: Path, version: int) -> Path:
    """Return where the log entry of a version is kept."""
    return table / LOG / f"{version:020d}.json"


@dataclass(frozen=True, slots=True)
class Commit:
    """What a log entry says."""

    version: int
    added: Mapping[str, int]  # path within the table -> size in bytes
    removed: frozenset[str]
    transactions: Mapping[str, int]  # application -> how far it has come


def read_commit(table: Path, version: int) -> Commit | None:
    """Return a commit, or None when its log entry is torn."""
    try:
        actions: list[dict[str, Any]] = [
            json.loads(line) for line in log_entry(table, version).read_text("utf-8").splitlines()
        ]
        return (
            Commit(
                version,
                {unquote(action["add"]["path"]): action["add"]["size"] for action in actions if "add" in action},
                frozenset(unquote(action["remove"]["path"]) for action in actions if "remove" in action),
                {action["txn"]["appId"]: action["txn"]["version"] for action in actions if "txn" in action},
            )
            if actions
            else None
        )
    except (ValueError, KeyError, TypeError):
        return None


def is_whole(file: Path, size: int, *, every_page: bool) -> bool:
    """Tell whether a Parquet file is all there; reading every page also finds pages that a power loss left zeroed."""
    try:
        if file.stat().st_size != size:
            return False
        with pq.ParquetFile(file) as parquet:
            if every_page:
                for _ in parquet.iter_batches():
                    pass
    except (OSError, pa.ArrowException):
        return False
    return True


def fsync_commit(table: Path, version: int) -> None:
    """Force a commit to the disk: files first, then the log entry that names them."""
    commit = read_commit(table, version)
    files = [table / path for path in commit.added] if commit else []
    for file in files:
        fsync_file(file)
    for folder in sorted({parent for file in files for parent in _folders(file, table)}):
        fsync_folder(folder)
    fsync_file(log_entry(table, version))
    for folder in (table / LOG, table, table.parent):
        fsync_folder(folder)


def fsync_file(path: Path) -> None:
    """Force a file's content to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _folders(file: Path, table: Path) -> list[Path]:
    return [folder for folder in file.parents if folder.is_relative_to(table)]
