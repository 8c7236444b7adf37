"""Each device takes a socket; most systems allow a process 1,024 files unless it asks for more."""

from __future__ import annotations

import resource

import structlog

log = structlog.get_logger(__name__)
_OTHERS = 256  # the history's files, the journal, connections under way


def allow_open_files(devices: int) -> None:
    """Raise this process's limit of open files to what so many devices need, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = devices + _OTHERS
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    if allowed < needed:
        log.error(
            "too few open files allowed: some devices will not be polled; raise LimitNOFILE (systemd) or `ulimit -n`",
            needed=needed,
            allowed=allowed,
        )
