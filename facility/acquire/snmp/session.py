"""From what a site file says of an SNMP agent to the session that asks it; secrets are resolved here, when they are needed."""

from __future__ import annotations

import time
from collections.abc import Callable

from facility.acquire.snmp.client import Session
from facility.acquire.snmp.community import CommunitySession
from facility.acquire.snmp.usm_keys import UsmUser, master_key
from facility.acquire.snmp.v3 import UsmSession
from facility.errors import ConfigurationError
from facility.secrets import resolve_secret
from facility.site import SnmpAddress, SnmpV3


def session_opener(address: SnmpAddress) -> Callable[[], Session]:
    """Return what opens a session with an agent; the secrets are read each time that it is called."""

    def open_session() -> Session:
        if address.v3 is not None:
            return UsmSession(usm_user(address.v3), time.monotonic)
        if address.community is None:
            raise ConfigurationError("give either community (v1, v2c) or v3")
        return CommunitySession(resolve_secret(address.community).get_secret_value(), address.version)

    return open_session


def usm_user(v3: SnmpV3) -> UsmUser:
    """Return a user with the digests of its pass phrases.

    Raises
    ------
    SecretError
        If a pass phrase cannot be resolved, or is too short.
    """
    name = v3.user.encode()
    if v3.auth_protocol == "none" or v3.auth_key is None:
        return UsmUser(name)
    auth = resolve_secret(v3.auth_key).get_secret_value()
    priv = resolve_secret(v3.priv_key).get_secret_value() if v3.priv_key else None
    return UsmUser(
        name=name,
        auth_protocol=v3.auth_protocol,
        auth_master=master_key(auth, v3.auth_protocol),
        priv_protocol=v3.priv_protocol,
        priv_master=None if priv is None else master_key(priv, v3.auth_protocol),
        key_extension=v3.priv_key_extension,
    )
