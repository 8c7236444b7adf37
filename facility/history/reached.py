"""How far the table has come, kept beside the hot log: so that polling can begin while the table's store is away."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from facility.errors import HistoryError
from facility.history.hot_log import fsync_folder, storage_errors


@dataclass(frozen=True, slots=True)
class Reached:
    """Segment numbers that the table knows."""

    flushed: int  # the last that it has
    used: int  # the highest ever given away; a new one comes after it


def load_reached(path: Path) -> Reached | None:
    """Return what was saved last; None where nothing was.

    Raises
    ------
    HistoryError
        If the file is damaged.
    """
    try:
        return Reached(**json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise HistoryError(
            f"{path} is damaged ({error}); remove it while the history's table can be reached"
        ) from error


def save_reached(path: Path, reached: Reached) -> None:
    """Save, as a whole and durably."""
    fresh = path.with_suffix(".new")
    with storage_errors(f"{path} cannot be written"):
        with fresh.open("w", encoding="utf-8") as file:
            file.write(json.dumps(asdict(reached)))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        fsync_folder(path.parent)
