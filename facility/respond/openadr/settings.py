"""One VTN that the site listens to: an entry of `openadr:` in the file beside the site file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from facility.site.values import Id, Part, SecretRef, Uri

Standard = Literal["3.1.0", "3.0.1"]
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def secure(address: str) -> str:
    """Return an address without its last slash; plain HTTP is for this machine only: a secret goes there."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in THIS_MACHINE):
        raise ValueError("expected https://...; a secret is not sent without encryption")
    if not parts.hostname or parts.query or parts.fragment:
        raise ValueError("expected an address such as https://vtn.example.org/openadr3")
    return address.rstrip("/")


SecureUri = Annotated[Uri, AfterValidator(secure)]
Named = Annotated[str, Field(min_length=1, max_length=128)]
# A list of names is one of resources that the main meter measures.
_BY_METER = BeforeValidator(lambda given: dict.fromkeys(given) if isinstance(given, list | tuple) else given)


class VenSettings(Part):
    """How the site is known at one VTN, and how it listens.

    Attributes
    ----------
    resources
        What the site reports on, each with the meter that measures it, such as `{annex: meter-2}`; without one the main meter.
    token_url
        Where tokens are had; None: asked of the VTN.
    programs
        The names of those that the site has joined; none: all that the settings have.
    targets
        Labels by which events are meant for us beside our names; in 3.0.1 as `TYPE=value`.
    callback
        Our own API as the VTN reaches it, such as https://dc.example.org; None: the VTN is only asked.
    mqtt
        Whether to listen at the broker that the VTN names at `/notifiers` (3.1.0), where it has one.
    relative_setpoint
        What a positive DISPATCH_SETPOINT_RELATIVE is in this agreement: the standard does not say. None: such events are not taken.
    """

    name: Id
    vtn: SecureUri
    standard: Standard = "3.1.0"
    client_id: Annotated[str, Field(min_length=1, max_length=4096)]
    client_secret: SecretRef
    token_url: SecureUri | None = None
    scope: str | None = None
    ven_name: Named
    resources: Annotated[Mapping[Named, Named | None], _BY_METER, Field(min_length=1, max_length=50)]
    programs: tuple[Named, ...] = ()
    targets: tuple[Named, ...] = ()
    poll_s: Annotated[float, Field(strict=True, ge=1, le=3600)] = 60.0
    callback: SecureUri | None = None
    mqtt: bool = False
    relative_setpoint: Literal["change", "reduction"] | None = None

    @model_validator(mode="after")
    def _targets_as_the_standard_has_them(self) -> VenSettings:
        if self.standard == "3.0.1" and not all("=" in target for target in self.targets):
            raise ValueError("targets: OpenADR 3.0.1 has targets with a type; write TYPE=value, such as GROUP=north")
        return self

    @model_validator(mode="after")
    def _a_broker_is_of_the_newer_standard(self) -> VenSettings:
        if self.standard == "3.0.1" and self.mqtt:
            raise ValueError("mqtt: OpenADR 3.0.1 has no brokers; leave it out, or write standard: 3.1.0")
        return self

    @property
    def source(self) -> str:
        """What its events are marked with."""
        return f"openadr:{self.name}"

    @property
    def callback_url(self) -> str | None:
        """Where the VTN sends what has changed."""
        return None if self.callback is None else f"{self.callback}/api/v1/openadr/{self.name}/notifications"
