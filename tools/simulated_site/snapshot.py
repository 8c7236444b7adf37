"""The memory of a simulated site as plain JSON, so that a later run goes on where this one stopped."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FORMAT = 2


class SnapshotError(ValueError):
    """A state file that does not belong to this site, seed or program."""


def dump(state: DataclassInstance) -> dict[str, Any]:
    """Return the fields of a state, arrays as lists, states within it and lists copied."""
    return {field.name: _dumped(getattr(state, field.name)) for field in fields(state)}


def restore(state: DataclassInstance, data: dict[str, Any]) -> None:
    """Put dumped fields back; arrays and lists of states must have kept their length."""
    for field in fields(state):
        setattr(state, field.name, _restored(getattr(state, field.name), data[field.name], field.name))


def _dumped(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if is_dataclass(value) and not isinstance(value, type):
        return dump(value)
    return [_dumped(one) for one in value] if isinstance(value, list) else value


def _restored(now: Any, value: Any, name: str) -> Any:
    if isinstance(now, np.ndarray):
        found = np.array(value, dtype=now.dtype)
        if found.shape != now.shape:
            raise SnapshotError(f"{name}: {found.shape} in the state file, {now.shape} on this site")
        return found
    if is_dataclass(now) and not isinstance(now, type):
        restore(now, value)
        return now
    if isinstance(now, list) and now and is_dataclass(now[0]):
        if len(now) != len(value):
            raise SnapshotError(f"{name}: {len(value)} in the state file, {len(now)} on this site")
        return [_restored(*pair, name) for pair in zip(now, value, strict=True)]
    return list(value) if isinstance(value, list) else value


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
