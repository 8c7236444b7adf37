"""A real writer process to be killed: appends numbered polls, flushes and maintains now and then, prints what is acknowledged.

Arguments: state folder, number of the first poll.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from facility.history.maintenance import maintain
from facility.log import configure_logging
from tests.history.store import START, batch, open_store


def main(root: Path, first: int) -> None:
    with open_store(root) as store:
        for number in range(first, first + 100_000):
            store.append(batch(number, every_s=1.0))
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            if number % 5 == 0:
                store.flush()
            if number % 40 == 0:
                maintain(store, START + timedelta(days=1))


if __name__ == "__main__":
    configure_logging("json", "writer")  # on standard error; standard output is for acknowledgements
    main(Path(sys.argv[1]), int(sys.argv[2]))
