"""/plain: the page without scripts, and its style sheet."""

from __future__ import annotations

from importlib import resources
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from facility.access import Permission
from facility.api.entry import needs, open_to_all
from facility.api.page.first_page import PageContent, first_page
from facility.api.page.key_values import key_values
from facility.api.page.paths import PLAIN_PATH, STYLE_PATH
from facility.api.routes.console import console_is_built
from facility.api.routes.view import View
from facility.api.service_health import service_health
from facility.api.who import Who
from facility.records import RecommendationState

router = APIRouter(include_in_schema=False)
_STYLE = (resources.files("facility.api.page") / "style.css").read_text(encoding="utf-8")


@router.get(PLAIN_PATH)
def read_page(view: View, who: Annotated[Who, needs(Permission.READ)]) -> HTMLResponse:
    """Return the page."""
    health = service_health(view)
    proposed = view.journal.recommendations(RecommendationState.PROPOSED)
    content = PageContent(
        loaded=view.loaded,
        health=health,
        values=key_values(view.loaded, view.latest(), health.at),
        plan=view.journal.latest_plan(),
        recommendations=[item for item in proposed if item.expires > health.at],
        reader=who.name if who.known else None,
        console=console_is_built(),
    )
    return HTMLResponse(first_page(content))


@router.get(STYLE_PATH, dependencies=[open_to_all("the page to sign in wears it")])
def read_style() -> Response:
    """Return the style sheet."""
    return Response(_STYLE, media_type="text/css")
