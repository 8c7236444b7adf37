"""How a site file names SNMP versions and security levels, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from facility.site import SnmpAddress, SnmpV3, Traps

KEYS = {"auth_key": "env:AUTH", "priv_key": "env:PRIV"}


def v3(**more: Any) -> SnmpV3:
    return SnmpV3.model_validate({"user": "facility", **more})


@pytest.mark.parametrize(
    "address",
    [
        {"community": "env:C"},
        {"community": "env:C", "version": "v1"},
        {"v3": {"user": "u", "auth_protocol": "none"}},
        {"v3": {"user": "u", "auth_key": "env:A"}},
        {"v3": {"user": "u", **KEYS}},
        {"v3": {"user": "u", **KEYS, "priv_protocol": "AES256", "priv_key_extension": "reeder"}},
        {"v3": {"user": "u", **KEYS, "auth_protocol": "MD5", "priv_protocol": "DES", "legacy": True}},
    ],
)
def test_each_version_and_level(address: dict[str, Any]) -> None:
    SnmpAddress.model_validate({"host": "10.0.0.1", **address})


@pytest.mark.parametrize(
    ("address", "fix"),
    [
        ({}, "give either community"),
        ({"community": "env:C", "v3": {"user": "u", "auth_key": "env:A"}}, "give either community"),
        ({"version": "v2c", "v3": {"user": "u", "auth_key": "env:A"}}, "leave it out beside v3"),
        ({"community": "env:C", "version": "v3"}, "'v1' or 'v2c'"),
        ({"v3": {"user": "u"}}, "auth_protocol: none is for"),
        ({"v3": {"user": "u", "auth_protocol": "none", "priv_key": "env:P"}}, "give an auth_protocol"),
        ({"v3": {"user": "u", "auth_key": "env:A", "auth_protocol": "MD5"}}, "allow it with legacy: true"),
        ({"v3": {"user": "u", **KEYS, "priv_protocol": "DES"}}, "DES: choose SHA1 or better, and AES128 or better"),
        ({"v3": {"user": "u", **KEYS, "priv_protocol": "3DES"}}, "'DES', 'AES128', 'AES192' or 'AES256'"),
        ({"v3": {"user": "", "auth_protocol": "none"}}, "at least 1 character"),
    ],
)
def test_what_is_refused_names_the_fix(address: dict[str, Any], fix: str) -> None:
    with pytest.raises(ValidationError, match=fix):
        SnmpAddress.model_validate({"host": "10.0.0.1", **address})


def test_only_what_is_used_counts_as_old() -> None:
    assert v3(auth_key="env:A", priv_protocol="DES").old_protocols == ()
    assert v3(**KEYS, auth_protocol="MD5", legacy=True).old_protocols == ("MD5",)


@pytest.mark.parametrize(
    "wrong", [{"port": 0}, {"listen": "me@host"}, {"per_device_per_min": 0}, {"community": "public"}]
)
def test_wrong_traps_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Traps.model_validate(wrong)
