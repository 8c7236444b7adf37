"""The application: routes, errors, guard. Interactive docs are off, they would load from elsewhere; /openapi.json is there."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

from fastapi import FastAPI

from facility.api.guard import Guard
from facility.api.problem import add_problem_handlers
from facility.api.routes import health, history, metrics, page, plan, points, site
from facility.api.site_view import SiteView

PREFIX = "/api/v1"


def create_app(view: SiteView, allowed_names: Iterable[str] = ()) -> FastAPI:
    """Return the API of a site; `allowed_names` are host names under which it may be asked, beside localhost."""
    app = FastAPI(
        title="facility",
        summary="A data-centre power and cooling optimizer: readings, plan and recommendations of one site",
        version=version("facility"),
        docs_url=None,
        redoc_url=None,
    )
    app.state.view = view
    for topic in (site, points, history, plan, health, metrics):
        app.include_router(topic.router, prefix=PREFIX)
    app.include_router(page.router)
    add_problem_handlers(app)
    app.add_middleware(Guard, allowed_names=allowed_names)
    return app
