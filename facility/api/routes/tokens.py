"""/tokens: with which machines ask, for admins."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from facility.access import Permission, Token
from facility.accounts.tokens import DAYS
from facility.api.entry import needs
from facility.api.routes.view import View
from facility.api.who import Who

router = APIRouter(tags=["access"])
MOST = 500
Admin = Annotated[Who, needs(Permission.ADMINISTER)]


class TokenRequest(BaseModel):
    """A token to make."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=64)]
    scopes: list[Permission] = [Permission.READ]
    days: int = DAYS


class TokenAnswer(BaseModel):
    """A token; `secret` is shown this once."""

    id: str
    name: str
    scopes: list[Permission]
    created: AwareDatetime
    created_by: str
    expires: AwareDatetime
    revoked: bool
    secret: str | None = None


@router.get("/tokens", responses={404: {}})
def read_tokens(
    _: Admin,
    view: View,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    after: Annotated[str | None, Query(max_length=16, description="the last id of the page before")] = None,
) -> list[TokenAnswer]:
    """Return tokens, also those that have ended, oldest first."""
    return [_answer(token) for token in view.access.tokens.all(after, limit)]


@router.post("/tokens", status_code=HTTPStatus.CREATED)
def add_token(given: TokenRequest, who: Admin, view: View) -> TokenAnswer:
    """Make a token."""
    return _answer(*view.access.tokens.add(given.name, given.scopes, by=who.name, days=given.days))


@router.delete("/tokens/{token_id}", responses={404: {}})
def revoke_token(token_id: str, who: Admin, view: View) -> TokenAnswer:
    """Let a token in no more; it stays listed."""
    return _answer(view.access.tokens.revoke(token_id, by=who.name))


def _answer(token: Token, secret: str | None = None) -> TokenAnswer:
    return TokenAnswer(
        id=token.id,
        name=token.name,
        scopes=sorted(token.scopes),
        created=token.created,
        created_by=token.created_by,
        expires=token.expires,
        revoked=token.revoked,
        secret=secret,
    )
