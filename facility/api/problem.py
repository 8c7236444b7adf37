"""Errors as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from facility.errors import FacilityError, UnknownPointError
from facility.log import get_logger

MEDIA_TYPE = "application/problem+json"
_log = get_logger(__name__)


class ProblemError(Exception):
    """A request that is refused, with the status and what to do instead."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        self.status = status
        self.detail = detail
        super().__init__(detail)


def problem(status: int, detail: str) -> JSONResponse:
    """Return a problem document."""
    title = HTTPStatus(status).phrase
    return JSONResponse({"title": title, "status": status, "detail": detail}, status, media_type=MEDIA_TYPE)


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error with a problem document; what is our own fault is logged and not shown."""

    @app.exception_handler(ProblemError)
    def refused(_: Request, error: ProblemError) -> JSONResponse:
        return problem(error.status, error.detail)

    @app.exception_handler(UnknownPointError)
    def unknown_point(_: Request, error: UnknownPointError) -> JSONResponse:
        return problem(HTTPStatus.NOT_FOUND, str(error))

    @app.exception_handler(FacilityError)
    def not_available(_: Request, error: FacilityError) -> JSONResponse:
        _log.error("request not answered", kind=type(error).__name__, reason=str(error))
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error))

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        said = [f"{'.'.join(map(str, fault['loc'][1:]))}: {fault['msg']}" for fault in error.errors()]
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(said))

    @app.exception_handler(HTTPException)
    def http(_: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, error.detail)

    @app.exception_handler(Exception)
    def our_fault(request: Request, error: Exception) -> JSONResponse:
        _log.error("a fault of ours", path=request.url.path, exc_info=error)
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of facility's own; its log has the details")
