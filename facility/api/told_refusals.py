"""Routes whose refusals go to the audit: of who cannot prove itself, and of what cannot be read; only so many lines a minute."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from facility.api.problem import ProblemError
from facility.api.rate_limit import client_address
from facility.api.signed_route import AUDITED, Handler
from facility.api.token_bucket import TokenBuckets
from facility.api.who import view_of

_lines = TokenBuckets(AUDITED)  # one process serves one site


class ToldRefusalsRoute(APIRoute):
    """Tells the audit who was refused and why, by the address: a name that a stranger gives itself may be anything."""

    def get_route_handler(self) -> Handler:
        """Return what serves a request."""
        serve = super().get_route_handler()

        async def serve_and_tell(request: Request) -> Response:
            try:
                return await serve(request)
            except RequestValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"])
                await run_in_threadpool(_tell, request, f"{where}: {first['msg']}")
                raise
            except ProblemError as error:
                if error.status == HTTPStatus.UNAUTHORIZED:
                    await run_in_threadpool(_tell, request, error.detail)
                raise

        return serve_and_tell


def _tell(request: Request, why: str) -> None:
    if _lines.take("") is None:
        view, path = view_of(request), request.url.path.removeprefix("/api/v1/")
        view.grid_events.refuse(client_address(request.scope), path, why, view.clock.now())
