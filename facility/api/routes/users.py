"""/users: people of the site, for admins."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from facility.access import Account, Permission, Role
from facility.api.entry import needs
from facility.api.routes.view import View
from facility.api.who import Who

router = APIRouter(tags=["access"])
MOST = 500
Admin = Annotated[Who, needs(Permission.ADMINISTER)]


class UserRequest(BaseModel):
    """A person to add."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(max_length=64)]
    role: Role = Role.VIEWER


class UserChange(BaseModel):
    """One change of a person: another role, let in or not, or a new password."""

    model_config = ConfigDict(extra="forbid")
    role: Role | None = None
    enabled: bool | None = None
    new_password: bool = False

    @model_validator(mode="after")
    def _one(self) -> UserChange:
        if sum((self.role is not None, self.enabled is not None, self.new_password)) != 1:
            raise ValueError("expected one of role, enabled, new_password")
        return self


class UserAnswer(BaseModel):
    """A person; `one_time_password` is shown this once."""

    name: str
    role: Role
    enabled: bool
    must_change_password: bool
    created: AwareDatetime
    issuer: str | None = None  # the provider that signs the person in; none: a password
    one_time_password: str | None = None


@router.get("/users")
def read_users(
    _: Admin,
    view: View,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    after: Annotated[str, Query(max_length=64, description="the last name of the page before")] = "",
) -> list[UserAnswer]:
    """Return people by name, also those who are let in no more."""
    return [_answer(account) for account in view.access.people.all(after, limit)]


@router.post("/users", status_code=HTTPStatus.CREATED, responses={409: {}})
def add_user(given: UserRequest, who: Admin, view: View) -> UserAnswer:
    """Add a person."""
    return _answer(*view.access.people.add(given.name, given.role, by=who.name))


@router.patch("/users/{name}", responses={404: {}, 409: {}})
def change_user(name: str, change: UserChange, who: Admin, view: View) -> UserAnswer:
    """Change a person; all their sessions end."""
    people = view.access.people
    if change.role is not None:
        return _answer(people.set_role(name, change.role, by=who.name))
    if change.enabled is not None:
        return _answer(people.enable(name, by=who.name, enabled=change.enabled))
    return _answer(*people.give_password(name, by=who.name))


def _answer(account: Account, password: str | None = None) -> UserAnswer:
    return UserAnswer(
        name=account.name,
        role=account.role,
        enabled=account.enabled,
        must_change_password=account.must_change,
        created=account.created,
        issuer=account.issuer,
        one_time_password=password,
    )
