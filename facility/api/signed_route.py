"""Routes that take what a sender has signed: the signature is looked at before anything else, also before the body is read as JSON.

What is refused goes to the audit; for what nobody known sends, only so many lines a minute, or a stranger could fill the journal.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from facility.api.problem import ProblemError
from facility.api.rate_limit import client_address
from facility.api.token_bucket import Rate, TokenBuckets
from facility.api.who import view_of
from facility.history.hook_deliveries import Delivery
from facility.respond.settings import HOOK
from facility.secrets import resolve_secret
from facility.signed import HOLDS, SIGNATURE, TIMESTAMP, signature

SENDER, KEY = "Facility-Sender", "Idempotency-Key"
LONGEST_KEY = 255
AUDITED = Rate(burst=20, per_s=1 / 60)
_strangers = TokenBuckets(AUDITED)  # one process serves one site
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class SignedRoute(APIRoute):
    """Asks for the signature first; then what cannot be read is told to the audit under its sender's name."""

    def get_route_handler(self) -> Handler:
        """Return what serves a request."""
        serve = super().get_route_handler()

        async def serve_signed(request: Request) -> Response:
            body = await request.body()
            delivery = await run_in_threadpool(_delivery, request, body)
            request.state.delivery = delivery
            try:
                return await serve(request)
            except RequestValidationError as error:
                await run_in_threadpool(_tell_unreadable, request, delivery, error)
                raise

        return serve_signed


def _delivery(request: Request, body: bytes) -> Delivery:
    """Return a delivery whose signature holds; refuse any other."""
    book, now = view_of(request).grid_events, view_of(request).clock.now()
    sender = book.settings.sender(request.headers.get(SENDER, ""))
    timestamp, given = request.headers.get(TIMESTAMP, ""), request.headers.get(SIGNATURE, "")
    # Computed for a stranger too: how long an answer takes must not tell who is known.
    secret = resolve_secret(sender.secret).get_secret_value() if sender else ""
    right = hmac.compare_digest(signature(secret, timestamp, body).encode(), given.encode())
    if sender is None or not right:
        raise _refused(request, "no such sender, or its signature is wrong", now)
    if not _holds(timestamp, now):
        raise _refused(request, f"its time is more than {HOLDS / timedelta(minutes=1):g} minutes from ours", now)
    key = request.headers.get(KEY)
    if key is not None and not (0 < len(key) <= LONGEST_KEY):
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"{KEY}: expected 1 to {LONGEST_KEY} characters")
    return Delivery(sender.name, given, hashlib.sha256(body).hexdigest(), key, now)


def _holds(timestamp: str, now: datetime) -> bool:
    return (
        timestamp.isdecimal()
        and len(timestamp) <= 12
        and abs(now.timestamp() - int(timestamp)) <= HOLDS.total_seconds()
    )


def _refused(request: Request, why: str, now: datetime) -> ProblemError:
    address = client_address(request.scope)
    if _strangers.take("") is None:
        # Not the name that it gives itself: that may be anything.
        view_of(request).grid_events.refuse(address, "dr/events", why, now)
    signs = {"WWW-Authenticate": "Facility-Signature"}
    return ProblemError(
        HTTPStatus.UNAUTHORIZED, f"{why}: {SENDER}, {TIMESTAMP}, {SIGNATURE}", kind="sign", headers=signs
    )


def _tell_unreadable(request: Request, delivery: Delivery, error: RequestValidationError) -> None:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    view = view_of(request)
    view.grid_events.refuse(f"{HOOK}{delivery.sender}", "dr/events", f"{where}: {first['msg']}", view.clock.now())
