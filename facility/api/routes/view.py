"""How routes get at the site."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from facility.api.site_view import SiteView


def _view(request: Request) -> SiteView:
    view: SiteView = request.app.state.view
    return view


View = Annotated[SiteView, Depends(_view)]
