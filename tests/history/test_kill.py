"""A writer killed at any moment loses nothing acknowledged, and doubles nothing."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.history.store import numbers_kept, open_store

_HOUSE = Path(__file__).parents[2]


def _run_and_kill(root: Path, first: int, alive_s: float) -> list[int]:
    """Start a writer, kill it some time after its first acknowledgement; return what it acknowledged."""
    command = [sys.executable, "-m", "tests.history.writer", str(root), str(first)]
    with subprocess.Popen(command, cwd=_HOUSE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stderr is not None
        heard = child.stdout.readline()
        assert heard, child.stderr.read()
        time.sleep(alive_s)
        child.kill()
        return [int(line) for line in (heard + child.stdout.read()).split("\n")[:-1]]


@pytest.mark.parametrize("kills", [2, pytest.param(40, marks=pytest.mark.slow)])
def test_kill_loses_and_doubles_nothing(tmp_path: Path, kills: int) -> None:
    moments = random.Random(kills)
    acknowledged: list[int] = []
    for _ in range(kills):
        first = acknowledged[-1] + 1000 if acknowledged else 0
        acknowledged += _run_and_kill(tmp_path, first, moments.uniform(0.0, 0.6))
        with open_store(tmp_path) as store:
            kept = numbers_kept(store, every_s=1.0)
        assert len(kept) == len(set(kept)), "doubled"
        assert set(acknowledged) <= set(kept), "lost"
        assert len(kept) <= len(acknowledged) + kills, "more than the one batch that a kill interrupts"
    with open_store(tmp_path) as store:
        store.flush()
        assert set(numbers_kept(store, every_s=1.0)) == set(kept)
