"""Named servers: rows emptied one after the other, groups kept apart, few moves, each in its time, refused if changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from facility.plan.case import ItCase
from facility.plan.inputs import PlanInputs
from facility.plan.planner import make_plan
from facility.plan.server_plan import Servers
from facility.plan.verify import PlanRejectedError, verify_plan
from facility.plan.verify_names import name_excesses
from facility.plan.whole_servers import whole_servers
from facility.records import Plan
from tests.plan.toy import POOL, toy_inputs, toy_site

RACKS = [("r1", 1), ("r2", 1), ("r3", 2), ("r4", 2)]
HALLS = [{"id": "hall-1", "racks": [{"id": rack, "row": row, "rated_kw": 100.0} for rack, row in RACKS]}]
MEMBERS = [{"rack": rack, "servers": [f"{rack}-{n}" for n in range(1, 6)]} for rack, _ in RACKS]
NAMED = POOL | {"servers": 20, "idle_w": 2000.0, "peak_w": 5000.0, "members": MEMBERS}
LIKE_KAFKA = {"id": "kafka", "servers": ["r1-1", "r1-2", "r3-4"], "at_least": 2}


def inputs_of(busy: list[float], awake: float = 20.0, pool: dict[str, Any] = NAMED, **changes: Any) -> PlanInputs:
    site = toy_site(float(len(busy)), halls=HALLS, server_pools=[pool])
    given: dict[str, Any] = {"busy_servers": {"pool-1": np.array(busy)}, "awake_servers": {"pool-1": awake}}
    return toy_inputs(site, **(given | changes))


def racks_of(names: frozenset[str] | tuple[str, ...]) -> set[str]:
    return {name.split("-")[0] for name in names}


def test_one_row_is_emptied_and_the_other_works() -> None:
    plan = make_plan(inputs_of([6.0] * 4)).plan
    (move,) = plan.server_moves
    assert move.at == plan.start and len(move.sleep) == 12 and not move.wake
    assert move.empty_rows == (1,)
    assert {"r1", "r2"} < racks_of(move.sleep) and len(racks_of(move.sleep)) == 3
    assert verify_plan(inputs_of([6.0] * 4), plan)


def test_the_racks_of_one_crah_are_emptied_before_those_of_another() -> None:
    """r1 and r3 get their air from one CRAH, r2 and r4 from the other."""
    crahs = {"r1": "crah-2", "r2": "crah-1", "r3": "crah-2", "r4": "crah-1"}
    (move,) = make_plan(inputs_of([8.3] * 4, main_crah=crahs)).plan.server_moves
    assert racks_of(move.sleep) == {"r2", "r4"} and move.idle_crahs == ("crah-1",) and move.empty_rows == ()


def test_a_row_shared_with_what_the_pool_does_not_know_is_never_called_empty() -> None:
    pool = NAMED | {"members": MEMBERS[1:], "servers": 15}
    (move,) = make_plan(inputs_of([6.0] * 4, 15.0, pool)).plan.server_moves
    assert 1 not in move.empty_rows


def test_a_server_that_did_not_go_to_sleep_stays_awake() -> None:
    """The last plan put r1-1 to r1-5 and r2-1 to sleep; two of them serve on, as the count says. Row 1 is emptied but for them."""
    told = frozenset({*(f"r1-{n}" for n in range(1, 6)), "r2-1"})
    held = frozenset({"r1-2", "r2-1"})
    inputs = inputs_of([6.0] * 4, 16.0, asleep_servers={"pool-1": told}, kept_awake={"pool-1": held})
    plan = make_plan(inputs).plan
    asleep = [plan.asleep_at("pool-1", time) for time in inputs.times]
    assert all(names is not None and not names & held for names in asleep)
    assert asleep[0] is not None and told - held < asleep[0] and len(asleep[0]) == 12
    assert any("not put to sleep when told, kept awake: r1-2, r2-1" in note for note in plan.notes)
    assert not any("not known" in note for note in plan.notes) and plan.server_moves[0].empty_rows == ()
    with pytest.raises(PlanRejectedError, match="servers kept awake"):
        verify_plan(inputs, make_plan(replace(inputs, kept_awake={})).plan)


def test_so_many_stay_awake_as_may_not_sleep() -> None:
    held = frozenset(f"{rack}-{n}" for rack, _ in RACKS for n in (1, 2, 3))
    plan = make_plan(inputs_of([1.0] * 4, kept_awake={"pool-1": held})).plan
    assert plan.schedule["pool-1.awake_servers_command"][-1] == len(held)
    assert not held & set(plan.server_moves[0].sleep)


def test_servers_asleep_go_on_sleeping() -> None:
    asleep = frozenset({"r3-1", "r4-1", "r4-2"})
    inputs = inputs_of([10.0, 10.0, 12.0, 12.0], 17.0, asleep_servers={"pool-1": asleep})
    plan = make_plan(inputs).plan
    assert plan.asleep_at("pool-1", plan.start) == asleep | set(plan.server_moves[0].sleep)
    assert len(plan.server_moves[0].sleep) == 5 and racks_of(plan.server_moves[0].sleep) <= {"r3", "r4"}
    assert not any("not known" in note for note in plan.notes)


def test_names_that_do_not_fit_the_count_are_assumed_and_that_is_said() -> None:
    inputs = inputs_of([10.0] * 4, 17.0, asleep_servers={"pool-1": frozenset({"r4-1"})})
    plan = make_plan(inputs).plan
    assert len(plan.asleep_servers["pool-1"]) == 3
    assert any("which servers sleep now is not known" in note for note in plan.notes)


def test_lower_tiers_go_first() -> None:
    tiers = [{"id": "gold", "share_frac": 0.5}, {"id": "bronze", "share_frac": 0.5}]
    members = [entry | {"tier": "gold" if entry["rack"] in {"r1", "r3"} else "bronze"} for entry in MEMBERS]
    (move,) = make_plan(inputs_of([8.0] * 4, pool=NAMED | {"tiers": tiers, "members": members})).plan.server_moves
    assert racks_of(move.sleep) == {"r2", "r4"}


def test_a_group_kept_apart_keeps_members_on_two_racks() -> None:
    inputs = inputs_of([1.0] * 4, pool=NAMED | {"keep_apart": [LIKE_KAFKA]})
    plan = make_plan(inputs).plan
    asleep = plan.asleep_at("pool-1", plan.start)
    assert asleep is not None and "r3-4" not in asleep and not {"r1-1", "r1-2"} <= asleep


def test_a_group_found_broken_is_mended_at_once() -> None:
    asleep = frozenset({"r3-4", *(f"r2-{n}" for n in range(1, 6))})
    inputs = inputs_of([11.0] * 4, 14.0, NAMED | {"keep_apart": [LIKE_KAFKA]}, asleep_servers={"pool-1": asleep})
    plan = make_plan(inputs).plan
    assert "r3-4" in plan.server_moves[0].wake
    verify_plan(inputs, plan)


@pytest.mark.parametrize(
    ("change", "named_limit"),
    [
        (lambda move: {"sleep": move.sleep[1:]}, "pool-1 named servers"),
        (lambda move: {"sleep": (*move.sleep[1:], "r9-1")}, "pool-1 named servers"),
        (
            lambda move: {"sleep": tuple(f"r{r}-{n}" for r in (3, 4, 2) for n in range(1, 6))[: len(move.sleep)]},
            "kafka",
        ),
    ],
)
def test_names_changed_afterwards_are_refused(change: Any, named_limit: str) -> None:
    inputs = inputs_of([6.0] * 4, pool=NAMED | {"keep_apart": [LIKE_KAFKA]})
    plan = make_plan(inputs).plan
    moves = [replace(move, **change(move)) for move in plan.server_moves]
    with pytest.raises(PlanRejectedError, match=named_limit):
        verify_plan(inputs, replace(plan, server_moves=tuple(moves)))


def test_a_name_that_moves_before_its_time_is_refused() -> None:
    inputs = inputs_of([6.0, 6.0, 12.0, 6.0, 6.0], pool=NAMED | {"min_asleep_min": 300.0})
    plan = make_plan(inputs).plan
    first = plan.server_moves[0]
    other = next(name for entry in MEMBERS for name in entry["servers"] if name not in first.sleep)
    swap = replace(first, at=plan.start + plan.step, wake=(first.sleep[0],), sleep=(other,))
    with pytest.raises(PlanRejectedError, match="named servers' times"):
        verify_plan(inputs, _with(plan, swap))


def _with(plan: Plan, *moves: Any) -> Plan:
    return replace(plan, server_moves=(plan.server_moves[0], *moves, *plan.server_moves[1:]))


@settings(max_examples=40, deadline=None)
@example(counts=[4, 4, 4, 7, 4, 4, 4, 20], now=4, times=(2, 3))  # who sleeps at step 5 could not wake for the last
@given(
    counts=st.lists(st.integers(4, 20), min_size=8, max_size=8),
    now=st.integers(4, 20),
    times=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_sets_follow_the_counts_and_keep_times_and_groups(counts: list[int], now: int, times: tuple[int, int]) -> None:
    pool = NAMED | {
        "keep_apart": [LIKE_KAFKA], "min_awake_min": 60.0 * times[0], "min_asleep_min": 60.0 * times[1],
        "headroom_frac": 0.0,
    }  # fmt: skip
    inputs = inputs_of([float(count) for count in counts], float(now), pool)
    case = ItCase.of(inputs).pools["pool-1"]
    assert case.names is not None
    _, least = whole_servers(case, Servers(case.need, np.zeros((0, 8))))
    awake = least.awake
    assert (awake >= case.need).all()
    moves = list(case.names.moves(awake))
    assert not any((excess > 0.0).any() for _, excess, _ in name_excesses(case, case.names, moves, awake))
