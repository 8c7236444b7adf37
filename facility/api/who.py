"""Who asks: a machine by its token, a person by the session's cookie, this machine by its address, or nobody known."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus

from fastapi import Response
from starlette.requests import HTTPConnection

from facility.access import GRANTS, Permission, Session
from facility.accounts.sign_in import LASTS, is_locked
from facility.api.problem import ProblemError
from facility.api.proxy import as_address
from facility.api.site_view import SiteView

# What says that somebody else has passed the request on: then the peer's address is not the asker's.
_PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
_READING = frozenset({Permission.READ})
_BEARER = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks, and what they may; `known` by a session or token."""

    name: str  # as the audit trail has it
    permissions: frozenset[Permission]
    known: bool = True
    person: str = ""  # who answers for it: an account's name, or of a token, who made it
    session: Session | None = None
    secret: str = field(default="", repr=False)  # of the session


def who_asks(request: HTTPConnection) -> Who:
    """Return who asks. A wrong token is refused: it never reads as if it had none."""
    if (given := request.headers.get("authorization")) is not None:
        return _machine(request, given)
    if (secret := request.cookies.get(cookie_name(request))) is not None:
        found = view_of(request).access.sign_in.session(secret)
        if found is not None:
            return _person(request, found, secret)
    if request.app.state.open_reading and is_this_machine(request):
        return Who("loopback", _READING, known=False)
    return Who("", frozenset(), known=False)


def _machine(request: HTTPConnection, given: str) -> Who:
    scheme, _, secret = given.partition(" ")
    found = view_of(request).access.tokens.find(secret.strip()) if scheme.lower() == "bearer" else None
    if found is None:
        raise ProblemError(HTTPStatus.UNAUTHORIZED, "no such token, or it has ended", headers=_BEARER)
    return Who(f"token:{found.id}", found.scopes, person=found.created_by)


def _person(request: HTTPConnection, session: Session, secret: str) -> Who:
    granted = GRANTS[session.account.role]
    if session.account.must_change:
        granted = frozenset()
    elif is_locked(session, view_of(request).clock.now()):
        granted &= _READING
    return Who(session.account.name, granted, person=session.account.name, session=session, secret=secret)


def view_of(request: HTTPConnection) -> SiteView:
    """Return the site that is asked."""
    view: SiteView = request.app.state.view
    return view


def is_this_machine(request: HTTPConnection) -> bool:
    """Tell whether the request comes from this machine, and nobody says to have passed it on."""
    if request.client is None or any(name in request.headers for name in _PASSED_ON):
        return False
    address = as_address(request.client.host)
    return address is not None and address.is_loopback


def address_of(request: HTTPConnection) -> str:
    """Return the address under which failures are counted, as `facility.api.proxy` leaves it."""
    return request.client.host if request.client else ""


def is_encrypted(request: HTTPConnection) -> bool:
    """Tell whether the asker's side is TLS, to us or to a trusted proxy."""
    return request.url.scheme in ("https", "wss")


def cookie_name(request: HTTPConnection) -> str:
    """Return the cookie's name: of this site, since all ports of a host share their cookies."""
    name = f"facility-{view_of(request).loaded.site.id}"
    return f"__Host-{name}" if is_encrypted(request) else name


def set_cookie(request: HTTPConnection, response: Response, secret: str) -> None:
    """Hand a session's secret to the browser, and to nothing else in it."""
    response.set_cookie(
        cookie_name(request),
        secret,
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=is_encrypted(request),
    )


def drop_cookie(request: HTTPConnection, response: Response) -> None:
    """Take the session's secret back."""
    response.delete_cookie(cookie_name(request), httponly=True, samesite="strict", secure=is_encrypted(request))
