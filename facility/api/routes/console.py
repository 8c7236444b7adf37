"""/: the console, and the files it is made of; where it is not built, the plain page."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from facility.api.entry import open_to_all
from facility.api.page.paths import PLAIN_PATH
from facility.api.problem import ProblemError
from facility.console.files import INDEX, ConsoleFile, read_console

router = APIRouter(include_in_schema=False)
_FILES = read_console()
_REVALIDATED = "no-cache"
_FOR_EVER = "public, max-age=31536000, immutable"  # the name of an asset holds a digest of it


@router.get(
    "/", dependencies=[open_to_all("a page without data; it asks for each value, and shows who may not to sign in")]
)
def read_console_page(request: Request) -> Response:
    """Return the console's page, or send to the plain one."""
    if INDEX not in _FILES:
        return RedirectResponse(PLAIN_PATH, HTTPStatus.TEMPORARY_REDIRECT)
    return _answer(request, _FILES[INDEX], _REVALIDATED)


@router.get("/assets/{name}", dependencies=[open_to_all("programs and styles of the page, the same for all sites")])
def read_asset(request: Request, name: str) -> Response:
    """Return a file of the console."""
    found = _FILES.get(f"assets/{name}")
    if found is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"the console has no file {name!r}; load the page anew")
    return _answer(request, found, _FOR_EVER)


def console_is_built() -> bool:
    """Tell whether this installation has the console."""
    return INDEX in _FILES


def _answer(request: Request, file: ConsoleFile, caching: str) -> Response:
    tag = f'"{file.tag}"'
    headers = {"Cache-Control": caching, "ETag": tag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if file.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.gzipped, media_type=file.media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(file.content, media_type=file.media_type, headers=headers)
