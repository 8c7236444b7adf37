"""The dispatch's process: looks at the plant, brings forward what is being written, and lets the heartbeat live."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing

from facility.dispatch.applier import Applier
from facility.dispatch.desk import TURN_S, DispatchDesk
from facility.dispatch.pulse import PulseThread
from facility.dispatch.turn import turn
from facility.errors import FacilityError
from facility.history.dispatch_records import LIVE
from facility.log import get_logger
from facility.points import Point
from facility.service.override_watch import notice_overrides_of
from facility.service.worker import Worker

PASS_S = 2.0
IDLE_FOLD = 9.0  # of what a pass takes: not more than a tenth of a core
LONGEST_PAUSE_S = 20.0
LEASE_S = 60.0  # a pass that asks silent devices takes so long; one that takes longer hangs
_log = get_logger(__name__)


def run(worker: Worker) -> None:
    """Dispatch until the process is ended, which may be anywhere: what is sent was kept before."""
    worker.heartbeat.keep_beating()
    while True:
        asyncio.run(_dispatch(worker))


async def _dispatch(worker: Worker) -> None:
    """Dispatch one revision of the site."""
    loaded = worker.loaded
    with (
        DispatchDesk(loaded, worker.state, worker.clock) as desk,
        closing(PulseThread(loaded, desk.settings.heartbeats, desk.may_beat)) as pulses,
    ):
        async with desk.writer() as writer:
            applier = desk.applier(writer)
            while worker.loaded is loaded:
                began_s = time.monotonic()
                await pass_once(worker, desk, applier, pulses)
                await asyncio.sleep(min(max(PASS_S, IDLE_FOLD * (time.monotonic() - began_s)), LONGEST_PAUSE_S))


async def pass_once(worker: Worker, desk: DispatchDesk, applier: Applier, pulses: PulseThread) -> None:
    """Make one pass, and let the heartbeat live only if it was whole."""
    try:
        with turn(worker.state, TURN_S) as came:
            if not came:
                return  # a command acts on the plant
            if not _is_writer(worker, desk):
                pulses.stop()
                return
            well = desk.suspend_if_abnormal()
            notice_overrides_of(_under_way(desk), desk.loaded, desk.ledger, desk.telemetry, worker.clock)
            desk.switchbacks.step()
            if well:
                desk.orders.order_by_rule()
            if not well or not desk.wants_heartbeat() or pulses.is_leased:
                await applier.step()  # else the plant is first to know that we are there
    except FacilityError as error:
        _log.error("dispatch cannot do its work", kind=type(error).__name__, reason=str(error))
        worker.heartbeat.say("dispatching", last_error=str(error), last_error_kind=type(error).__name__)
        return
    if well and desk.wants_heartbeat():
        pulses.lease(LEASE_S)
    else:
        pulses.stop()
    done = {"last_success": worker.clock.now(), "last_error": None, "lease_lost": None, "writer": None}
    worker.heartbeat.say("dispatching" if well else "held up", **done)


def _is_writer(worker: Worker, desk: DispatchDesk) -> bool:
    """Tell whether this machine is the one that writes to the site's devices; say so where another is."""
    was_lost = desk.lease.lost
    if desk.lease.keep():
        return True
    holder = desk.lease.holder()
    if desk.lease.lost and not was_lost:
        _log.error("another machine has taken over writing; nothing is written here", writer=holder)
        worker.heartbeat.say("standing by", lease_lost=f"{holder} writes since {worker.clock.now():%Y-%m-%d %H:%M} UTC")
    worker.heartbeat.say("standing by", writer=holder, last_success=worker.clock.now(), last_error=None)
    return False


def _under_way(desk: DispatchDesk) -> list[Point]:
    """Return the points that are being written or watched; the planner looks at all others, less often."""
    live = desk.book.applications(LIVE)
    return [
        desk.loaded.points[target.point] for one in live for target in one.targets if target.point in desk.loaded.points
    ]
