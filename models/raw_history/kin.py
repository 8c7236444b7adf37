"""Which columns are of one kind: the same quantity, on equipment whose ids differ only by their numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

LEAST_KIN = 3  # others; fewer do not tell which of them is right
_NUMBERS = re.compile(r"\d+")
_HELD = ("setpoint", "command", "status", "mode")


def equipment_of(column: str) -> str:
    """Return the equipment of a column `equipment.quantity`."""
    return column.rpartition(".")[0]


def quantity_of(column: str) -> str:
    """Return the quantity of a column `equipment.quantity`."""
    return column.rpartition(".")[2]


def is_held(column: str) -> bool:
    """Tell whether a column is meant to rest: somebody sets it, or it says a state."""
    return any(word in quantity_of(column) for word in _HELD)


def kin(columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return for each column the others of its kind, where they are enough to judge it by."""
    kinds = [f"{_NUMBERS.sub('', equipment_of(column))}.{quantity_of(column)}" for column in columns]
    groups = pd.Series(list(columns), dtype=object).groupby(kinds, sort=False)
    return {
        column: tuple(other for other in group if other != column)
        for kind, group in groups
        if len(group) > LEAST_KIN and not is_held(str(kind))
        for column in group
    }
