"""The API of a site in a process of its own, as the service runs it: `python -m tools.bench.console_server SITE STATE`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import uvicorn

from facility.api.app import create_app
from facility.api.rate_limit import LIMITS
from facility.api.site_view import SiteView
from facility.clock import SystemClock
from facility.service.api import server_options
from facility.site_file import load_site
from facility.state import StateFolder


@contextmanager
def served(site: Path, state: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Serve a site until the end; yield where, and the process that is measured."""
    command = [sys.executable, "-m", "tools.bench.console_server", str(site), str(state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        try:
            yield f"127.0.0.1:{port}", psutil.Process(process.pid)
        finally:
            process.terminate()


def main(site: str, state: str) -> None:
    """Serve on a free port, and print which."""
    os.environ.setdefault("FACILITY_DEMO_COMMUNITY", "bench")
    view = SiteView(load_site(Path(site)), StateFolder(Path(state)), SystemClock())
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    limits = replace(LIMITS, sockets_each=LIMITS.sockets)  # all pages of the bench come from one address
    uvicorn.Server(uvicorn.Config(create_app(view, limits=limits), **server_options())).run(sockets=[listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
