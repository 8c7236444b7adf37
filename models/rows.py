"""Some rows of an answer, which is arrays held by one thing in another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from models.limits import LimitLog

Rows = slice | npt.NDArray[np.int_]
Answer = TypeVar("Answer")


def at_rows(answer: Answer, rows: Rows) -> Answer:
    """Return an answer at some of its rows, the first axis of all its arrays; a slice copies nothing."""
    return _at(answer, rows)  # type: ignore[no-any-return]


def _at(held: Any, rows: Rows) -> Any:
    if held is None:
        return None
    if isinstance(held, np.ndarray):
        return held[rows]
    if isinstance(held, LimitLog):
        return held.at(rows)
    if isinstance(held, (list, tuple)):
        return type(held)(_at(one, rows) for one in held)
    if is_dataclass(held) and not isinstance(held, type):
        # `dataclasses.fields` lists the names anew, which takes longer than the rows.
        kind: Any = type(held)
        return kind(*(_at(getattr(held, name), rows) for name in kind.__match_args__))
    if isinstance(held, Mapping):
        return {name: _at(one, rows) for name, one in held.items()}
    raise TypeError(f"{type(held).__name__} holds no rows")
