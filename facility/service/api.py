"""The API's process: serves on the socket that the supervisor opened."""

from __future__ import annotations

import signal
import socket
from types import FrameType
from typing import Any

import uvicorn

from facility.api.app import create_app
from facility.api.site_view import SiteView
from facility.service.entrance import Entrance
from facility.service.http_protocol import ProblemProtocol
from facility.service.tls import keep_fresh
from facility.service.worker import Worker

LONGEST_SAID = 1024  # bytes, by a client of the live connection, which is not heard anyway
STOP_WITHIN_S = 3  # slow readers are cut off then


def run(worker: Worker) -> None:
    """Serve until told to end."""
    assert worker.socket_fd is not None, "the supervisor opens the socket"
    view = SiteView(worker.loaded, worker.state, worker.clock)
    worker.on_site.append(view.exchange)
    worker.heartbeat.keep_beating()
    worker.heartbeat.say("serving")
    listener = socket.socket(fileno=worker.socket_fd)
    config = configured(view, worker.entrance)
    signal.signal(signal.SIGTERM, _end_quietly)  # uvicorn handles the signal, then raises it again
    uvicorn.Server(config).run(sockets=[listener])
    view.close()
    worker.heartbeat.say("stopped")


def configured(view: SiteView, entrance: Entrance) -> uvicorn.Config:
    """Return the server's configuration; with TLS, renewed files are taken up while it serves."""
    config = uvicorn.Config(
        create_app(
            view,
            entrance.names,
            open_reading=entrance.open_reading,
            proxies=entrance.proxies,
            limits=entrance.limits,
            oidc=entrance.oidc,
        ),
        **server_options(),
        ssl_certfile=entrance.tls.certificate if entrance.tls else None,
        ssl_keyfile=entrance.tls.key if entrance.tls else None,
    )
    config.load()
    if entrance.tls is not None and config.ssl is not None:
        keep_fresh(entrance.tls, config.ssl, view.clock)
    return config


def server_options() -> dict[str, Any]:
    """Return how the API is served, whatever its site."""
    return {
        "http": ProblemProtocol,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "date_header": False,
        "proxy_headers": False,  # `facility.api.proxy` looks at them itself
        "timeout_graceful_shutdown": STOP_WITHIN_S,
        "limit_concurrency": 100,
        "ws_max_size": LONGEST_SAID,
        "ws_per_message_deflate": False,  # it packs the same message for each client; who wants it packed asks for that
    }


def _end_quietly(_number: int, _frame: FrameType | None) -> None:
    """Let `run` come to its end."""
