"""Which addresses of a provider are asked: over TLS, or plain ones of this machine."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def check_address(address: str) -> str:
    """Return an address as it is.

    Raises
    ------
    ValueError
        If it is neither https nor http of this machine, or holds a user, a fragment or anything but printed ASCII.
    """
    if not address.isascii() or not address.isprintable() or " " in address:
        raise ValueError("an address holds printed ASCII only")
    parts = urlsplit(address)
    _ = parts.port  # a wrong one is a ValueError
    if not parts.hostname or parts.username is not None or parts.fragment:
        raise ValueError("expected https://HOST/..., without a user and a fragment")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(parts.hostname)):
        raise ValueError("expected https://; http:// is for this machine only")
    return address


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
