"""/sign-in/provider and /sign-in/return: to the provider that signs people in, and back.

On the way back another site sends the browser here, which then keeps our `SameSite=Strict` session to itself. So the value of the
way there and back has a cookie of its own, `SameSite=Lax`, and the answer is a page of ours that goes on by itself: what that asks
carries the session.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from facility.access import AccountError, SignInRefusedError
from facility.accounts.oidc.exchange import ProviderError
from facility.accounts.oidc.flow import LASTS, Flow, begin_flow, resume_flow
from facility.accounts.oidc.provider import Provider
from facility.accounts.provider_sign_in import ProviderAnswer
from facility.accounts.secret_digest import digest
from facility.api.entry import open_to_all
from facility.api.page.paths import PROVIDER_PATH, RETURN_PATH
from facility.api.page.sign_in_page import returned_page, sign_in_page
from facility.api.problem import ProblemError
from facility.api.routes.view import View
from facility.api.sign_in_ways import ways_of
from facility.api.who import Who, address_of, cookie_name, is_encrypted, set_cookie, who_asks

router = APIRouter(include_in_schema=False)
_ERROR = re.compile(r"[a-z_]{1,64}")  # RFC 6749; the provider's own description is not shown
_BEGIN_ANEW = "this sign-in was not begun here, or too long ago; begin anew"
Word = Annotated[str | None, Query(max_length=4096)]


def _provider(request: Request) -> Provider:
    found = ways_of(request).provider
    if found is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "no provider signs people in here: facility serve --oidc FILE")
    return found


TheProvider = Annotated[Provider, Depends(_provider)]


@router.get(PROVIDER_PATH, dependencies=[open_to_all("nobody is known before")])
def leave(request: Request, view: View, who: Annotated[Who, Depends(who_asks)], provider: TheProvider) -> Response:
    """Send to the provider; who has a session through it comes back to have it confirmed."""
    session = who.session
    own = digest(who.secret) if session and session.account.issuer == provider.settings.issuer else None
    flow = begin_flow(view.clock.now(), own)
    try:
        answer = RedirectResponse(provider.address(flow, _return_to(request)), HTTPStatus.SEE_OTHER)
    except ProviderError as error:
        page = sign_in_page(view.loaded.site.name, ways_of(request), str(error))
        return HTMLResponse(page, HTTPStatus.SERVICE_UNAVAILABLE)
    answer.set_cookie(
        _flow_cookie(request),
        flow.value,
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=is_encrypted(request),
    )
    return answer


@router.get(RETURN_PATH, dependencies=[open_to_all("nobody is known before")])
def come_back(
    request: Request,
    view: View,
    provider: TheProvider,
    *,
    state: Word = None,
    code: Word = None,
    iss: Word = None,
    error: Word = None,
) -> Response:
    """Sign in whom the provider vouches for, or say why not."""
    site, answer = view.loaded.site.name, None
    through, address = view.access.through_provider, address_of(request)
    try:
        flow = _flow(request, view, state)
        if code is None:
            said = error if error is not None and _ERROR.fullmatch(error) else "nothing that is understood"
            raise through.refuse(f"the provider says: {said}", address)
        brought = ProviderAnswer(code, iss, _return_to(request))
        secret = through.finish(provider, flow, brought, address)
        answer = HTMLResponse(returned_page(site, confirmed=secret is None))
        if secret is not None:
            set_cookie(request, answer, secret)
    except (SignInRefusedError, AccountError) as refusal:
        answer = HTMLResponse(sign_in_page(site, ways_of(request), str(refusal)), HTTPStatus.UNAUTHORIZED)
    answer.delete_cookie(_flow_cookie(request), httponly=True, samesite="lax", secure=is_encrypted(request))
    return answer


def _flow(request: Request, view: View, state: str | None) -> Flow:
    flow = resume_flow(request.cookies.get(_flow_cookie(request), ""), view.clock.now())
    if flow is None or state is None or not flow.is_of(state):
        raise SignInRefusedError(_BEGIN_ANEW)
    return flow


def _return_to(request: Request) -> str:
    """Return where the provider sends people back to; the guard lets only names through that are ours."""
    return f"{request.url.scheme}://{request.headers['host']}{RETURN_PATH}"


def _flow_cookie(request: Request) -> str:
    return f"{cookie_name(request)}-provider"
