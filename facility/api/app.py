"""The application: routes, errors, guard. FastAPI's own /docs is off, it would load from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from facility.accounts.oidc.provider import Provider
from facility.accounts.oidc.settings import OidcSettings
from facility.api.entry import check_declared, declarations
from facility.api.guard import Guard
from facility.api.live import LiveFeed
from facility.api.problem import add_problem_handlers
from facility.api.proxy import Proxy
from facility.api.rate_limit import LIMITS, RateLimit, RateLimits, Throttle
from facility.api.routes import (
    alarm_moves,
    alarms,
    console,
    dispatch,
    dr_course,
    dr_events,
    dr_hook,
    dr_offers,
    events,
    forecasts,
    health,
    history,
    live,
    metrics,
    models,
    openadr,
    openapi,
    page,
    plan,
    plans,
    points,
    provider,
    psychrometrics,
    pue,
    review,
    savings,
    session,
    sign_in,
    site,
    stand_ins,
    switchbacks,
    tokens,
    topology,
    users,
    writes,
)
from facility.api.sign_in_ways import Ways
from facility.api.site_view import SiteView

PREFIX = "/api/v1"
# Long answers go packed. The only secret in an answer, the session's value, is in one far shorter: its length tells nothing.
PACKED_FROM_BYTES = 4096
TOPICS = tuple(
    topic.router
    for topic in (
        *(site, topology, points, stand_ins, live, history, psychrometrics),
        *(plan, plans, review, dispatch, writes, savings, switchbacks),
        *(alarms, alarm_moves, models, forecasts, pue),
        *(dr_events, dr_course, dr_offers, dr_hook, openadr),
        *(events, health, metrics),
        *(session, users, tokens),
    )
)
PAGES = tuple(topic.router for topic in (console, page, sign_in, provider, openapi))


def create_app(
    view: SiteView,
    allowed_names: Iterable[str] = (),
    *,
    open_reading: bool = True,
    proxies: Iterable[str] = (),
    limits: RateLimits = LIMITS,
    oidc: OidcSettings | None = None,
) -> FastAPI:
    """Return the API of a site.

    `allowed_names` are host names under which it may be asked, beside localhost. With `open_reading`, requests from this machine
    read without signing in. `proxies` are addresses or networks, beside this machine, that say for whom they ask. `oidc` is the
    provider that signs people in, if one does.
    """
    check_declared((*TOPICS, *PAGES))
    app = FastAPI(
        title="facility",
        summary="A data-centre power and cooling optimizer: readings, plan and recommendations of one site",
        version=version("facility"),
        openapi_url=None,  # FastAPI's own would be open to all
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,  # short names in generated clients
    )
    app.state.view, app.state.live = view, LiveFeed(view)
    app.state.open_reading, app.state.throttle = open_reading, Throttle(limits)
    app.state.ways = Ways(None if oidc is None else Provider(oidc, view.clock))
    app.state.declared = {line.replace(" ", f" {PREFIX}", 1): found for line, found in declarations(TOPICS)}
    for topic in TOPICS:
        app.include_router(topic, prefix=PREFIX)
    for each in PAGES:
        app.include_router(each)
    add_problem_handlers(app)
    app.add_middleware(GZipMiddleware, minimum_size=PACKED_FROM_BYTES, compresslevel=4)
    app.add_middleware(RateLimit, throttle=app.state.throttle)
    app.add_middleware(Guard, allowed_names=allowed_names)
    app.add_middleware(Proxy, trusted=proxies)  # the last that is added is the first that is asked
    return app
