"""Walking a table's column: what it finds, where it stops, and what agents cannot make it do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.acquire.snmp.ber import WireError, header, oid, oid_arcs
from facility.acquire.snmp.community import CommunitySession
from facility.acquire.snmp.rows import MOST_ROWS, TableWalk, text_of
from facility.acquire.snmp.udp import UdpChannel
from facility.errors import DeviceError
from tests.acquire.ber_by_hand import Question, arcs
from tests.acquire.servers import Answers, udp_agent

TABLE = "2B 06 01 04 01 63 01"  # 1.3.6.1.4.1.99.1
COLUMN = "1.3.6.1.4.1.99.1.7.{row}"


def following(script: Mapping[str, str]) -> Callable[[bytes], Answers]:
    """An agent with these instances that answers GETNEXT."""
    known = {bytes.fromhex(name): bytes.fromhex(value) for name, value in script.items()}

    def answer(datagram: bytes) -> Answers:
        question = Question(datagram)
        (asked,) = question.names
        after = sorted((name for name in known if arcs(name) > arcs(asked)), key=arcs)
        return [said(question, after[0], known[after[0]]) if after else said(question, asked, b"\x82\x00")]

    return answer


def said(question: Question, name: bytes, value: bytes) -> bytes:
    question.names = [name]
    return question.answer({name: value})


def walk(agent: Callable[[bytes], Answers], column: str = COLUMN) -> dict[str, object]:
    async def run() -> dict[str, object]:
        async with udp_agent(agent) as port:
            channel = UdpChannel("127.0.0.1", port)
            try:
                return dict(await TableWalk(CommunitySession("public"), channel, 1.0).rows(column))
            finally:
                channel.close()

    return asyncio.run(run())


def test_it_finds_the_rows_of_its_column_and_no_others() -> None:
    script = {
        f"{TABLE} 06 09": "02 01 01",  # the column before
        f"{TABLE} 07 01": "02 01 05",
        f"{TABLE} 07 02": "04 01 41",
        f"{TABLE} 07 81 00": "02 01 07",  # row 128
        f"{TABLE} 08 01": "02 01 09",  # the column after
    }
    assert walk(following(script)) == {"1": 5, "2": b"A", "128": 7}


def test_the_end_of_the_agent_is_the_end_of_the_column() -> None:
    assert walk(following({f"{TABLE} 07 01 02": "02 01 05"})) == {"1.2": 5}


def test_a_table_that_is_not_there_has_no_rows() -> None:
    assert walk(following({f"{TABLE} 08 01": "02 01 05"})) == {}


def test_a_row_before_the_last_arc_is_counted_once() -> None:
    """As in Raritan's sensors: outlet, then sensor type."""
    script = {
        f"{TABLE} 07 {outlet} {kind}": "02 01 00" for outlet in ("01", "02", "0A") for kind in ("01", "04", "05", "17")
    }
    asked: list[bytes] = []
    agent = following(script)

    def counted(datagram: bytes) -> Answers:
        asked.append(datagram)
        return agent(datagram)

    assert list(walk(counted, "1.3.6.1.4.1.99.1.7.{row}.5")) == ["1", "2", "10"]
    assert len(asked) == 4  # one a row, and one to see the end


def test_v1_ends_with_no_such_name() -> None:
    agent = following({f"{TABLE} 07 03": "02 01 05"})

    def as_v1(datagram: bytes) -> Answers:
        (answer,) = agent(datagram) or [b""]
        question = Question(datagram)
        if arcs(question.names[0])[-1] == 3:
            answer = question.answer({}, status=2, index=1)
        return [answer.replace(b"\x02\x01\x01\x04", b"\x02\x01\x00\x04", 1)]

    async def run() -> Mapping[str, object]:
        async with udp_agent(as_v1) as port:
            channel = UdpChannel("127.0.0.1", port)
            try:
                return await TableWalk(CommunitySession("public", "v1"), channel, 1.0).rows(COLUMN)
            finally:
                channel.close()

    assert asyncio.run(run()) == {"3": 5}


def test_answers_that_do_not_rise_are_refused() -> None:
    """An agent that goes round: 1, 2, 1, 2, ..."""
    row = iter(range(10**6))

    def circling(datagram: bytes) -> Answers:
        name = bytes.fromhex(f"{TABLE} 07 0{1 + next(row) % 2}")
        return [said(Question(datagram), name, b"\x02\x01\x05")]

    with pytest.raises(DeviceError, match="do not rise"):
        walk(circling)


def test_an_endless_column_is_refused() -> None:
    row = iter(range(1, 10**6))

    def endless(datagram: bytes) -> Answers:
        high, low = divmod(next(row), 128)
        arc = bytes([0x80 | high, low]) if high else bytes([low])
        return [said(Question(datagram), bytes.fromhex(f"{TABLE} 07") + arc, b"\x02\x01\x05")]

    with pytest.raises(DeviceError, match=f"more than {MOST_ROWS}"):
        walk(endless)


@given(st.binary(max_size=300))
def test_any_name_is_arcs_or_refused(content: bytes) -> None:
    try:
        found = oid_arcs(content)
    except WireError:
        return
    assert all(0 <= arc < 1 << 32 for arc in found)
    assert len(found) <= 128


@pytest.mark.parametrize(
    ("content", "arcs"),
    [
        ("8F FF FF FF 7F", (2, 4294967215)),  # the first two in one, as large as one arc may be
        ("90 80 80 80 4F", (2, 4294967295)),
        ("2B 8F FF FF FF 7F", (1, 3, 4294967295)),
    ],
)
def test_the_largest_arcs_are_read(content: str, arcs: tuple[int, ...]) -> None:
    assert oid_arcs(bytes.fromhex(content)) == arcs


@pytest.mark.parametrize("content", ["90 80 80 80 50", "2B 90 80 80 80 00", "2B" + "01" * 127])
def test_what_is_beyond_the_largest_is_refused(content: str) -> None:
    with pytest.raises(WireError, match="impossible object identifier"):
        oid_arcs(bytes.fromhex(content))


@given(st.lists(st.integers(0, (1 << 32) - 1), min_size=1, max_size=100))
def test_arcs_are_those_that_were_encoded(rest: list[int]) -> None:
    dotted = ".".join(map(str, (1, 3, *rest)))
    encoded = oid(dotted)
    assert ".".join(map(str, oid_arcs(encoded[header(encoded, 0, len(encoded))[1] :]))) == dotted


@given(st.binary(max_size=60))
def test_any_value_can_be_shown(value: bytes) -> None:
    assert text_of(value).isprintable()


def test_labels_are_texts_or_identifiers() -> None:
    assert text_of(b"Switch A\0\0") == "Switch A"
    assert text_of(bytes.fromhex("2B 06 01 04 01 83 5C 01 2A 03 04 01 01 03")) == "1.3.6.1.4.1.476.1.42.3.4.1.1.3"
    assert text_of(b"\x1b[31m") == "0.27.91.51.49.109" or "\x1b" not in text_of(b"\x1b[31m")
    assert (text_of(7), text_of(None)) == ("7", "")
