"""What is known of an SNMPv3 agent's engine: its keys, and its clock as far as authenticated messages told it."""

from __future__ import annotations

from collections.abc import Callable

from facility.acquire.snmp.ber import WireError
from facility.acquire.snmp.usm_keys import UsmUser
from facility.acquire.snmp.usm_security import UsmSecurity

WINDOW_S = 150  # RFC 3414, 2.2.3
_LAST_BOOTS = 0x7FFFFFFF  # an engine that has come so far is never in time again


class UsmEngine:
    """An agent's engine, as one user meets it."""

    def __init__(self, engine_id: bytes, user: UsmUser, monotonic: Callable[[], float]) -> None:
        self.security = UsmSecurity(engine_id, user)
        self.boots = 0
        self._received_s = 0  # the newest engine time of an authenticated message, and when it came
        self._received_at = monotonic()
        self._monotonic = monotonic

    @property
    def synchronised(self) -> bool:
        """Whether an authenticated message told the engine's clock."""
        return self.boots > 0

    @property
    def time_s(self) -> int:
        """The engine's time now."""
        return self._received_s + int(self._monotonic() - self._received_at) if self.boots else 0

    def take_time(self, boots: int, time_s: int) -> None:
        """Learn the clock from an authenticated message.

        Raises
        ------
        WireError
            If the message is older than the time window: replayed, or long under way.
        """
        if not 0 < boots < _LAST_BOOTS:
            raise WireError("impossible engine boots")
        if boots < self.boots or (boots == self.boots and time_s < self.time_s - WINDOW_S):
            raise WireError("outside the time window")
        if boots > self.boots or time_s > self._received_s:
            self.boots, self._received_s, self._received_at = boots, time_s, self._monotonic()
