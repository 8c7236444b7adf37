"""The event that a trap or an inform becomes."""

from __future__ import annotations

from datetime import datetime

from facility.acquire.traps.message import Notification
from facility.records import Event

_NAMES = ("cold_start", "warm_start", "link_down", "link_up", "authentication_failure", "neighbor_loss")
_GENERIC = {f"1.3.6.1.6.3.1.1.5.{number}": name for number, name in enumerate(_NAMES, start=1)}
_LONGEST = 1000  # characters of its varbinds


def trap_event(
    notification: Notification, device: str, at: datetime, *, version: str, address: str, suppressed: int
) -> Event:
    """Return the event of a notification; `suppressed` are those of its address that came before it and were not taken."""
    varbinds = "; ".join(f"{name} = {text}" for name, text in notification.varbinds)
    detail: dict[str, str | int | float | bool | None] = {
        "trap": notification.trap,
        "varbinds": varbinds if len(varbinds) <= _LONGEST else varbinds[: _LONGEST - 1] + "…",
        "uptime_s": notification.uptime_s,
        "inform": notification.inform,
        "version": version,
        "address": address,
    }
    if suppressed:
        detail["suppressed_before"] = suppressed
    return Event(at, f"trap.{_GENERIC.get(notification.trap, 'enterprise')}", device, "poller", detail)
