"""The processes that the demo starts: each in a group of its own, tethered to the demo, ended with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

ROOT = Path(__file__).resolve().parents[2]
GRACE_S = 20.0


class CommandFailedError(RuntimeError):
    """A command of the demo ended with an exit code that it should not have."""


class Children:
    """Starts processes and leaves none behind."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**os.environ, **environment, "PYTHONUNBUFFERED": "1"}
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A second Ctrl-C must not cut the cleaning up short.
        before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
        while self._running:
            self.stop(self._running[-1])
        for number, handler in before.items():
            signal.signal(number, handler)

    def start(self, module: str, *arguments: str, log: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
        """Start a module of Python in the background; its output goes to the terminal unless there is a log."""
        tether = [sys.executable, "-m", "tools.demo.tethered", str(os.getpid())]
        command = [*tether, sys.executable, "-m", module, *arguments]
        errors = None if log is None else subprocess.STDOUT
        child = subprocess.Popen(
            command, cwd=ROOT, env=self._environment, stdout=log, stderr=errors, start_new_session=True
        )
        self._running.append(child)
        return child

    def run(self, module: str, *arguments: str, accepted: Sequence[int] = (0,)) -> int:
        """Run a module of Python to its end.

        Raises
        ------
        CommandFailedError
            If it ends with an exit code that is not accepted.
        """
        child = self.start(module, *arguments)
        code = child.wait()
        self._running.remove(child)
        if code not in accepted:
            raise CommandFailedError(f"{module} {arguments[0]} ended with exit code {code}")
        return code

    def stop(self, child: subprocess.Popen[bytes]) -> None:
        """End a process: asked first, then killed with everything it started."""
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                print(f"process {child.pid} did not stop within {GRACE_S:.0f} s; killing it", file=sys.stderr)
        _kill_group(child.pid)
        child.wait()
        self._running.remove(child)


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return  # nothing is left of it (macOS says it with EPERM)
