"""Server pools: against all schedules of awake and slowed servers, minimum times, boots, tiers, reserve."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.plan.case import ItCase
from facility.plan.decisions import Decisions
from facility.plan.headroom import busy_at, needed_servers
from facility.plan.inputs import PlanInputs
from facility.plan.planner import make_plan
from facility.plan.simulate import simulate
from facility.plan.verify import PlanRejectedError, verify_plan, violations
from facility.plan.whole_servers import whole_awake
from facility.records import Plan
from models.cooling import JointState, Mode
from tests.plan.toy import POOL, ToyPlant, toy_inputs, toy_site

STATE = JointState(Mode.MECHANICAL, 10.0, (20.0,), 1)
SLOW = {"throughput_frac": 0.5, "idle_w": 120.0, "peak_w": 200.0}
SMALL = POOL | {"servers": 6, "idle_w": 2000.0, "peak_w": 5000.0, "sleep_w": 100.0, "headroom_frac": 0.0}


def inputs_of(busy: list[float], pool: dict[str, Any], awake: float, **changes: Any) -> PlanInputs:
    """Hourly steps on a plant of one state."""
    site = toy_site(float(len(busy)), server_pools=[pool], **changes.pop("site", {}))
    plant = ToyPlant(water_degc=(10.0,), modes=(Mode.MECHANICAL,))
    steps = len(busy)
    base: dict[str, Any] = {
        "busy_servers": {"pool-1": np.array(busy)},
        "awake_servers": {"pool-1": awake},
        "price_per_kwh": np.linspace(0.1, 0.3, steps),
    }
    return toy_inputs(site, plant, **(base | changes))


def cheapest(inputs: PlanInputs, slower: bool = False) -> float:
    """Try every schedule of whole servers through simulation and verification."""
    it, steps = ItCase.of(inputs), inputs.steps
    servers = it.pools["pool-1"].pool.servers
    mixes = [(awake, slow) for awake in range(servers + 1) for slow in range((awake if slower else 0) + 1)]
    need = it.pools["pool-1"].need
    lost = it.pools["pool-1"].lost_frac[0] if slower else 0.0
    options = [[mix for mix in mixes if mix[0] - lost * mix[1] >= need[step] - 1e-9] for step in range(steps)]
    best = np.inf
    for path in product(*options):
        awake, slow = np.array(path, dtype=float).T
        slowed = {"pool-1": slow[None]} if slower else {}
        run = simulate(it, Decisions({"plant-1": (STATE,) * steps}, {"pool-1": awake}, {}, {}, slowed=slowed), 0.0)
        if run.cost.total_cost < best and not violations(it, run):
            best = run.cost.total_cost
    return best


@pytest.mark.parametrize(
    ("busy", "changes"),
    [
        ([1.0, 4.0, 1.0, 3.0], {}),
        ([1.0, 4.0, 1.0, 3.0], {"min_asleep_min": 150.0}),
        ([1.0, 1.0, 5.0, 1.0], {"wakes_max_per_h": 2.0, "min_awake_min": 30.0}),
        ([3.0, 1.0, 4.0, 1.0], {"wake_cost": 1.0}),
        ([3.0, 1.0, 4.0, 1.0], {"power_points": [{"utilisation_frac": 0.5, "power_w": 2600.0}]}),
        ([0.0, 2.0, 5.0, 1.0], {"failure_reserve_servers": 1}),
    ],
)
def test_no_schedule_of_whole_servers_is_cheaper(busy: list[float], changes: dict[str, Any]) -> None:
    inputs = inputs_of(busy, SMALL | changes, 4.0)
    plan = make_plan(inputs).plan
    assert plan.cost.total_cost == pytest.approx(cheapest(inputs), rel=2e-4)
    verify_plan(inputs, plan)


@pytest.mark.parametrize("price", [[0.1, 0.3, 0.2], [-0.2, 0.3, -0.1], [0.0, 0.0, 0.0]])
def test_no_mixture_of_frequencies_is_cheaper(price: list[float]) -> None:
    pool = SMALL | {
        "servers": 4, "slower_levels": [{"throughput_frac": 0.5, "idle_w": 900.0, "peak_w": 1800.0}], "wake_min": 0.0,
    }  # fmt: skip
    inputs = inputs_of(
        [1.0, 2.5, 1.0], pool, 3.0, price_per_kwh=np.array(price), slowed_servers={"pool-1": np.zeros(1)}
    )
    plan = make_plan(inputs).plan
    best = cheapest(inputs, slower=True)
    assert plan.cost.total_cost == pytest.approx(best, rel=2e-3, abs=2e-3)
    assert plan.bound <= best + 1e-6
    verify_plan(inputs, plan)


def test_slow_servers_are_used_where_they_take_fewer_watts_for_the_work() -> None:
    pool = POOL | {"slower_levels": [SLOW]}
    site = toy_site(4.0, server_pools=[pool])
    inputs = toy_inputs(site, slowed_servers={"pool-1": np.zeros(1)})
    result = make_plan(inputs)
    plan = result.plan
    slowed = plan.schedule["pool-1.level_2_servers_command"]
    lever = next(one for one in result.levers if one.quantity == "level_2_servers_command")
    assert (lever.current, lever.recommended) == (0.0, slowed[0]) and lever.saving_kw.value > 1.0
    assert max(slowed) > 0.0
    assert all(value == round(value) for value in slowed)
    same = replace(inputs, slowed_servers={})
    assert plan.cost.total_cost < make_plan(same).plan.cost.total_cost
    assert any("frequency not measured" in note for note in make_plan(same).plan.notes)


def test_a_mixture_that_cannot_do_the_work_is_refused() -> None:
    site = toy_site(4.0, server_pools=[POOL | {"slower_levels": [SLOW]}])
    inputs = toy_inputs(site, slowed_servers={"pool-1": np.zeros(1)})
    plan = make_plan(inputs).plan
    with pytest.raises(PlanRejectedError, match="pool-1 headroom"):
        verify_plan(inputs, _changed(plan, "pool-1.level_2_servers_command", 2, 40.0))


@pytest.mark.parametrize(
    ("changes", "step", "change", "named"),
    [
        ({"wakes_max_per_h": 20.0}, 2, 60.0, "servers woken at once"),
        ({"min_asleep_min": 240.0}, 3, 150.0, "minimum asleep time"),
        ({"min_awake_min": 180.0, "min_asleep_min": 0.0}, 1, 220.0, "minimum awake time"),
    ],
)
def test_servers_moved_against_their_times_are_refused(
    changes: dict[str, Any], step: int, change: float, named: str
) -> None:
    inputs = toy_inputs(toy_site(6.0, server_pools=[POOL | changes]), busy_servers={"pool-1": np.full(6, 150.0)})
    plan = make_plan(inputs).plan
    with pytest.raises(PlanRejectedError, match=named):
        verify_plan(inputs, _changed(plan, "pool-1.awake_servers_command", step, change))


def _changed(plan: Plan, key: str, step: int, change: float) -> Plan:
    values = list(plan.schedule[key])
    values[step] += change
    return replace(plan, schedule={**plan.schedule, key: tuple(values)})


def test_each_tier_has_its_quantile_and_headroom() -> None:
    tiers = [
        {"id": "gold", "share_frac": 0.25, "quantile": 0.95, "headroom_frac": 0.5},
        {"id": "bronze", "share_frac": 0.75, "quantile": 0.5, "headroom_frac": 0.0},
    ]
    pool = POOL | {"tiers": tiers, "failure_reserve_frac": 0.1}
    quantiles = {0.05: np.full(2, 80.0), 0.5: np.full(2, 100.0), 0.95: np.full(2, 140.0)}
    inputs = toy_inputs(toy_site(2.0, server_pools=[pool]), busy_quantiles={"pool-1": quantiles})
    need = needed_servers(inputs, inputs.site.server_pools[0])
    assert need == pytest.approx([(0.25 * 1.5 * 140.0 + 0.75 * 100.0) * 1.1] * 2)


def test_quantiles_are_interpolated_and_go_on_as_a_normal_distribution() -> None:
    quantiles = {0.5: np.full(2, 100.0), 0.75: np.full(2, 110.0), 0.95: np.full(2, 116.448536)}
    inputs = toy_inputs(toy_site(2.0, server_pools=[POOL]), busy_quantiles={"pool-1": quantiles})
    assert busy_at(inputs, "pool-1", 0.625) == pytest.approx([105.0] * 2)
    assert busy_at(inputs, "pool-1", 0.99) == pytest.approx([123.2635] * 2, rel=1e-4)


def test_a_slow_boot_limit_names_the_headroom_it_cannot_wake_in_time() -> None:
    site = toy_site(4.0, server_pools=[POOL | {"wakes_max_per_h": 30.0}])
    plan = make_plan(toy_inputs(site, awake_servers={"pool-1": 100.0})).plan
    assert [(one.limit, one.amount) for one in plan.shortfalls] == [("pool-1 headroom", 80.0)]
    assert plan.schedule["pool-1.awake_servers_command"][:3] == (130.0, 160.0, 180.0)


def test_zero_prices_move_nothing() -> None:
    """Energy for nothing: sleeping saves nothing, so nobody sleeps."""
    inputs = toy_inputs(toy_site(4.0, server_pools=[POOL]), price_per_kwh=np.zeros(4), carbon_gco2_per_kwh=np.zeros(4))
    assert set(make_plan(inputs).plan.schedule["pool-1.awake_servers_command"]) == {300.0}


@settings(max_examples=30, deadline=None)
@given(
    least=st.lists(st.floats(0.0, 20.0), min_size=6, max_size=6),
    times=st.tuples(st.integers(1, 4), st.integers(1, 4)),
)
def test_whole_servers_keep_their_times_and_cover_the_plan(least: list[float], times: tuple[int, int]) -> None:
    pool = POOL | {"servers": 20, "min_awake_min": 60.0 * times[0], "min_asleep_min": 60.0 * times[1]}
    inputs = toy_inputs(
        toy_site(6.0, server_pools=[pool]), busy_servers={"pool-1": np.zeros(6)}, awake_servers={"pool-1": 20.0}
    )
    case = ItCase.of(inputs).pools["pool-1"]
    awake = whole_awake(case, np.array(least))
    assert (awake >= np.array(least) - 1e-3).all() and (awake == np.round(awake)).all() and (awake <= 20.0).all()
    change = np.diff(awake, prepend=20.0)
    for end in range(6):
        assert np.maximum(change[max(0, end - times[0] + 1) : end + 1], 0).sum() <= awake[end]
        assert np.maximum(-change[max(0, end - times[1] + 1) : end + 1], 0).sum() <= 20.0 - awake[end]
