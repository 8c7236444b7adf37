"""/sign-in, /password and /sign-out: the session by forms, for browsers without a script."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from facility.access import SignInRefusedError, WrongInputError
from facility.accounts.secret_digest import csrf_of
from facility.api.entry import check_csrf, open_to_all, signed_in
from facility.api.page.paths import PASSWORD_PATH, SIGN_IN_PATH, SIGN_OUT_PATH
from facility.api.page.sign_in_page import account_page, sign_in_page
from facility.api.routes.view import View
from facility.api.sign_in_ways import check_password_way, ways_of
from facility.api.who import Who, address_of, drop_cookie, set_cookie, who_asks

router = APIRouter(include_in_schema=False)


async def _fields(request: Request) -> dict[str, str]:
    """Return the fields of a form; the guard keeps it short."""
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace"), max_num_fields=8, keep_blank_values=True))


Fields = Annotated[dict[str, str], Depends(_fields)]
Person = Annotated[Who, signed_in(csrf_in_form=True)]
_BEFORE = open_to_all("nobody is known before")


@router.get(SIGN_IN_PATH, dependencies=[_BEFORE])
def read_sign_in(request: Request, who: Annotated[Who, Depends(who_asks)], view: View) -> HTMLResponse:
    """Return the form to sign in, or one's own account."""
    site = view.loaded.site.name
    if who.session is None:
        return HTMLResponse(sign_in_page(site, ways_of(request)))
    return HTMLResponse(account_page(site, who.session, csrf_of(who.secret)))


@router.post(SIGN_IN_PATH, dependencies=[_BEFORE])
def sign_in(fields: Fields, request: Request, view: View) -> Response:
    """Sign in, and go to the first page."""
    check_password_way(request)
    try:
        name, password = fields.get("name", ""), fields.get("password", "")
        secret = view.access.sign_in.begin(name, password, address_of(request))
    except SignInRefusedError as refusal:
        return HTMLResponse(sign_in_page(view.loaded.site.name, ways_of(request), str(refusal)), _status(refusal))
    answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
    set_cookie(request, answer, secret)
    return answer


@router.post(PASSWORD_PATH)
def change_password(fields: Fields, who: Person, request: Request, view: View) -> Response:
    """Change one's own password, and go to sign in with it."""
    check_password_way(request, who.session)
    check_csrf(who, fields.get("csrf", ""))
    assert who.session is not None
    try:
        old, new = fields.get("old", ""), fields.get("new", "")
        view.access.sign_in.change_password(who.name, old, new, address_of(request))
    except (SignInRefusedError, WrongInputError) as refusal:
        page = account_page(view.loaded.site.name, who.session, csrf_of(who.secret), str(refusal))
        return HTMLResponse(page, _status(refusal))
    return _gone(request)


@router.post(SIGN_OUT_PATH)
def sign_out(fields: Fields, who: Person, request: Request, view: View) -> Response:
    """Sign out."""
    check_csrf(who, fields.get("csrf", ""))
    view.access.sign_in.end(who.secret)
    return _gone(request)


def _gone(request: Request) -> Response:
    answer = RedirectResponse(SIGN_IN_PATH, HTTPStatus.SEE_OTHER)
    drop_cookie(request, answer)
    return answer


def _status(refusal: SignInRefusedError | WrongInputError) -> HTTPStatus:
    if isinstance(refusal, WrongInputError):
        return HTTPStatus.UNPROCESSABLE_ENTITY
    return HTTPStatus.UNAUTHORIZED if refusal.retry_after_s is None else HTTPStatus.TOO_MANY_REQUESTS
