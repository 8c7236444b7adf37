"""SNMP agents that are found: net-snmp's, and such as lie."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from facility.acquire.discovery.found import Answer, Fault, Found
from facility.acquire.discovery.recognise import Recogniser, load_recogniser
from facility.acquire.snmp.pdu import GET_NEXT
from tests.acquire.ber_by_hand import Question, element
from tests.acquire.discovery.devices import BASE, PDU_LINES, V3, liar, probed, recogniser, walker
from tests.acquire.servers import free_port, snmpd, udp_agent

OURS = b"\x06\x09\x2b\x06\x01\x04\x01\x86\x8d\x1f\x01"  # BASE.1 as an element
ROWS = b"\x2b\x06\x01\x04\x01\x86\x8d\x1f\x06\x01"  # the column of outlets


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, secret in (("COMMUNITY", "public-word"), ("AUTH", "authpass12"), ("PRIV", "privpass12")):
        monkeypatch.setenv(name, secret)


@pytest.fixture(scope="module")
def knows(tmp_path_factory: pytest.TempPathFactory) -> Recogniser:
    return recogniser(tmp_path_factory.mktemp("profiles"))


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with snmpd(tmp_path_factory.mktemp("agent"), PDU_LINES) as port:
        yield port


@pytest.mark.parametrize(
    "credentials",
    [{"community": "env:COMMUNITY"}, {"community": "env:COMMUNITY", "version": "v1"}, {"v3": V3}],
    ids=["v2c", "v1", "v3"],
)
def test_an_agent_is_recognised_with_the_rows_of_its_tables(
    agent: int, knows: Recogniser, credentials: dict[str, object]
) -> None:
    found = asyncio.run(probed(agent, knows, 2.0, **credentials))
    assert found.says == {"sysObjectID": f"{BASE}.1.7", "sysDescr": "A PDU, row 1: #3", "sysName": 'pdu "one"'}
    assert found.match.profile.profile == "own_pdu"
    assert found.rows == {"outlets": ("1", "2"), "sensors": ("1.3",)}
    assert found.notes == ()
    assert found.where == f"127.0.0.1:{agent}"


def test_an_apc_pdu_is_recognised_by_the_profile_that_comes_with_facility(tmp_path: Path) -> None:
    base = ".1.3.6.1.4.1.318.1.1.26.9.4.3.1.6"
    outlets = [f"override {base}.{number} integer 12" for number in range(1, 25)]
    lines = ["rocommunity public-word 127.0.0.1", "sysObjectID .1.3.6.1.4.1.318.1.3.4.6", *outlets]
    with snmpd(tmp_path, lines) as port:
        found = asyncio.run(probed(port, load_recogniser(), 2.0))
    assert found.match.profile.profile == "apc_rpdu2"
    assert found.rows == {"outlets": tuple(str(number) for number in range(1, 25))}


def test_rows_that_tables_share_are_not_given_to_one_of_them(tmp_path: Path) -> None:
    names = ".1.3.6.1.4.1.476.1.42.3.4.1"
    rows = [
        f"override {names}.3.3.1.{column}.{row} {value}"
        for row, kind in ((1, 2), (2, 3))
        for column, value in ((2, f"object_id {names}.1.{kind}"), (50, "integer 241"))
    ]
    lines = ["rocommunity public-word 127.0.0.1", "sysObjectID .1.3.6.1.4.1.476.1.42", *rows]
    with snmpd(tmp_path, lines) as port:
        found = asyncio.run(probed(port, load_recogniser(), 2.0))
    assert found.match.profile.profile == "liebert_icom"
    assert found.rows == {}
    [shared] = found.shared_rows
    assert shared.tables == ("supply_air", "return_air")
    assert shared.labels == {"1": f"{names[1:]}.1.2", "2": f"{names[1:]}.1.3"}


def test_wrong_v3_credentials_are_told_and_a_wrong_community_is_silence(
    agent: int, knows: Recogniser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH", "wrong-phrase")
    fault = asyncio.run(probed(agent, knows, 0.5, v3=V3))
    assert isinstance(fault, Fault)
    assert "check auth_key" in fault.reason
    monkeypatch.setenv("COMMUNITY", "wrong-word")
    assert asyncio.run(probed(agent, knows, 0.2)) is None


def test_a_secret_that_is_gone_meanwhile_is_a_fault(
    agent: int, knows: Recogniser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COMMUNITY")
    fault = asyncio.run(probed(agent, knows))
    assert "COMMUNITY is not set" in fault.reason


def test_nobody_there_and_somebody_who_never_answers(knows: Recogniser) -> None:
    asked: list[bytes] = []

    async def run() -> tuple[Answer | None, Answer | None]:
        async with udp_agent(lambda data: asked.append(data) or []) as port:  # type: ignore[func-returns-value]
            return await probed(free_port(), knows), await probed(port, knows, 0.1)

    assert asyncio.run(run()) == (None, None)
    assert len(asked) == 2  # one try and one retry
    assert asked[0] == asked[1]


def found_by(answer: Callable[[bytes], list[bytes]], knows: Recogniser, timeout_s: float = 0.3) -> Answer | None:
    async def run() -> Answer | None:
        async with udp_agent(answer) as port:
            answered: Answer | None = await probed(port, knows, timeout_s)
            return answered

    return asyncio.run(run())


def test_a_lost_answer_is_asked_for_again(knows: Recogniser) -> None:
    lost: list[bytes] = []

    def once_deaf(data: bytes) -> list[bytes]:
        if not lost:
            lost.append(data)
            return []
        return liar(name=b"pdu")(data)

    found = found_by(once_deaf, knows)
    assert isinstance(found, Found)
    assert found.says["sysName"] == "pdu"


@pytest.mark.parametrize("size", [1, 500, 60_000])
def test_garbage_is_a_fault(knows: Recogniser, size: int) -> None:
    fault = found_by(lambda data: [b"\x30" * size], knows, 0.1)
    assert isinstance(fault, Fault)
    assert "discarded 1" in fault.reason


def test_a_flood_is_left_in_time(knows: Recogniser) -> None:
    begin = time.monotonic()
    fault = found_by(lambda data: [b"\x30\x03\x02\x01\x01"] * 3000, knows, 0.3)
    assert isinstance(fault, Fault)
    assert time.monotonic() - begin < 10


def test_huge_and_hostile_texts_are_short_and_printable(knows: Recogniser) -> None:
    nasty = b"\x1b[2J\r\n- id: evil\n\xff\0" + b"A" * 30_000
    found = found_by(liar(description=nasty, name=nasty), knows)
    assert isinstance(found, Found)
    assert found.says["sysDescr"] == found.says["sysName"]
    assert found.says["sysName"].startswith("?[2J - id: evil \ufffd?AAA")
    assert all(len(text) <= 120 and text.isprintable() for text in found.says.values())


@pytest.mark.parametrize(
    ("object_id", "said"),
    [
        (b"\x06\x00", None),
        (element(6, b"\xff" * 900), None),
        (element(6, b"\x2b" + b"\xff" * 8 + b"\x7f"), None),
        (b"\x02\x01\x05", None),
        (b"\x05\x00", None),
        (b"\x06\x01\x00", "0.0"),
        (element(6, b"\x2b" + b"\x8f\xff\xff\xff\x7f" * 100), "1.3." + "4294967295." * 10 + "429" + "..."),
    ],
)
def test_an_object_identifier_that_is_none_is_left_out(knows: Recogniser, object_id: bytes, said: str | None) -> None:
    found = found_by(liar(object_id=object_id, name=b"x"), knows)
    assert isinstance(found, Found)
    assert found.says.get("sysObjectID") == said
    assert found.match.profile is None


def test_an_agent_whose_rows_do_not_end(knows: Recogniser) -> None:
    many = [ROWS + bytes([0x80 | number >> 7, number & 0x7F]) for number in range(128, 1128)]
    found = found_by(walker(many, liar(OURS)), knows)
    assert isinstance(found, Found)
    assert found.rows == {}
    assert any("outlets" in note and "more than" in note for note in found.notes)


def test_an_agent_whose_rows_go_round_in_a_circle(knows: Recogniser) -> None:
    def round_and_round(data: bytes) -> list[bytes]:
        question = Question(data)
        if question.tag != GET_NEXT:
            return liar(OURS)(data)
        question.names = [ROWS + b"\5"]
        return [question.answer({ROWS + b"\5": element(2, b"\1")})]

    found = found_by(round_and_round, knows)
    assert isinstance(found, Found)
    assert found.rows == {}
    assert any("outlets" in note and "do not rise" in note for note in found.notes)


def test_an_agent_that_is_silent_after_its_name_is_found_all_the_same(knows: Recogniser) -> None:
    def shy(data: bytes) -> list[bytes]:
        return liar(OURS)(data) if Question(data).tag != GET_NEXT else []

    found = found_by(shy, knows, 0.1)
    assert isinstance(found, Found)
    assert found.match.profile is not None
    assert len(found.notes) == 3
    assert all("not found: no answer from" in note for note in found.notes)
