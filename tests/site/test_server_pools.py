"""What a site file may say of server pools, and what it is told where it contradicts itself."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from facility.site import ServerPool

POOL: dict[str, Any] = {"id": "pool-1", "hall": "hall-1", "servers": 4, "idle_w": 100.0, "peak_w": 300.0}
MEMBERS = [{"rack": "r1", "servers": ["a", "b"]}, {"rack": "r2", "servers": ["c", "d"]}]


def test_a_pool_of_idle_and_peak_needs_nothing_more() -> None:
    pool = ServerPool.model_validate(POOL)
    assert not pool.tiers and not pool.members and not pool.slower_levels and pool.wakes_max_per_h is None


def test_everything_together() -> None:
    pool = ServerPool.model_validate(
        POOL
        | {
            "power_points": [{"utilisation_frac": 0.5, "power_w": 220.0}],
            "slower_levels": [{"throughput_frac": 0.6, "idle_w": 80.0, "peak_w": 150.0}],
            "tiers": [{"id": "gold", "share_frac": 0.3, "quantile": 0.99}, {"id": "rest", "share_frac": 0.7}],
            "members": [MEMBERS[0] | {"tier": "gold"}, MEMBERS[1]],
            "keep_apart": [{"id": "db", "servers": ["a", "c"], "at_least": 2}],
            "wakes_max_per_h": 40.0,
            "failure_reserve_servers": 1,
        }
    )
    assert pool.keep_apart[0].at_least == 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"power_points": [{"utilisation_frac": 0.5, "power_w": 90.0}]}, "power_w from idle_w to peak_w"),
        ({"power_points": [{"utilisation_frac": 1.0, "power_w": 290.0}]}, "less than 1"),
        ({"slower_levels": [{"throughput_frac": 1.2, "idle_w": 80.0, "peak_w": 150.0}]}, "less than 1"),
        (
            {"slower_levels": [{"throughput_frac": 0.5, "idle_w": 9.0, "peak_w": 150.0}]},
            "sleep_w < idle_w at each level",
        ),
        ({"tiers": [{"id": "gold", "share_frac": 0.3}]}, "share_frac must add up to 1"),
        ({"tiers": [{"id": "gold", "share_frac": 0.5}] * 2}, "'gold' stands twice"),
        ({"members": MEMBERS[:1]}, "name 2 servers, servers says 4"),
        ({"members": [MEMBERS[0], MEMBERS[0]]}, "'a' stands twice"),
        ({"members": [MEMBERS[0], MEMBERS[1] | {"tier": "gold"}]}, "the pool has no 'gold'"),
        (
            {"members": MEMBERS, "keep_apart": [{"id": "db", "servers": ["a", "x"]}]},
            "keep_apart db: the pool has no 'x'",
        ),
        ({"members": MEMBERS, "keep_apart": [{"id": "db", "servers": ["a", "b"], "at_least": 2}]}, "as many racks"),
    ],
)
def test_a_contradiction_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ServerPool.model_validate(POOL | changes)
