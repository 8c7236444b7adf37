"""One worker as its supervisor sees it: started, restarted with growing pauses, told of a new site, stopped."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from facility.log import get_logger
from facility.service.channel import Assignment

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=1)
HEALTHY_AFTER = timedelta(minutes=1)  # a worker that ran so long starts again with the first pause

_log = get_logger(__name__)


@dataclass(slots=True)
class Child:
    """A worker process and its history of starts."""

    role: str
    process: subprocess.Popen[bytes] | None = None
    channel: Connection | None = None
    started: datetime | None = None
    restarts: int = 0
    pause: timedelta = FIRST_PAUSE
    due: datetime | None = None  # when to start again; None: at once
    last_exit: int | None = field(default=None)

    def tend(self, assignment: Assignment, now: datetime) -> bool:
        """Start the worker if it is due; note its end if it has died. Tell whether anything happened."""
        before = self.process
        if self.process is not None and self.process.poll() is not None:
            self._mourn(now)
        if self.process is None and (self.due is None or now >= self.due):
            self._start(assignment, now)
        return self.process is not before

    def tell(self, site: object) -> None:
        """Hand a new site to the worker; one that is just dying gets it when it starts again."""
        if self.channel is not None:
            try:
                self.channel.send(site)
            except OSError:
                _log.info("worker went before it heard of the new site", worker=self.role)

    def terminate(self) -> None:
        """Ask the worker to end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self, seconds: float) -> None:
        """Wait for the end of the worker, and kill it when it takes longer."""
        if self.process is None:
            return
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            _log.warning("worker did not end in time and is killed", worker=self.role)
            self.process.kill()
            self.process.wait()
        self._close()

    def report(self) -> dict[str, Any]:
        """Return the facts for the health page."""
        return {
            "pid": self.process.pid if self.process else None,
            "restarts": self.restarts,
            "last_exit": self.last_exit,
            "starts_again": self.due if self.process is None else None,
        }

    def _start(self, assignment: Assignment, now: datetime) -> None:
        ours, theirs = Pipe()
        inherited = [theirs.fileno()]
        if self.role == "api" and assignment.socket_fd is not None:
            inherited.append(assignment.socket_fd)
        # -P: the working folder is not searched for modules. A session of its own: Ctrl-C reaches the supervisor only.
        command = [sys.executable, "-P", "-m", "facility", "worker", self.role, "--channel", str(theirs.fileno())]
        self.process = subprocess.Popen(  # noqa: S603  # our own interpreter and words
            command, pass_fds=inherited, stdin=subprocess.DEVNULL, start_new_session=True
        )
        theirs.close()
        self.channel, self.started = ours, now
        self.tell(assignment)
        _log.info("worker started", worker=self.role, pid=self.process.pid)

    def _mourn(self, now: datetime) -> None:
        assert self.process is not None
        assert self.started is not None
        self.last_exit = self.process.returncode
        if now - self.started >= HEALTHY_AFTER:
            self.pause = FIRST_PAUSE
        self.due = now + self.pause
        _log.error(
            "worker died", worker=self.role, exit_code=self.last_exit, starts_again_in_s=self.pause.total_seconds()
        )
        self.pause = min(2 * self.pause, LONGEST_PAUSE)
        self.restarts += 1
        self._close()

    def _close(self) -> None:
        if self.channel is not None:
            self.channel.close()
        self.process = self.channel = None
