"""A machine that wants to write: records the intent of a write again and again, and says whether it was let; it ends when killed.

Arguments: database, state folder, name.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from facility.errors import NotTheWriterError
from facility.history.journal_database import open_database
from facility.history.write_ledger import SqlWriteLedger
from facility.history.writer_lease import WriterLease
from facility.history.writer_seat import holder_name
from facility.records import LoggedWrite
from facility.state import StateFolder

LASTS = timedelta(seconds=2)


def main(url: str, folder: Path, name: str) -> None:
    state = StateFolder(folder)
    engine = open_database(url, state)
    ledger = SqlWriteLedger(engine, "demo", state.writing, WriterLease(engine, "demo", holder_name(state), LASTS))
    while True:
        try:
            ledger.intend(LoggedWrite(uuid4().hex, "p", "d", datetime.now(UTC), 20.0, 19.0, name, "why", "06"))
            said = "wrote"
        except NotTheWriterError:
            said = "refused"
        sys.stdout.write(f"{said}\n")
        sys.stdout.flush()
        time.sleep(0.1)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
