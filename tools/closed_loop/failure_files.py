"""Equipment that breaks during a comparison, from a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from facility.errors import ConfigurationError
from facility.site_file import LoadedSite
from tools.closed_loop.conditions import Failure

COLUMNS = ("equipment", "kind", "begins", "ends")
OF_MACHINES, OF_SENSORS = ("trip",), ("stuck", "drift")


def read_failures(path: Path, loaded: LoadedSite) -> tuple[Failure, ...]:
    """Read what breaks and when.

    Parameters
    ----------
    path
        CSV with `equipment`, `kind`, `begins` and `ends`, times with their offset. Kind `trip` is of a piece of equipment;
        `stuck` and `drift` are of a sensor, and `equipment` is then `equipment.quantity`.
    loaded
        The site whose equipment it is.

    Raises
    ------
    ConfigurationError
        With file, line and what to do.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(_failures(path, csv.DictReader(file), loaded))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error


def _failures(path: Path, rows: csv.DictReader[str], loaded: LoadedSite) -> Iterator[Failure]:
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or [])]
    if missing:
        raise ConfigurationError(f"{path}: no column {', '.join(missing)}; expected {', '.join(COLUMNS)}")
    machines = {name for name, _ in loaded.site.equipment()}
    sensors = {f"{point.equipment}.{point.quantity}" for point in loaded.points}
    for row in rows:
        try:
            yield _failure({name: (row[name] or "").strip() for name in COLUMNS}, machines, sensors)
        except ValueError as error:
            raise ConfigurationError(f"{path}:{rows.line_num}: {error}") from None


def _failure(row: dict[str, str], machines: set[str], sensors: set[str]) -> Failure:
    kind, equipment = row["kind"], row["equipment"]
    if kind not in (*OF_MACHINES, *OF_SENSORS):
        raise ValueError(f"kind {kind!r}; expected {', '.join((*OF_MACHINES, *OF_SENSORS))}")
    if kind in OF_MACHINES and equipment not in machines:
        raise ValueError(f"the site has no equipment {equipment!r}")
    if kind in OF_SENSORS and equipment not in sensors:
        raise ValueError(f"the site has no sensor {equipment!r}; expected equipment.quantity")
    begins, ends = _time(row["begins"]), _time(row["ends"])
    if not begins < ends:
        raise ValueError(f"it ends at {row['ends']}, not after it begins at {row['begins']}")
    return Failure(equipment, kind, begins, ends)


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no offset from UTC; add one, such as +00:00")
    return found
