"""Says which devices fail, are slow, or are well again: one line for all of them, however many a switch took with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog

from facility.acquire.statistics import DeviceStatistics

log = structlog.get_logger(__name__)
_NAMED = 12


class RollCall:
    """Remembers who was failing and who was slow when it last looked."""

    def __init__(self) -> None:
        self._failing: dict[str, str] = {}
        self._slow: set[str] = set()

    def observe(self, devices: Iterable[DeviceStatistics]) -> None:
        """Log what changed since the last call."""
        failing: dict[str, str] = {}
        slow: set[str] = set()
        present: set[str] = set()  # one that left the site has not recovered
        for device in devices:
            present.add(device.device)
            if device.last_fault is not None:
                failing[device.device] = device.last_fault
            elif device.slow:
                slow.add(device.device)
        self._say_changes(failing, slow, present)
        self._failing, self._slow = failing, slow

    def _say_changes(self, failing: Mapping[str, str], slow: set[str], present: set[str]) -> None:
        fresh = {device: reason for device, reason in failing.items() if device not in self._failing}
        if fresh:
            named = [f"{device} ({reason})" for device, reason in fresh.items()]
            log.warning("devices failed", devices=_named(named), failing=len(failing))
        recovered = (self._failing.keys() - failing.keys()) & present
        if recovered:
            log.info("devices recovered", devices=_named(sorted(recovered)), failing=len(failing))
        if slow - self._slow:
            log.warning("devices are slow", devices=_named(sorted(slow - self._slow)), slow=len(slow))


def _named(devices: list[str]) -> str:
    more = f" and {len(devices) - _NAMED} more" if len(devices) > _NAMED else ""
    return ", ".join(devices[:_NAMED]) + more
