"""What `facility serve --limit` makes of what is given, and what it refuses."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from facility.api.limit_options import MOST_SOCKETS, with_limits
from facility.api.rate_limit import LIMITS
from facility.api.token_bucket import Rate
from facility.errors import ConfigurationError
from facility.service.api import server_options


def test_what_is_given_stands_in_the_place_of_the_usual() -> None:
    assert with_limits([]) == LIMITS
    given = ["address-reads=800/80", "address_passwords=5/0.1", "sockets=60", "sockets=61"]
    assert with_limits(given) == replace(
        LIMITS, address_reads=Rate(800, 80.0), address_passwords=Rate(5, 0.1), sockets=61
    )


@pytest.mark.parametrize(
    "given",
    [
        *("", "reads=1/1", "known-reads", "known-reads=5", "known-reads=0/1", "known-reads=1/0", "known-reads=1/-1"),
        *("known-reads=nan/1", "known-reads=1/1e9", "sockets=0", "sockets=5/1", f"sockets={MOST_SOCKETS + 1}"),
    ],
)
def test_what_would_let_nobody_in_is_refused(given: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(f"--limit {given}: ")):
        with_limits([given])


def test_the_sockets_leave_room_for_requests() -> None:
    assert server_options()["limit_concurrency"] - MOST_SOCKETS >= 20
