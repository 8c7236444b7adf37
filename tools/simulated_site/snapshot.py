"""The memory of a simulated site as plain JSON, so that a later run goes on where this one stopped."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FORMAT = 1


class SnapshotError(ValueError):
    """A state file that does not belong to this site, seed or program."""


def dump(state: DataclassInstance) -> dict[str, Any]:
    """Return the fields of a state, arrays as lists."""
    values = {field.name: getattr(state, field.name) for field in fields(state)}
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}


def restore(state: DataclassInstance, data: dict[str, Any]) -> None:
    """Put dumped fields back; arrays must have kept their length."""
    for field in fields(state):
        now, value = getattr(state, field.name), data[field.name]
        if isinstance(now, np.ndarray):
            value = np.array(value, dtype=now.dtype)
            if value.shape != now.shape:
                raise SnapshotError(f"{field.name}: {value.shape} in the state file, {now.shape} on this site")
        setattr(state, field.name, value)


def save(path: Path, data: dict[str, Any]) -> None:
    """Write a snapshot so that a crash leaves the old one or the new one."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(json.dumps({"format": FORMAT, **data}), encoding="utf-8")
    beside.replace(path)


def load(path: Path) -> dict[str, Any]:
    """Read a snapshot.

    Raises
    ------
    SnapshotError
        If it is not one, or of another format.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SnapshotError(f"{path}: not a state file: {error}; delete it to start anew") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise SnapshotError(f"{path}: written by another version; delete it to start anew")
    return data
