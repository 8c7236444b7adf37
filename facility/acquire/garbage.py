"""Keeps Python's garbage collector away from what lives as long as the process."""

from __future__ import annotations

import gc


def settle() -> None:
    """Take everything that is there now out of later collections; what an earlier call took out may go if it is garbage by now.

    A site of 2,500 devices is a million objects: walking them all stops polling for a third of a second, each minute or so.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def unsettle() -> None:
    """Give everything back to the collector: the process is about to end, or to do something else."""
    gc.unfreeze()
