"""/openapi.json: the API, for programs that make clients of it; /docs: the same for people."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from facility.access import Permission
from facility.api.contract import contract
from facility.api.entry import needs
from facility.api.page.paths import REFERENCE_PATH
from facility.api.page.reference_page import reference_page
from facility.api.who import cookie_name

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json", dependencies=[needs(Permission.READ)])
def read_openapi(request: Request) -> dict[str, Any]:
    """Return the description."""
    return described(request)


def described(request: Request) -> dict[str, Any]:
    """Return the description of the API as this asker meets it: over TLS the session's cookie has another name."""
    state = request.app.state
    return contract(request.app.openapi(), state.declared, cookie_name(request), open_reading=state.open_reading)


@router.get(REFERENCE_PATH, dependencies=[needs(Permission.READ)])
def read_reference(request: Request) -> HTMLResponse:
    """Return the page."""
    return HTMLResponse(reference_page(described(request)))
