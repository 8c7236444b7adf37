"""The file of `facility serve --oidc`: which provider signs people in, and what its groups may do here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from facility.access import Role
from facility.accounts.oidc.address import check_address
from facility.errors import ConfigurationError
from facility.faults import validated
from facility.secrets import resolve_secret
from facility.yaml_file import read_yaml

Text = Annotated[str, Field(min_length=1, max_length=255)]


class OidcSettings(BaseModel):
    """A provider. The client's secret is a reference; a client without one is public, and PKCE alone guards its codes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Annotated[str, Field(min_length=1, max_length=64)]  # as the page to sign in shows it
    issuer: Text
    client_id: Text
    client_secret: str | None = None
    scopes: tuple[Text, ...] = ("openid", "profile")
    name_claim: Text = "preferred_username"
    roles_claim: Text = "groups"
    roles: Annotated[Mapping[str, Role], Field(min_length=1)]  # by a value of that claim
    passwords: bool = True  # whether people may sign in with a password of facility's own as well

    @field_validator("issuer")
    @classmethod
    def _reachable(cls, value: str) -> str:
        return check_address(value)

    @field_validator("client_secret")
    @classmethod
    def _a_reference(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("env:", "file:")):
            raise ValueError("a secret is referred to by env:NAME or file:PATH")
        return value

    @field_validator("scopes")
    @classmethod
    def _of_openid(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in value:
            raise ValueError("expected openid among the scopes")
        return value

    def role_of(self, groups: Sequence[str]) -> Role | None:
        """Return the role that grants most of those that groups are mapped to; None where none is."""
        found = {self.roles[group] for group in groups if group in self.roles}
        return next((role for role in reversed(Role) if role in found), None)

    def secret(self) -> str | None:
        """Return the client's secret."""
        return None if self.client_secret is None else resolve_secret(self.client_secret).get_secret_value()


def read_oidc(path: Path) -> OidcSettings:
    """Read the file; a secret that cannot be had is told now, not at the first sign-in.

    Raises
    ------
    ConfigurationError
        With every fault: `file:line: key: what is wrong`.
    """
    file = read_yaml(path)
    settings = validated(file, OidcSettings)
    try:
        settings.secret()
    except ConfigurationError as error:
        raise ConfigurationError(file.located(("client_secret",), str(error))) from error
    return settings
