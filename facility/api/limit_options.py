"""Limits as an operator gives them: `address-reads=800/80` is 800 at once, then 80 a second; `sockets=60` is a number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from facility.api.rate_limit import LIMITS, RateLimits
from facility.api.token_bucket import Rate
from facility.errors import ConfigurationError

MOST_SOCKETS = 80  # the server takes 100 connections of any kind, and has to answer others too
_RATE = re.compile(r"([0-9]{1,6})/([0-9]{1,4}(?:\.[0-9]{1,4})?)")
_NUMBER = re.compile(r"[0-9]{1,3}")


def with_limits(given: Iterable[str], usual: RateLimits = LIMITS) -> RateLimits:
    """Return the usual limits with those that are given in their place.

    Raises
    ------
    ConfigurationError
        If there is no such limit, or it would let nobody in.
    """
    known = {one.name: getattr(usual, one.name) for one in fields(usual)}
    found: dict[str, Any] = {}
    for each in given:
        name, _, value = each.partition("=")
        field = name.replace("-", "_")
        if field not in known:
            names = ", ".join(one.replace("_", "-") for one in known)
            raise ConfigurationError(f"--limit {each}: there is no such limit; expected one of {names}")
        found[field] = _rate(each, value) if isinstance(known[field], Rate) else _sockets(each, value)
    return replace(usual, **found)


def _rate(given: str, value: str) -> Rate:
    match = _RATE.fullmatch(value)
    if match is None or int(match[1]) < 1 or float(match[2]) <= 0.0:
        raise ConfigurationError(f"--limit {given}: expected AT_ONCE/PER_SECOND above 0, such as 400/40 or 20/0.2")
    return Rate(int(match[1]), float(match[2]))


def _sockets(given: str, value: str) -> int:
    if not _NUMBER.fullmatch(value) or not 1 <= int(value) <= MOST_SOCKETS:
        raise ConfigurationError(f"--limit {given}: expected 1 to {MOST_SOCKETS}")
    return int(value)
