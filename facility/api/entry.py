"""What each route needs of who asks. Every route declares one of these, or the application does not start.

`needs(permission)` is for all that shows or changes something, `signed_in()` for a person's own session, `signed()` for what a
sender of the grid's events has signed, `open_to_all(why)` for the few that have to answer before anybody is known.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.requests import HTTPConnection

from facility.access import Permission, Session
from facility.accounts.secret_digest import csrf_of
from facility.accounts.sign_in import is_locked, is_recent
from facility.api.guard import READS
from facility.api.page.paths import PROVIDER_PATH, SIGN_IN_PATH
from facility.api.problem import ProblemError
from facility.api.who import Who, view_of, who_asks
from facility.history.hook_deliveries import Delivery

CSRF_HEADER = "X-CSRF-Token"


@dataclass(frozen=True, slots=True)
class Needs:
    """A permission. A session that writes also proves that no other page sends it, and that its person is there."""

    permission: Permission
    known: bool = False  # who asks has signed in or has a token: being on this machine is not enough

    def __call__(self, request: HTTPConnection) -> Who:
        """Return who asks, or refuse."""
        who = who_asks(request)
        writes = _is_write(request)
        if self.permission is not Permission.RELEASE:  # nothing holds up the way back to the plant's own controls
            _count(request, who, writes=writes)
        if writes:
            check_csrf(who, request.headers.get(CSRF_HEADER, ""))
        if self.known and not who.known:
            raise SignInNeededError
        _refuse_without(who, self.permission, request)
        if writes and who.session is not None:
            if not is_recent(who.session, self.permission, view_of(request).clock.now()):
                raise _refusal("confirm", _prove_anew(who.session))
            view_of(request).access.sign_in.touch(who.secret)
        return who


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session of a person, also a locked one, or one whose password is still to be changed."""

    csrf_in_form: bool = False  # then the route itself calls `check_csrf`

    def __call__(self, request: HTTPConnection) -> Who:
        """Return who asks, or refuse."""
        who = who_asks(request)
        if who.session is None:
            raise SignInNeededError
        _count(request, who, writes=_is_write(request))
        if _is_write(request) and not self.csrf_in_form:
            check_csrf(who, request.headers.get(CSRF_HEADER, ""))
        return who


@dataclass(frozen=True, slots=True)
class OpenToAll:
    """Nothing; `why` says for what reason."""

    why: str

    def __call__(self) -> None:
        """Refuse nobody, and ask no database: a probe is answered while the journal is away."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The signature of one of the senders of the site's `.respond.yaml`: `facility.api.signed_route` has looked at it."""

    def __call__(self, request: HTTPConnection) -> Delivery:
        """Return the delivery that is signed, or refuse."""
        delivery = getattr(request.state, "delivery", None)
        if not isinstance(delivery, Delivery):
            raise SignInNeededError
        _count_as(request, f"hook:{delivery.sender}", writes=True)
        return delivery


Declared = Needs | SignedIn | OpenToAll | Signed


class SignInNeededError(ProblemError):
    """Nobody known asks for what not everybody may see."""

    def __init__(self) -> None:
        super().__init__(
            HTTPStatus.UNAUTHORIZED,
            f"sign in ({SIGN_IN_PATH}, or POST /api/v1/session), or send a token: Authorization: Bearer",
            kind="sign-in",
            headers={"WWW-Authenticate": "Bearer"},
        )


def needs(permission: Permission, *, known: bool = False) -> Any:
    """Declare that a route needs a permission; with `known`, of a person or machine that says who it is."""
    return Depends(Needs(permission, known))


def signed_in(*, csrf_in_form: bool = False) -> Any:
    """Declare that a route is for a person's own session."""
    return Depends(SignedIn(csrf_in_form))


def signed() -> Any:
    """Declare that a route takes what a sender of the site has signed."""
    return Depends(Signed())


def open_to_all(why: str) -> Any:
    """Declare that a route answers everybody."""
    return Depends(OpenToAll(why))


def check_csrf(who: Who, given: str) -> None:
    """Refuse a write of a session that does not carry what only its own pages know."""
    if who.session is not None and not hmac.compare_digest(csrf_of(who.secret).encode(), given.encode()):
        raise _refusal("csrf", f"a write carries the session's value in {CSRF_HEADER}; GET /api/v1/session tells it")


def _refuse_without(who: Who, permission: Permission, request: HTTPConnection) -> None:
    if permission in who.permissions:
        return
    if not who.known:
        raise SignInNeededError
    if who.session is not None and who.session.account.must_change:
        raise _refusal(
            "password", f"choose a password of your own first: {SIGN_IN_PATH}, or POST /api/v1/session/password"
        )
    if who.session is not None and is_locked(who.session, view_of(request).clock.now()):
        raise _refusal("locked", f"the session is locked and only reads; {_prove_anew(who.session)}")
    raise ProblemError(
        HTTPStatus.FORBIDDEN, f"this needs the permission {permission.value!r}, which {who.name} has not"
    )


def _prove_anew(session: Session) -> str:
    if session.account.issuer is not None:
        return f"prove anew at the provider who you are: {PROVIDER_PATH}"
    return "give the password again first: POST /api/v1/session/confirm"


def _count(request: HTTPConnection, who: Who, *, writes: bool) -> None:
    if who.known:
        _count_as(request, who.name, writes=writes)


def _count_as(request: HTTPConnection, name: str, *, writes: bool) -> None:
    request.app.state.throttle.count_known(name, writes=writes)


def _is_write(request: HTTPConnection) -> bool:
    """Tell whether a request may change something; what a WebSocket says is not heard."""
    return request.scope.get("method", "GET") not in READS


def _refusal(kind: str, detail: str) -> ProblemError:
    return ProblemError(HTTPStatus.FORBIDDEN, detail, kind=kind)


def check_declared(routers: Iterable[APIRouter]) -> None:
    """Refuse to start with a route that does not declare what it needs.

    Raises
    ------
    TypeError
        Naming each of them: a fault of ours.
    """
    undeclared = [path for path, declared in declarations(routers) if declared is None]
    if undeclared:
        raise TypeError(f"routes that do not declare what they need: {', '.join(undeclared)}")


def declarations(routers: Iterable[APIRouter]) -> Iterator[tuple[str, Declared | None]]:
    """Return each route, as `GET /site`, with what it declares; None where that is nothing, or more than one thing."""
    for router in routers:
        for route in router.routes:
            if not isinstance(route, APIRoute | APIWebSocketRoute):
                yield str(getattr(route, "path", route)), None
                continue
            found = set(_declared_in(route.dependant))
            for method in sorted(route.methods or ()) if isinstance(route, APIRoute) else ("WebSocket",):
                yield f"{method} {route.path}", next(iter(found)) if len(found) == 1 else None


def _declared_in(dependant: Dependant) -> Iterator[Declared]:
    for each in dependant.dependencies:
        if isinstance(each.call, Declared):
            yield each.call
        yield from _declared_in(each)
