"""A real writer process to be killed while its table comes and goes: appends numbered polls, prints what is acknowledged.

Arguments: state folder, number of the first poll.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from facility.errors import HistoryError
from facility.log import configure_logging
from tests.history.store import batch, open_store


def main(root: Path, first: int) -> None:
    table, aside = root / "telemetry", root / "aside"
    with open_store(root) as store:
        for number in range(first, first + 100_000):
            store.append(batch(number, every_s=1.0))
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            if number % 20 == 5:
                table.rename(aside)
                table.write_text("not mounted")
            if number % 20 == 15:
                table.unlink()
                aside.rename(table)
            if number % 4 == 0:
                with suppress(HistoryError):
                    store.flush()


if __name__ == "__main__":
    configure_logging("json", "writer")
    main(Path(sys.argv[1]), int(sys.argv[2]))
