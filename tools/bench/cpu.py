"""CPU seconds of a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence


def python_cpu_s(arguments: Sequence[str], runs: int) -> float:
    """Return the least user and system seconds that our interpreter took for a command line, over some runs.

    The least, because everything that disturbs only adds.

    Raises
    ------
    RuntimeError
        If the command fails; a benchmark of an error message means nothing.
    """
    return min(_once(arguments) for _ in range(runs))


def _once(arguments: Sequence[str]) -> float:
    process = subprocess.Popen(
        [sys.executable, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    complaint = process.stderr.read()
    process.stderr.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)} failed: {complaint.decode(errors='replace').strip()}")
    return usage.ru_utime + usage.ru_stime
