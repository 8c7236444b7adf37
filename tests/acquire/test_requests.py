from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.acquire.requests import (
    ModbusRequest,
    SnmpGroup,
    halve_modbus,
    halve_snmp,
    oid_length,
    plan_modbus,
    plan_snmp,
)
from facility.acquire.snmp import ber
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
        request.table == point.table and request.address <= point.address and point.address + point.width <= request.end
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
            (points[key].address or 0, (points[key].address or 0) + points[key].width) for key in request.keys
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
        assert max(first.end, second.address + nearest.width) - first.address > limits.registers_per_request


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
            assert request.count == points[request.keys[0]].width
    assert sorted(request.keys for request in single) == sorted((key,) for key in points)


def test_a_point_wider_than_a_request_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"wide: takes 4 registers, more than limits.registers_per_request"):
        plan_modbus({"wide": register(0, "float64")}, Limits(registers_per_request=3))


OIDS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=30).map(lambda arcs: "1.3." + ".".join(map(str, arcs)))


@settings(max_examples=40)
@given(st.lists(OIDS, min_size=1, max_size=80), st.integers(1, 200), st.integers(484, 9000))
def test_every_instance_is_asked_once_and_answers_fit_a_frame(oids: list[str], most: int, frame: int) -> None:
    groups = plan_snmp(oids, Limits(varbinds_per_request=most, answer_bytes=frame))
    assert sorted(oid for group in groups for oid in group.oids) == sorted(set(oids))
    for group in groups:
        assert len(group.oids) <= most
        assert answer_bytes(group) <= frame or len(group.oids) == 1


def answer_bytes(group: SnmpGroup) -> int:
    return 130 + sum(len(ber.tlv(0x30, ber.oid(oid) + ber.tlv(ber.COUNTER64, bytes(9)))) for oid in group.oids)


TABLES_OF_ROWS = st.lists(
    st.tuples(st.integers(1, 6), st.integers(0, 300), st.integers(1, 60)), min_size=1, max_size=4
)  # columns, first row, rows


@settings(max_examples=60)
@given(TABLES_OF_ROWS, st.integers(1, 120))
def test_bulk_requests_name_consecutive_rows_of_their_columns(tables: list[tuple[int, int, int]], most: int) -> None:
    oids = [
        f"1.3.6.1.4.1.{table}.{column}.{row}"
        for table, (columns, first, rows) in enumerate(tables)
        for column in range(1, columns + 1)
        for row in range(first, first + rows)
    ]
    limits = Limits(varbinds_per_request=most)
    groups = plan_snmp(oids, limits)
    assert sorted(oid for group in groups for oid in group.oids) == sorted(oids)
    assert len(groups) <= len(plan_snmp(oids, limits.model_copy(update={"bulk": False})))
    for group in groups:
        assert len(group.oids) <= most
        assert answer_bytes(group) <= limits.answer_bytes
        for before, after in zip(group.oids, group.oids[group.columns :], strict=False) if group.columns else ():
            column, _, row = before.rpartition(".")
            assert after == f"{column}.{int(row) + 1}"


def test_a_long_table_is_read_with_bulk_requests() -> None:
    groups = plan_snmp([f"1.3.6.1.4.1.9.{row}" for row in range(1, 200)], Limits())
    assert all(group.columns == 1 for group in groups)


@given(OIDS)
def test_oid_length_is_the_encoded_length(oid: str) -> None:
    assert oid_length(oid) == len(ber.oid(oid)) - (2 if len(ber.oid(oid)) < 130 else 3)


@given(st.lists(OIDS, min_size=1, max_size=30, unique=True))
def test_halving_a_get_loses_nothing(oids: list[str]) -> None:
    halves = halve_snmp(SnmpGroup(tuple(oids)))
    assert [oid for half in halves for oid in half.oids] == (oids if len(oids) > 1 else [])


@given(st.integers(1, 5), st.integers(1, 20))
def test_halving_a_bulk_request_keeps_its_rows_whole(columns: int, rows: int) -> None:
    group = SnmpGroup(tuple(f"1.3.{column}.{row}" for row in range(rows) for column in range(columns)), columns)
    halves = halve_snmp(group)
    assert [oid for half in halves for oid in half.oids] == (list(group.oids) if len(group.oids) > 1 else [])
    assert all(not half.columns or len(half.oids) % half.columns == 0 for half in halves)
