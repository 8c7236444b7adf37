"""The line to the engine's process, and what matters of its log."""

from __future__ import annotations

import re
import subprocess
import sys
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

_SCRIPT = Path(__file__).with_name("engine_process.py")


def start_process() -> tuple[Connection, subprocess.Popen[bytes]]:
    """Start the engine's process and return our end of the line to it."""
    ours, theirs = Pipe()
    # -P: the folder of the script stays off the path, where its neighbours could hide other modules.
    command = [sys.executable, "-P", str(_SCRIPT), str(theirs.fileno())]
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    theirs.close()
    return ours, process


def severe(log: str) -> str:
    """Return the severe messages of a log."""
    lines = [
        line.strip() for line in log.splitlines() if re.search(r"\*\* +(Severe|Fatal) +\*\*|\*\* +~~~ +\*\*", line)
    ]
    return "\n".join(lines[:20]) or "no severe message in its log"
