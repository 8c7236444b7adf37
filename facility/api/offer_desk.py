"""Has offers made: each is a plan, and takes seconds of a core, so that a process of its own does it and nobody waits.

It is the command `facility dr offer --keep`, one at a time, behind everybody else on the machine. It ends with the API.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

from facility.history.offer_book import OfferBook, OffersAsked
from facility.site_file import LoadedSite
from facility.state import StateFolder

_NICE = 10
_SHOWN = 1000  # characters of why it failed


class OfferDesk:
    """Begins the making of offers, and knows whether it goes on or failed; safe to use from several threads."""

    def __init__(self, loaded: LoadedSite, state: StateFolder) -> None:
        self.book = OfferBook(state.offers)
        self._site, self._state = loaded.path, state.root
        self._lock = threading.Lock()
        self._making: subprocess.Popen[bytes] | None = None
        self._problem: str | None = None

    def begin(self, asked: OffersAsked) -> bool:
        """Begin to make offers; return whether it did, which it does not while some are made."""
        with self._lock:
            if self._making is not None:
                return False
            self._problem, self._making = None, self._started(asked)
            threading.Thread(target=self._await, args=(self._making,), daemon=True).start()
            return True

    def look(self) -> tuple[bool, str | None]:
        """Return whether offers are made now, and why the last ones that were asked for here could not be made."""
        with self._lock:
            return self._making is not None, self._problem

    def close(self) -> None:
        """End what was begun."""
        with self._lock:
            if self._making is not None:  # not waited for yet, so that its number is still its own
                os.killpg(self._making.pid, signal.SIGKILL)

    def _started(self, asked: OffersAsked) -> subprocess.Popen[bytes]:
        spans = "--duration", f"{asked.duration_min}min", "--notice", f"{asked.notice_min}min"
        words = [
            "dr",
            "offer",
            str(self._site),
            "--state",
            str(self._state),
            "--hours",
            str(asked.hours),
            *spans,
            "--keep",
        ]
        process = subprocess.Popen(  # noqa: S603  # our own command, with numbers that were checked
            [sys.executable, "-m", "facility", *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
        return process

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        said = " ".join(process.stderr.read().decode(errors="replace").split())[-_SHOWN:]
        process.stderr.close()
        with self._lock:
            code = process.wait()
            self._problem = (said or f"ended with code {code}") if code else None
            self._making = None
