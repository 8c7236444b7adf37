"""What every way to people has in common: it takes notices, or says why not."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

from facility.alarms.notice import Channel, Notice

TIMEOUT_S = 10.0


class NotTakenError(Exception):
    """The other side has not taken the notices; its message says why, without secrets. They are tried again."""


class Sender(Protocol):
    """A way to people."""

    @property
    def channel(self) -> Channel:
        """Its name, and the least urgent alarms that take it."""
        ...

    def send(self, notices: Sequence[Notice]) -> None:
        """Hand notices over, all in one message.

        Raises
        ------
        NotTakenError
            If they were not taken.
        facility.errors.SecretError
            If a secret cannot be read.
        """
        ...


def message_id(notices: Sequence[Notice]) -> str:
    """Return an id of these notices together: the same when they are sent again, so that a receiver may leave out the second."""
    return hashlib.sha256("\n".join(one.id for one in notices).encode()).hexdigest()[:32]
