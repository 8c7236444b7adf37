"""Since when parts of a site behave otherwise than before: drift that was found, kept for the trainings to come.

A training looks at the rows since each of them alone, where they are enough, beside all rows; the best is taken.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from facility.errors import ModelError
from facility.learn.durable import locked, replace_durably

CHANGES = "changes.json"
_REMEMBERED = 3  # of a part: what is older lies far back in the rows, or was none

Changes = Mapping[str, Sequence[datetime]]


def read_changes(folder: Path) -> dict[str, list[datetime]]:
    """Return the times of the last changes by part, oldest first.

    Raises
    ------
    ModelError
        If the file is damaged.
    """
    path = folder / CHANGES
    try:
        said = json.loads(path.read_text("utf-8"))
        return {part: [datetime.fromisoformat(since) for since in times] for part, times in said.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError) as error:
        raise ModelError(f"{path} is damaged ({error}): delete it, and drift is found anew") from error


def note_change(folder: Path, part: str, since: datetime) -> None:
    """Keep since when a part behaves otherwise."""
    with locked(folder):
        known = read_changes(folder)
        known[part] = sorted({*known.get(part, ()), since})[-_REMEMBERED:]
        text = json.dumps({each: [at.isoformat() for at in times] for each, times in known.items()}, indent=1)
        replace_durably(folder / CHANGES, text)
