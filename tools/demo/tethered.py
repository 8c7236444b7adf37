"""Run a command that ends when the process that started it ends, even if that one is killed (Linux; elsewhere it just runs)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Replace this process by the command given after the expected parent's id."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)  # outlives the exec below
    if os.getppid() != int(parent):
        sys.exit("the process that started this one has already gone")
    os.execv(command[0], command)  # noqa: S606 - the demo names the command itself


if __name__ == "__main__":
    main()
