"""HiGHS greets once per process on standard output, from C, before any option can forbid it. Ours is for results only."""

from __future__ import annotations

import ctypes
import os

import highspy

_STDOUT = 1


def greet_nobody() -> None:
    """Let HiGHS greet into nothing."""
    flush = ctypes.CDLL(None).fflush
    flush(None)
    try:
        kept = os.dup(_STDOUT)
    except OSError:
        return  # no standard output: nothing to keep clean
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STDOUT)
        highspy.Highs()  # type: ignore[no-untyped-call]
        flush(None)
    finally:
        os.dup2(kept, _STDOUT)
        os.close(kept)
        os.close(nowhere)
