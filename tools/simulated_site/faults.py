"""Faults on demand, for tests of the product: a JSON file `{device id: fault}`, read again whenever it changes."""

from __future__ import annotations

import enum
import json
from pathlib import Path


class Fault(enum.StrEnum):
    """What a device can be made to do."""

    NONE = "none"
    SILENT = "silent"  # takes requests and never answers
    GARBAGE = "garbage"  # answers bytes that mean nothing
    EXCEPTION = "exception"  # answers each request with an error of its protocol
    NO_VALUE = "nan"  # answers what it says for "no value", everywhere


class FaultFile:
    """The faults in force; an absent file means none."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._faults: dict[str, Fault] = {}

    def of(self, device: str) -> Fault:
        """Return the fault of a device."""
        self._refresh()
        return self._faults.get(device, Fault.NONE)

    def _refresh(self) -> None:
        if self._path is None:
            return
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._seen, self._faults = None, {}
            return
        if self._seen != (status.st_mtime_ns, status.st_size):
            content = json.loads(self._path.read_text(encoding="utf-8"))
            self._faults = {device: Fault(fault) for device, fault in content.items()}
            self._seen = (status.st_mtime_ns, status.st_size)
