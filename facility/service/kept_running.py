"""What a thread does goes on though a bug ends it: it is begun again, with growing pauses, and that is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from facility.service.child import FIRST_PAUSE, HEALTHY_AFTER, LONGEST_PAUSE


def keep_running(work: Callable[[], None], stop: threading.Event, broke: Callable[[Exception], None]) -> None:
    """Do some work until it returns or is told to stop; `broke` hears of each error that ended it, and it is begun again."""
    pause = FIRST_PAUSE
    while not stop.is_set():
        began_s = time.monotonic()
        try:
            work()
        except Exception as error:  # noqa: BLE001 - a bug may raise anything
            broke(error)
        else:
            return
        if time.monotonic() - began_s >= HEALTHY_AFTER.total_seconds():
            pause = FIRST_PAUSE
        stop.wait(pause.total_seconds())
        pause = min(2 * pause, LONGEST_PAUSE)
