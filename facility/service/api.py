"""The API's process: serves on the socket that the supervisor opened."""

from __future__ import annotations

import signal
import socket
from types import FrameType

import uvicorn

from facility.api.app import create_app
from facility.api.site_view import SiteView
from facility.service.worker import Worker

STOP_WITHIN_S = 3  # slow readers are cut off then


def run(worker: Worker) -> None:
    """Serve until told to end."""
    assert worker.socket_fd is not None, "the supervisor opens the socket"
    view = SiteView(worker.loaded, worker.state, worker.clock)
    worker.on_site.append(view.exchange)
    worker.heartbeat.keep_beating()
    worker.heartbeat.say("serving")
    listener = socket.socket(fileno=worker.socket_fd)
    config = uvicorn.Config(
        create_app(view, allowed_names=[worker.host], open_reading=worker.open_reading),
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,  # `facility.api.who` looks at them itself: believed here, they would make anybody this machine
        timeout_graceful_shutdown=STOP_WITHIN_S,
        limit_concurrency=100,
    )
    signal.signal(signal.SIGTERM, _end_quietly)  # uvicorn handles the signal, then raises it again
    uvicorn.Server(config).run(sockets=[listener])
    view.close()
    worker.heartbeat.say("stopped")


def _end_quietly(_number: int, _frame: FrameType | None) -> None:
    """Let `run` come to its end."""
