"""Work that a bug ends is begun again with growing pauses, until it returns or is told to stop."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

from facility.service import kept_running
from facility.service.child import FIRST_PAUSE
from facility.service.kept_running import keep_running


def test_work_is_begun_again_with_growing_pauses_until_it_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_running, "FIRST_PAUSE", FIRST_PAUSE / 20)
    begun_s: list[float] = []
    broke: list[Exception] = []

    def work() -> None:
        begun_s.append(time.monotonic())
        if len(begun_s) < 4:
            raise KeyError(len(begun_s))

    keep_running(work, threading.Event(), broke.append)
    assert [error.args for error in broke] == [(1,), (2,), (3,)]
    pauses = [after - before for before, after in itertools.pairwise(begun_s)]
    assert all(pause >= least for pause, least in zip(pauses, (0.05, 0.1, 0.2), strict=True))


def test_who_is_told_to_stop_waits_for_no_pause() -> None:
    stop = threading.Event()

    def work() -> None:
        stop.set()
        raise RuntimeError

    began_s = time.monotonic()
    keep_running(work, stop, lambda _: None)
    assert time.monotonic() - began_s < FIRST_PAUSE.total_seconds()
