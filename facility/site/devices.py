"""Devices with an address, and the points that facility may set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from facility.site.values import Host, Id, Named, Number, Part, Positive, Reversion, RowLabels, SecretRef, need_order


class ModbusAddress(Part):
    """A Modbus TCP server and the unit behind it."""

    host: Host
    port: Annotated[int, Field(strict=True, ge=1, le=65535)] = 502
    unit_id: Annotated[int, Field(strict=True, ge=0, le=255)] = 1


class SnmpV3(Part):
    """SNMPv3 user-based security; no privacy key means authNoPriv."""

    user: str
    auth_protocol: Literal["SHA1", "SHA224", "SHA256", "SHA384", "SHA512"] = "SHA256"
    auth_key: SecretRef
    priv_protocol: Literal["AES128", "AES256"] = "AES128"
    priv_key: SecretRef | None = None


class SnmpAddress(Part):
    """An SNMP agent; either a v2c community or v3 credentials, always by reference."""

    host: Host
    port: Annotated[int, Field(strict=True, ge=1, le=65535)] = 161
    community: SecretRef | None = None
    v3: SnmpV3 | None = None

    @model_validator(mode="after")
    def _one_version(self) -> SnmpAddress:
        if (self.community is None) == (self.v3 is None):
            raise ValueError("give either community (v2c) or v3")
        return self


def _one_or_slots(value: object) -> str:
    return "<slots>" if isinstance(value, Mapping) else "<id>"


class Device(Named):
    """A thing with an address, read through a profile; `equipment` is what it measures or sets.

    One equipment id, or a map from the profile's slots to equipment ids. `tag` tells apart devices that measure the same. `rows`
    names the rows of the profile's tables that are there, and `intervals_s` how often its groups are polled, where not as the
    profile says.
    """

    profile: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    modbus: ModbusAddress | None = None
    snmp: SnmpAddress | None = None
    equipment: Annotated[
        Annotated[Id, Tag("<id>")] | Annotated[Mapping[str, Id], Tag("<slots>")], Discriminator(_one_or_slots)
    ]
    tag: Id | None = None
    rows: Mapping[str, RowLabels] = {}
    interval_s: Positive = 10.0
    intervals_s: Mapping[str, Positive] = {}

    @model_validator(mode="after")
    def _one_protocol(self) -> Device:
        if (self.modbus is None) == (self.snmp is None):
            raise ValueError("give either modbus or snmp")
        return self


class WritablePoint(Part):
    """A point that facility may set, once an engineer switches writes on; in the point's canonical unit."""

    point: str
    low: Number
    high: Number
    max_step: Positive | None = None
    min_interval_s: Positive = 900.0
    reversion: Reversion = "none"

    @model_validator(mode="after")
    def _order(self) -> WritablePoint:
        need_order(self, "low", "high")
        return self
