"""Keeps the time of the grid's events, listens to OpenADR servers, and delivers what hooks outside are told: at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

from facility.alarms.alarm import Priority
from facility.alarms.notice import Channel
from facility.errors import ConfigurationError, FacilityError
from facility.history.alarm_outbox import AlarmOutbox
from facility.history.grid_event_book import GridEventBook
from facility.log import get_logger
from facility.ports import Clock
from facility.respond.hook_notice import channel_of
from facility.respond.settings import RespondSettings
from facility.service.alarm_delivery import delivering
from facility.service.alarm_sender import Sender
from facility.service.alarm_webhook import WebhookSender
from facility.service.kept_running import keep_running
from facility.service.vens import listening_to_vtns
from facility.service.worker import Worker
from facility.site_respond import open_grid_event_book

TICK_S = 1.0
_log = get_logger(__name__)


@contextmanager
def answering_the_grid(worker: Worker, outbox: AlarmOutbox) -> Iterator[None]:
    """Keep time and deliver meanwhile. Settings that change are read when the process starts again.

    Wrong settings are told and leave the grid's events where they are: alarms do not wait for them.
    """
    stop = threading.Event()
    try:
        book = open_grid_event_book(worker.loaded, worker.state)
    except ConfigurationError as error:
        _log.error("the events of the grid stand still until the settings are right", reason=str(error))
        yield
        return
    with closing(book):
        work = (lambda: _keep_time(book, worker.clock, stop)), stop, _tell_broken
        keeper = threading.Thread(target=keep_running, args=work, name="grid-events", daemon=True)
        with (
            delivering(outbox, hook_senders(book.settings, worker.clock), worker.clock, gather_s=0.0),
            listening_to_vtns(worker, book),
        ):
            keeper.start()
            try:
                yield
            finally:
                stop.set()
                keeper.join()


def hook_senders(settings: RespondSettings, clock: Clock) -> list[Sender]:
    """Return the ways to hooks outside."""
    return [
        WebhookSender(hook.address, hook.secret, clock, Channel(channel_of(hook), Priority.LOW))
        for hook in settings.hooks
    ]


def _keep_time(book: GridEventBook, clock: Clock, stop: threading.Event) -> None:
    while not stop.wait(TICK_S):
        try:
            for kept in book.keep_time(clock.now()):
                _log.info("event of the grid", dr_event=kept.number, state=kept.state.value)
        except FacilityError as error:
            _log.error("the events of the grid cannot be moved now", reason=str(error))


def _tell_broken(error: Exception) -> None:
    _log.error("the events of the grid were not moved, and are again", reason=repr(error), exc_info=error)
