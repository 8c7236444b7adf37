"""Errors as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from facility.access import AccountError, SignInRefusedError, UnknownAccountError, WrongInputError
from facility.api.page.paths import PLAIN_PATH, SIGN_IN_PATH
from facility.errors import FacilityError, UnknownPointError
from facility.log import get_logger
from facility.review.refusals import DecisionRefusedError, ReviewError, UnknownRecordError

MEDIA_TYPE = "application/problem+json"
_SIGN_IN_HELPS = ("sign-in", "password")
_log = get_logger(__name__)


class ProblemError(Exception):
    """A request that is refused, with the status and what to do instead; `kind` is for programs that do it by themselves."""

    def __init__(
        self, status: HTTPStatus, detail: str, *, kind: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        self.status = status
        self.detail = detail
        self.kind = kind
        self.headers = headers
        super().__init__(detail)


def problem(
    status: int, detail: str, *, kind: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return a problem document as an answer."""
    return JSONResponse(problem_document(status, detail, kind), status, headers, media_type=MEDIA_TYPE)


def problem_document(status: int, detail: str, kind: str | None = None) -> dict[str, str | int]:
    """Return a problem document."""
    document: dict[str, str | int] = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if kind is not None:
        document["type"] = f"urn:facility:{kind}"
    return document


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every error with a problem document; what is our own fault is logged and not shown."""

    @app.exception_handler(ProblemError)
    async def refused(request: Request | WebSocket, error: ProblemError) -> Response | None:
        if isinstance(request, WebSocket):
            await request.send_denial_response(
                problem(error.status, error.detail, kind=error.kind, headers=error.headers)
            )
            return None
        if request.url.path == PLAIN_PATH and error.kind in _SIGN_IN_HELPS:
            return RedirectResponse(SIGN_IN_PATH, HTTPStatus.SEE_OTHER)
        return problem(error.status, error.detail, kind=error.kind, headers=error.headers)

    @app.exception_handler(UnknownPointError)
    def unknown_point(_: Request, error: UnknownPointError) -> JSONResponse:
        return problem(HTTPStatus.NOT_FOUND, str(error))

    @app.exception_handler(SignInRefusedError)
    def not_let_in(_: Request, error: SignInRefusedError) -> JSONResponse:
        if error.retry_after_s is None:
            return problem(HTTPStatus.UNAUTHORIZED, str(error))
        wait = {"Retry-After": str(error.retry_after_s)}
        return problem(HTTPStatus.TOO_MANY_REQUESTS, str(error), headers=wait)

    @app.exception_handler(AccountError)
    def not_possible(_: Request, error: AccountError) -> JSONResponse:
        return problem(_status_of(error), str(error))

    @app.exception_handler(ReviewError)
    def not_decided(_: Request, error: ReviewError) -> JSONResponse:
        return problem(_status_of_review(error), str(error))

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


def _status_of(error: AccountError) -> HTTPStatus:
    if isinstance(error, UnknownAccountError):
        return HTTPStatus.NOT_FOUND
    return HTTPStatus.UNPROCESSABLE_ENTITY if isinstance(error, WrongInputError) else HTTPStatus.CONFLICT


def _status_of_review(error: ReviewError) -> HTTPStatus:
    if isinstance(error, UnknownRecordError):
        return HTTPStatus.NOT_FOUND
    return HTTPStatus.CONFLICT if isinstance(error, DecisionRefusedError) else HTTPStatus.UNPROCESSABLE_ENTITY
