"""A process that wants to write: takes the lease, renews it, and says which number it has; it ends when it is killed.

Arguments: database, state folder, name, how long the lease lasts in seconds.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

from facility.history.journal_database import open_database
from facility.history.writer_lease import WriterLease
from facility.state import StateFolder


def main(url: str, folder: Path, name: str, lasts_s: float) -> None:
    lease = WriterLease(open_database(url, StateFolder(folder)), "demo", name, timedelta(seconds=lasts_s))
    while True:
        lease.take()
        sys.stdout.write(f"{time.monotonic()} {lease.fence}\n")
        sys.stdout.flush()
        time.sleep(lasts_s / 10)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], float(sys.argv[4]))
