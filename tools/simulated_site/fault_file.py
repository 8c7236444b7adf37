"""A JSON file of faults for the socket server, read again whenever it changes.

`{target: fault}` or `{target: {"fault": ..., "amount": ...}}`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tools.simulated_site.faults import SLOW_S, Call, Fault


class FaultFile:
    """The faults that a file calls for; an absent file means none, one that cannot be read changes nothing.

    `complaint` says what is wrong with it, or is empty.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._calls: dict[str, Call] = {}
        self.complaint = ""

    def calls(self) -> dict[str, Call]:
        """Return what the file says now, by target."""
        self._refresh()
        return self._calls

    def of(self, device: str) -> Fault:
        """Return the fault of a device, as its socket asks at every request."""
        return self.state_of(device)[0]

    def state_of(self, device: str) -> tuple[Fault, float]:
        """Return the fault of a device, and by how many seconds it answers late."""
        call = self.calls().get(device)
        if call is None:
            return Fault.NONE, 0.0
        late_s = SLOW_S if call.amount is None else call.amount
        return call.fault, late_s if call.fault is Fault.SLOW else 0.0

    def _refresh(self) -> None:
        if self._path is None:
            return
        try:
            status = self._path.stat()
        except FileNotFoundError:
            self._seen, self._calls, self.complaint = None, {}, ""
            return
        if self._seen != (status.st_mtime_ns, status.st_size):
            self._seen = (status.st_mtime_ns, status.st_size)
            self._read(self._path)

    def _read(self, path: Path) -> None:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            self._calls = {target: _call(value) for target, value in content.items()}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            self.complaint = f"{path}: {error}; expected {{target: fault}}, faults being {', '.join(Fault)}"
        else:
            self.complaint = ""


def _call(value: Any) -> Call:
    if isinstance(value, str):
        return Call(Fault(value))
    amount = value.get("amount")
    return Call(Fault(value["fault"]), None if amount is None else float(amount))
