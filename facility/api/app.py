"""The application: routes, errors, guard. Interactive docs are off, they would load from elsewhere; /openapi.json is there."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

from fastapi import FastAPI

from facility.api.entry import check_declared
from facility.api.guard import Guard
from facility.api.live import LiveFeed
from facility.api.problem import add_problem_handlers
from facility.api.routes import (
    alarms,
    health,
    history,
    live,
    metrics,
    openapi,
    page,
    plan,
    points,
    session,
    sign_in,
    site,
    tokens,
    users,
)
from facility.api.site_view import SiteView

PREFIX = "/api/v1"
TOPICS = tuple(
    topic.router for topic in (site, points, live, history, plan, alarms, health, metrics, session, users, tokens)
)
PAGES = tuple(topic.router for topic in (page, sign_in, openapi))


def create_app(view: SiteView, allowed_names: Iterable[str] = (), *, open_reading: bool = True) -> FastAPI:
    """Return the API of a site.

    `allowed_names` are host names under which it may be asked, beside localhost. With `open_reading`, requests from this machine
    read without signing in.
    """
    check_declared((*TOPICS, *PAGES))
    app = FastAPI(
        title="facility",
        summary="A data-centre power and cooling optimizer: readings, plan and recommendations of one site",
        version=version("facility"),
        openapi_url=None,  # FastAPI's own would be open to all
        docs_url=None,
        redoc_url=None,
    )
    app.state.view, app.state.live = view, LiveFeed(view)
    app.state.open_reading = open_reading
    for topic in TOPICS:
        app.include_router(topic, prefix=PREFIX)
    for each in PAGES:
        app.include_router(each)
    add_problem_handlers(app)
    app.add_middleware(Guard, allowed_names=allowed_names)
    return app
