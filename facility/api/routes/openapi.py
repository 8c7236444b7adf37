"""/openapi.json: the API, for programs that make clients of it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from facility.access import Permission
from facility.api.entry import needs

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json", dependencies=[needs(Permission.READ)])
def read_openapi(request: Request) -> dict[str, Any]:
    """Return the description."""
    description: dict[str, Any] = request.app.openapi()
    return description
