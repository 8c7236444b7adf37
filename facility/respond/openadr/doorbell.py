"""How the API's process tells the one that asks the VTN that something has changed there: a file that it touches.

A notification says only that there is something to read. So one that is forged, repeated, late or out of order does no harm, and
one that is lost is made good at the next poll. Of the token that a VTN must show only a digest is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Doorbell:
    """The bell of one VEN, in a folder of the site's state."""

    folder: Path
    name: str

    def expect(self, token: str) -> None:
        """Take this token from now on, and no other."""
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self._digest.with_suffix(".new")
        fresh.write_text(_digest(token), encoding="ascii")
        fresh.replace(self._digest)

    @property
    def is_hung(self) -> bool:
        """Whether a VTN has been given this bell."""
        return self._digest.exists()

    def knows(self, token: str) -> bool:
        """Tell whether a token is the one that is expected."""
        try:
            expected = self._digest.read_text(encoding="ascii")
        except FileNotFoundError:
            return False
        return bool(token) and hmac.compare_digest(expected, _digest(token))

    def ring(self) -> None:
        """Say that there is something to read."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._rung.touch()
        now = time.time_ns()  # the file system's own is coarser: two rings could be one
        os.utime(self._rung, ns=(now, now))

    def last_rung_ns(self) -> int:
        """Return a number that rises each time it is rung."""
        try:
            return self._rung.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    @property
    def _digest(self) -> Path:
        return self.folder / f"{self.name}.token_sha256"

    @property
    def _rung(self) -> Path:
        return self.folder / f"{self.name}.rung"


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
