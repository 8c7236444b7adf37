"""The API over a real socket, and how it refuses."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import Any

import uvicorn
from fastapi import APIRouter
from httpx import Client, Response

from facility.accounts.oidc.settings import OidcSettings
from facility.api.app import create_app
from facility.api.rate_limit import LIMITS, RateLimits
from facility.api.site_view import SiteView
from facility.api.token_bucket import Rate
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.api.records_for_tests import FixedClock

# Tests ask in a second what people ask in a day; tests/api/test_rate_limit.py is about the limits themselves.
_ENOUGH = Rate(burst=100_000, per_s=1000)
_RATES: dict[str, Any] = {each.name: _ENOUGH for each in fields(LIMITS) if isinstance(getattr(LIMITS, each.name), Rate)}
OFTEN = replace(LIMITS, **_RATES)


@contextmanager
def serving(
    loaded: LoadedSite,
    state: StateFolder,
    clock: FixedClock,
    *extra: APIRouter,
    open_reading: bool = True,
    limits: RateLimits = OFTEN,
    oidc: OidcSettings | None = None,
) -> Iterator[Client]:
    """Serve over a real socket."""
    view = SiteView(loaded, state, clock)
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(view, ["plant.example"], open_reading=open_reading, limits=limits, oidc=oidc)
    for router in extra:
        app.include_router(router)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        with Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=10) as client:
            yield client
    finally:  # a test that fails does not leave the thread, for which the process would wait
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
