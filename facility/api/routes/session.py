"""/session: signing in and out, who one is, giving the password again, changing it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AwareDatetime, BaseModel, Field, SecretStr

from facility.access import Permission, Role
from facility.accounts.secret_digest import csrf_of
from facility.accounts.sign_in import CONFIRMED, LASTS, is_locked
from facility.api.entry import open_to_all, signed_in
from facility.api.page.paths import PROVIDER_PATH
from facility.api.routes.view import View
from facility.api.sign_in_ways import check_password_way, ways_of
from facility.api.who import Who, address_of, drop_cookie, set_cookie, who_asks

router = APIRouter(tags=["session"])
Anybody = Annotated[Who, Depends(who_asks)]
Person = Annotated[Who, signed_in()]
Password = Annotated[SecretStr, Field(max_length=1024)]


class SignInRequest(BaseModel):
    """A name and its password."""

    name: Annotated[str, Field(max_length=64)]
    password: Password


class ConfirmRequest(BaseModel):
    """The password of who is signed in."""

    password: Password


class PasswordRequest(BaseModel):
    """The present password, and the one that replaces it."""

    old: Password
    new: Password


class ProviderAnswer(BaseModel):
    """Who else signs people in, and the page that goes there."""

    name: str
    path: str


class SessionAnswer(BaseModel):
    """Who asks and what they may now; the rest is of a person's session."""

    name: str | None
    permissions: list[Permission]
    role: Role | None = None
    locked: bool = False  # reads until the password is given again
    must_change_password: bool = False
    csrf: str | None = None  # to be sent with each write, in X-CSRF-Token
    confirmed_until: AwareDatetime | None = None  # after that, some writes want the password again
    ends: AwareDatetime | None = None
    confirm_at_provider: bool = False  # who is signed in proves anew at the provider who they are, not with a password
    passwords: bool = True  # whether passwords let in
    provider: ProviderAnswer | None = None


@router.post(
    "/session",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[open_to_all("nobody is known before")],
    responses={401: {}},
)
def begin_session(given: SignInRequest, request: Request, response: Response, view: View) -> None:
    """Sign in: the answer sets the cookie."""
    check_password_way(request)
    secret = view.access.sign_in.begin(given.name, given.password.get_secret_value(), address_of(request))
    set_cookie(request, response, secret)


@router.get(
    "/session",
    dependencies=[open_to_all("a page asks who its reader is before anybody has signed in")],
    responses={401: {}},  # a wrong token
)
def read_session(who: Anybody, request: Request, view: View) -> SessionAnswer:
    """Return who asks, and how people sign in."""
    session, permissions, ways = who.session, sorted(who.permissions), ways_of(request)
    provider = ProviderAnswer(name=ways.provider_name, path=PROVIDER_PATH) if ways.provider_name else None
    if session is None:
        name = who.name or None
        return SessionAnswer(name=name, permissions=permissions, passwords=ways.passwords, provider=provider)
    return SessionAnswer(
        name=who.name,
        permissions=permissions,
        role=session.account.role,
        locked=is_locked(session, view.clock.now()),
        must_change_password=session.account.must_change,
        csrf=csrf_of(who.secret),
        confirmed_until=session.confirmed + CONFIRMED,
        ends=session.began + LASTS,
        confirm_at_provider=session.account.issuer is not None,
        passwords=ways.passwords,
        provider=provider,
    )


@router.delete("/session", status_code=HTTPStatus.NO_CONTENT)
def end_session(who: Person, request: Request, response: Response, view: View) -> None:
    """Sign out."""
    view.access.sign_in.end(who.secret)
    drop_cookie(request, response)


@router.post("/session/confirm", status_code=HTTPStatus.NO_CONTENT)
def confirm_session(given: ConfirmRequest, who: Person, request: Request, view: View) -> None:
    """Give the password again: unlocks the session, and lets it change what wants a recent password."""
    check_password_way(request, who.session)
    view.access.sign_in.confirm(who.secret, given.password.get_secret_value(), address_of(request))


@router.post("/session/password", status_code=HTTPStatus.NO_CONTENT)
def change_password(given: PasswordRequest, who: Person, request: Request, response: Response, view: View) -> None:
    """Change one's own password; all one's sessions end, this one too."""
    check_password_way(request, who.session)
    old, new = given.old.get_secret_value(), given.new.get_secret_value()
    view.access.sign_in.change_password(who.name, old, new, address_of(request))
    drop_cookie(request, response)
