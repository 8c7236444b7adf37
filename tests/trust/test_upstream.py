"""Racks against what feeds them: the one that explains the difference, or both sides where nothing decides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.trust.upstream import explain_sum

LOADS = st.lists(st.floats(2.0, 6.0), min_size=6, max_size=20)


@given(LOADS, st.floats(0.92, 1.0))
def test_a_sum_within_the_losses_is_right(loads: list[float], passed_on: float) -> None:
    assert explain_sum(sum(loads) / passed_on, named(loads), above_sure=False, sure=set()) == {}


@given(LOADS, st.floats(0.96, 1.0), st.sampled_from([100.0, 1000.0]))
def test_one_rack_that_explains_it_is_named(loads: list[float], passed_on: float, factor: float) -> None:
    fed = named(loads) | {"r0": loads[0] * factor}
    assert explain_sum(sum(loads) / passed_on, fed, above_sure=True, sure=set()) == {"r0": factor}


@given(LOADS, st.floats(0.92, 1.0), st.sampled_from([0.001, 0.01, 0.1, 10.0, 100.0, 1000.0]))
def test_the_meter_upstream_is_named_when_the_racks_are_sure(
    loads: list[float], passed_on: float, factor: float
) -> None:
    found = explain_sum(sum(loads) / passed_on * factor, named(loads), above_sure=False, sure={"r1"})
    assert found == {None: pytest.approx(factor)}


@given(LOADS, st.floats(0.92, 1.0), st.sampled_from([0.001, 0.01, 0.1, 10.0, 100.0, 1000.0]))
def test_all_racks_are_named_when_the_meter_upstream_is_sure(
    loads: list[float], passed_on: float, factor: float
) -> None:
    fed = {name: kw * factor for name, kw in named(loads).items()}
    found = explain_sum(sum(loads) / passed_on, fed, above_sure=True, sure=set())
    assert found == {name: pytest.approx(factor) for name in fed}


def test_both_sides_are_named_where_neither_is_sure() -> None:
    found = explain_sum(10.0, named([25.0, 25.0, 48.0]), above_sure=False, sure=set())
    assert found == {None: 0.1, "r0": 10.0, "r1": 10.0, "r2": 10.0}


def test_where_both_sides_are_sure_something_is_not_metered() -> None:
    assert explain_sum(100.0, named([3.0, 3.0, 3.0]), above_sure=True, sure={"r0"}) == {}


def named(loads: list[float]) -> dict[str, float]:
    return {f"r{number}": kw for number, kw in enumerate(loads)}
