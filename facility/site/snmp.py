"""SNMP agents: how they are asked, and where their traps and informs are received."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from facility.site.values import Count, Host, Part, SecretRef

_Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
_OLD = frozenset({"MD5", "DES"})


class SnmpV3(Part):
    """SNMPv3 user-based security: no privacy key means authNoPriv, and `auth_protocol: none` noAuthNoPriv.

    `priv_key_extension` matters where the key of AES-192 or AES-256 is longer than the digest: Cisco and many UPS cards need
    `reeder`. `legacy: true` allows MD5 and DES, which protect against mistakes rather than attackers.
    """

    user: Annotated[str, Field(min_length=1, max_length=32)]
    auth_protocol: Literal["none", "MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512"] = "SHA256"
    auth_key: SecretRef | None = None
    priv_protocol: Literal["DES", "AES128", "AES192", "AES256"] = "AES128"
    priv_key: SecretRef | None = None
    priv_key_extension: Literal["blumenthal", "reeder"] = "blumenthal"
    legacy: bool = False

    @model_validator(mode="after")
    def _keys_and_protocols_agree(self) -> SnmpV3:
        if self.auth_protocol == "none" and (self.auth_key or self.priv_key):
            raise ValueError(
                "auth_protocol: none has no keys; give an auth_protocol, or leave auth_key and priv_key out"
            )
        if self.auth_protocol != "none" and not self.auth_key:
            raise ValueError("give auth_key; auth_protocol: none is for agents that cannot authenticate at all")
        if self.old_protocols and not self.legacy:
            better = "SHA1 or better, and AES128 or better"
            raise ValueError(f"{' and '.join(self.old_protocols)}: choose {better}, or allow it with legacy: true")
        return self

    @property
    def old_protocols(self) -> tuple[str, ...]:
        """Those in use that no longer protect."""
        used = (self.auth_protocol, self.priv_protocol if self.priv_key else "")
        return tuple(protocol for protocol in used if protocol in _OLD)


class SnmpAddress(Part):
    """An SNMP agent; either a community (v1 or v2c) or v3 credentials, always by reference."""

    host: Host
    port: _Port = 161
    version: Literal["v1", "v2c"] = "v2c"  # of a community
    community: SecretRef | None = None
    v3: SnmpV3 | None = None

    @model_validator(mode="after")
    def _one_version(self) -> SnmpAddress:
        if (self.community is None) == (self.v3 is None):
            raise ValueError("give either community (v1, v2c) or v3")
        if self.v3 is not None and "version" in self.model_fields_set:
            raise ValueError("version goes with a community; leave it out beside v3")
        return self


class Traps(Part):
    """Where SNMP traps and informs of the site's devices are received, and how many of them become events.

    `community` is one that any device of the site may use in them, beside the one that it is polled with.
    """

    listen: Host = "0.0.0.0"  # noqa: S104  # devices are elsewhere; what is no device of the site is dropped
    port: _Port = 10162
    community: SecretRef | None = None
    per_device_per_min: Count = 10
    per_site_per_min: Count = 300
