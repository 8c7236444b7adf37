"""Which core runs what: the process that is measured on the first, those that answer it on the last."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_PINS = hasattr(os, "sched_setaffinity")  # Linux; elsewhere the system decides


@contextmanager
def on_first_core() -> Iterator[None]:
    """Keep this process, and those that it starts, on the first core that it may use."""
    usable = _usable()
    _keep(0, usable[:1])
    try:
        yield
    finally:
        _keep(0, usable)


def move_to_last_core(process: int) -> None:
    """Move another process to the machine's last core; where there is one only, they share it."""
    _keep(process, _ALL[-1:])


def _usable() -> list[int]:
    return sorted(os.sched_getaffinity(0)) if _PINS else []


def _keep(process: int, cores: list[int]) -> None:
    if _PINS:
        os.sched_setaffinity(process, cores)


_ALL = _usable()
