"""The API over a real socket, and how it refuses."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import APIRouter
from httpx import Client, Response

from facility.api.app import create_app
from facility.api.site_view import SiteView
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.api.records_for_tests import FixedClock


@contextmanager
def serving(
    loaded: LoadedSite, state: StateFolder, clock: FixedClock, *extra: APIRouter, open_reading: bool = True
) -> Iterator[Client]:
    """Serve over a real socket."""
    view = SiteView(loaded, state, clock)
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(view, ["plant.example"], open_reading=open_reading)
    for router in extra:
        app.include_router(router)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    with Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=10) as client:
        yield client
    server.should_exit = True
    thread.join()
    view.close()


def refused(answer: Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == status
    assert document["title"]
    detail: str = document["detail"]
    return detail
