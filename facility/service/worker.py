"""What all workers share: their assignment, the present site, their heartbeat."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from facility.errors import FacilityError
from facility.heartbeat import Heartbeat
from facility.log import configure_logging, get_logger, log_uncaught
from facility.ports import Clock
from facility.service.channel import Assignment, follow
from facility.service.entrance import LOCAL, Entrance
from facility.site_file import LoadedSite
from facility.state import StateFolder

_log = get_logger(__name__)


@dataclass(slots=True)
class Worker:
    """A worker's side of the service."""

    state: StateFolder
    clock: Clock
    heartbeat: Heartbeat
    loaded: LoadedSite  # the present site; exchanged by the channel's thread
    socket_fd: int | None = None
    entrance: Entrance = LOCAL
    on_site: list[Callable[[LoadedSite], None]] = field(default_factory=list)

    def fail(self, error: FacilityError) -> None:
        """Say why this worker ends; the supervisor starts another."""
        _log.error("worker fails", kind=type(error).__name__, reason=str(error))
        self.heartbeat.say("failed", last_error=str(error), last_error_kind=type(error).__name__)

    def take_over(self, loaded: LoadedSite) -> None:
        """Make a changed site the present one, and tell who asked to be told."""
        self.loaded = loaded
        _log.info("site taken over", revision=loaded.revision)
        for hear in self.on_site:
            hear(loaded)


def start_worker(role: str, channel_fd: int, clock: Clock) -> Worker:
    """Take the assignment from the supervisor and begin to follow it."""
    channel = Connection(channel_fd)
    assignment = channel.recv()
    assert isinstance(assignment, Assignment)
    configure_logging(assignment.log_format, role)
    log_uncaught()
    heartbeat = Heartbeat(assignment.state, role, clock)
    worker = Worker(
        assignment.state,
        clock,
        heartbeat,
        assignment.loaded,
        assignment.socket_fd,
        assignment.entrance,
    )
    heartbeat.say("starting", site_revision=assignment.loaded.revision)
    follow(channel, worker.take_over)
    return worker
