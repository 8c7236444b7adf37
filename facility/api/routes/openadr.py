"""/openadr: where the OpenADR servers of the site's utilities say that something has changed there."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from facility.api.entry import open_to_all
from facility.api.problem import ProblemError
from facility.api.routes.view import View
from facility.api.told_refusals import ToldRefusalsRoute
from facility.respond.openadr.doorbell import Doorbell

router = APIRouter(tags=["demand response"], route_class=ToldRefusalsRoute)
PATH = "/openadr/{name}/notifications"
_BY_ITS_TOKEN = open_to_all("a server proves itself by the token of its subscription")
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]*$", max_length=40)]


class NotificationRequest(BaseModel):
    """What has changed at the server. It is read anew from there: what is told here is not acted on."""

    objectType: Literal["PROGRAM", "EVENT", "REPORT", "SUBSCRIPTION", "VEN", "RESOURCE"]  # noqa: N815 - the standard's name
    operation: Literal["CREATE", "READ", "UPDATE", "DELETE", "POST", "GET", "PUT"]
    object: Annotated[dict[str, Any], Field(description="the object as it is now")]


class NotificationAnswer(BaseModel):
    """The server is asked at once what is new."""

    status: Literal["asked"] = "asked"


@router.get(PATH, dependencies=[_BY_ITS_TOKEN], responses={404: {}}, response_class=PlainTextResponse)
def echo_word(name: Name, view: View, echo: Annotated[str, Query(min_length=1, max_length=512)]) -> PlainTextResponse:
    """Say what a server wants to hear before it sends anything here."""
    _bell(view, name)
    return PlainTextResponse(echo)


@router.post(PATH, dependencies=[_BY_ITS_TOKEN], responses={401: {}, 404: {}})
def take_notification(
    name: Name, given: NotificationRequest, view: View, authorization: Annotated[str, Header()] = ""
) -> NotificationAnswer:
    """Take the word of a server that something has changed there."""
    bell = _bell(view, name)
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not bell.knows(token.strip()):
        raise ProblemError(
            HTTPStatus.UNAUTHORIZED,
            "expected Authorization: Bearer with the token of the subscription",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if given.objectType in ("PROGRAM", "EVENT"):
        bell.ring()
    return NotificationAnswer()


def _bell(view: View, name: str) -> Doorbell:
    bell = Doorbell(view.state.openadr, name)
    if not bell.is_hung:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"the site has no subscription at an OpenADR server {name!r}")
    return bell
