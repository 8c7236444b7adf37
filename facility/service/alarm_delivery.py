"""Hands over what waits in the outbox, each way in a thread of its own: a mail server that hangs holds up nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from facility.errors import FacilityError
from facility.history.alarm_outbox import AlarmOutbox
from facility.log import get_logger
from facility.ports import Clock
from facility.service.alarm_sender import TIMEOUT_S, NotTakenError, Sender

LOOK_S = 2.0
GATHER_S = 30.0  # after a message: what comes meanwhile goes together, or a flood of alarms is one of mail
_log = get_logger(__name__)


@contextmanager
def delivering(
    outbox: AlarmOutbox, senders: Sequence[Sender], clock: Clock, *, gather_s: float = GATHER_S
) -> Iterator[None]:
    """Deliver meanwhile, with a pause of `gather_s` after each message; at the end each way finishes what it is at."""
    stop = threading.Event()
    threads = [
        threading.Thread(
            target=_deliver, args=(outbox, sender, clock, stop, gather_s), name=f"deliver-{sender.channel.name}"
        )
        for sender in senders
    ]
    for thread in threads:
        thread.daemon = True  # a process that is told to end does not wait for a mail server
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(2 * TIMEOUT_S)


def deliver_once(outbox: AlarmOutbox, sender: Sender, clock: Clock) -> int:
    """Hand over what is due, and return how many notices were tried.

    A process that dies between the other side's yes and our record of it sends the same again, under the same ids.

    Raises
    ------
    FacilityError
        If the outbox cannot be read or written.
    """
    notices = outbox.due(sender.channel.name, clock.now())
    if not notices:
        return 0
    try:
        sender.send(notices)
    except (NotTakenError, FacilityError) as error:
        _log.error("notices of alarms not taken; tried again", channel=sender.channel.name, reason=str(error))
        outbox.refused(notices, str(error), clock.now())
    else:
        _log.info("notices of alarms taken", channel=sender.channel.name, notices=len(notices))
        outbox.taken(notices, clock.now())
    return len(notices)


def _deliver(outbox: AlarmOutbox, sender: Sender, clock: Clock, stop: threading.Event, gather_s: float) -> None:
    pause_s = 0.0
    while not stop.wait(pause_s):
        try:
            pause_s = gather_s if deliver_once(outbox, sender, clock) else LOOK_S
        except FacilityError as error:
            _log.error("the outbox of alarms cannot be used now", channel=sender.channel.name, reason=str(error))
            pause_s = LOOK_S
