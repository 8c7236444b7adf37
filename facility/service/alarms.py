"""The alarms' process: looks every few seconds, keeps what it finds, has it told to people; exports the audit head daily.

Beside that it keeps the time of the grid's events, and delivers what hooks outside are told of them.
"""

from __future__ import annotations

import os
import time
from contextlib import closing

from facility.api.site_view import SiteView
from facility.errors import FacilityError
from facility.log import get_logger
from facility.service.alarm_delivery import delivering
from facility.service.alarm_settings import senders
from facility.service.alarm_watch import AlarmWatch
from facility.service.audit_heads import HeadExport
from facility.service.grid_events import answering_the_grid
from facility.service.worker import Worker
from facility.site_alarms import open_alarm_book, open_alarm_outbox
from facility.site_audit import open_audit_trail

LOOK_S = 10.0
IDLE_FOLD = 9.0  # of what a look takes: a site with very many points is looked at less often, not with more than a tenth of a core
_log = get_logger(__name__)


def run(worker: Worker) -> None:
    """Watch until the process is ended, which may be anywhere: a move of an alarm is kept whole or not at all."""
    worker.heartbeat.keep_beating()
    ways = senders(os.environ, worker.clock)
    view = SiteView(worker.loaded, worker.state, worker.clock)
    worker.on_site.append(view.exchange)
    with (
        closing(view),
        closing(open_alarm_book(worker.loaded, worker.state)) as book,
        closing(open_alarm_outbox(worker.loaded, worker.state)) as outbox,
        closing(open_audit_trail(worker.loaded, worker.state)) as trail,
        delivering(outbox, ways, worker.clock),
        answering_the_grid(worker, outbox),
    ):
        heads = HeadExport(worker, trail)
        watch = AlarmWatch(view, book, outbox, [way.channel for way in ways])
        while True:
            began = time.monotonic()
            look_once(worker, watch)
            heads.look()
            time.sleep(pause_s(time.monotonic() - began))


def pause_s(took_s: float) -> float:
    """Return how long to wait after a look that took so long."""
    return max(LOOK_S, IDLE_FOLD * took_s)


def look_once(worker: Worker, watch: AlarmWatch) -> None:
    """Look once, and say how it went; what cannot be kept now is found again by the next look."""
    try:
        watch.look()
    except FacilityError as error:
        _log.error("alarms not kept now", kind=type(error).__name__, reason=str(error))
        worker.heartbeat.say("watching", last_error=str(error), last_error_kind=type(error).__name__)
        return
    worker.heartbeat.say("watching", last_success=worker.clock.now(), last_error=None)
