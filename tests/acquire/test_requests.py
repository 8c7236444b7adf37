from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.acquire import ber
from facility.acquire.requests import ModbusRequest, halve_modbus, halve_snmp, oid_length, plan_modbus, plan_snmp, words
from facility.errors import ConfigurationError
from facility.profile import Limits, ModbusTable, NumberType, ProfilePoint

REGISTER_TYPES: list[NumberType] = ["int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]
TABLES: list[ModbusTable] = ["input", "holding", "coil", "discrete"]


def register(address: int, kind: NumberType = "uint16", table: ModbusTable = "input") -> ProfilePoint:
    return ProfilePoint(
        quantity="power_kw", table=table, address=address, type=kind, unit="kW", range=(0, 1)
    )  # fmt: skip


@st.composite
def points_of(draw: st.DrawFn) -> dict[str, ProfilePoint]:
    points = {}
    for number in range(draw(st.integers(1, 40))):
        table = draw(st.sampled_from(TABLES))
        kind: NumberType = "bit" if table in ("coil", "discrete") else draw(st.sampled_from(REGISTER_TYPES))
        points[f"p{number}"] = register(draw(st.integers(0, 400)), kind, table)
    return points


LIMITS = st.builds(Limits, registers_per_request=st.integers(4, 125), gap_registers=st.integers(0, 120))


def covers(request: ModbusRequest, point: ProfilePoint) -> bool:
    assert point.address is not None
    return (
        request.table == point.table
        and request.address <= point.address
        and point.address + words(point) <= request.end
    )


@settings(max_examples=40)
@given(points_of(), LIMITS)
def test_each_point_is_read_once_whole_and_within_the_limit(points: dict[str, ProfilePoint], limits: Limits) -> None:
    requests = plan_modbus(points, limits)
    assert sorted(key for request in requests for key in request.keys) == sorted(points)
    for request in requests:
        assert 1 <= request.count <= limits.registers_per_request
        assert all(covers(request, points[key]) for key in request.keys)


@settings(max_examples=40)
@given(points_of(), LIMITS)
def test_requests_begin_and_end_at_a_point_and_bridge_small_gaps_only(
    points: dict[str, ProfilePoint], limits: Limits
) -> None:
    for request in plan_modbus(points, limits):
        spans = sorted(
            (points[key].address or 0, (points[key].address or 0) + words(points[key])) for key in request.keys
        )
        assert request.address == spans[0][0]
        assert request.end == max(end for _, end in spans)
        reached = spans[0][1]
        for start, end in spans:
            assert start - reached <= limits.gap_registers
            reached = max(reached, end)


@settings(max_examples=40)
@given(points_of(), LIMITS)
def test_two_neighbouring_requests_could_not_have_been_one(points: dict[str, ProfilePoint], limits: Limits) -> None:
    requests = plan_modbus(points, limits)
    for first, second in itertools.pairwise(requests):
        if first.table != second.table or second.address > first.end + limits.gap_registers:
            continue
        nearest = points[second.keys[0]]
        assert max(first.end, second.address + words(nearest)) - first.address > limits.registers_per_request


@settings(max_examples=40)
@given(points_of(), LIMITS)
def test_halving_ends_with_single_points_and_loses_none(points: dict[str, ProfilePoint], limits: Limits) -> None:
    todo, single = list(plan_modbus(points, limits)), []
    while todo:
        request = todo.pop()
        smaller = halve_modbus(request, points)
        assert all(part.count <= request.count for part in smaller)
        todo.extend(smaller)
        if not smaller:
            single.append(request)
            assert covers(request, points[request.keys[0]])
            assert request.count == words(points[request.keys[0]])
    assert sorted(request.keys for request in single) == sorted((key,) for key in points)


def test_a_point_wider_than_a_request_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"wide: takes 4 registers, more than limits.registers_per_request"):
        plan_modbus({"wide": register(0, "float64")}, Limits(registers_per_request=3))


OIDS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=30).map(lambda arcs: "1.3." + ".".join(map(str, arcs)))


def instance(oid: str, *more: str) -> ProfilePoint:
    return ProfilePoint(quantity="power_kw", oid=oid, plus_oids=more, type="integer", unit="kW", range=(0, 1))


@settings(max_examples=40)
@given(st.lists(OIDS, min_size=1, max_size=80), st.integers(1, 200))
def test_every_instance_is_asked_once_and_answers_fit_a_frame(oids: list[str], most: int) -> None:
    groups = plan_snmp({f"p{n}": instance(oid) for n, oid in enumerate(oids)}, Limits(varbinds_per_request=most))
    assert [oid for group in groups for oid in group] == list(dict.fromkeys(oids))
    for group in groups:
        assert len(group) <= most
        answer = sum(len(ber.tlv(0x30, ber.oid(oid) + ber.tlv(ber.COUNTER64, bytes(9)))) for oid in group)
        assert answer <= 1300 or len(group) == 1


@given(OIDS)
def test_oid_length_is_the_encoded_length(oid: str) -> None:
    assert oid_length(oid) == len(ber.oid(oid)) - (2 if len(ber.oid(oid)) < 130 else 3)


def test_the_lines_of_a_sum_are_asked_too() -> None:
    assert plan_snmp({"p": instance("1.3.1", "1.3.2", "1.3.3")}, Limits()) == (("1.3.1", "1.3.2", "1.3.3"),)


@given(st.lists(OIDS, min_size=1, max_size=30, unique=True))
def test_halving_a_get_loses_nothing(oids: list[str]) -> None:
    halves = halve_snmp(oids)
    assert [oid for half in halves for oid in half] == (oids if len(oids) > 1 else [])
