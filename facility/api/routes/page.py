"""/: the first page, and its style sheet."""

from __future__ import annotations

from importlib import resources

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from facility.api.page.first_page import STYLE_PATH, PageContent, first_page
from facility.api.page.key_values import key_values
from facility.api.routes.view import View
from facility.api.service_health import service_health
from facility.records import RecommendationState

router = APIRouter(include_in_schema=False)
_STYLE = (resources.files("facility.api.page") / "style.css").read_text(encoding="utf-8")


@router.get("/")
def read_page(view: View) -> HTMLResponse:
    """Return the page."""
    health = service_health(view)
    proposed = view.journal.recommendations(RecommendationState.PROPOSED)
    content = PageContent(
        loaded=view.loaded,
        health=health,
        values=key_values(view.loaded, view.latest(), health.at),
        plan=view.journal.latest_plan(),
        recommendations=[item for item in proposed if item.expires > health.at],
    )
    return HTMLResponse(first_page(content))


@router.get(STYLE_PATH)
def read_style() -> Response:
    """Return the style sheet."""
    return Response(_STYLE, media_type="text/css")
