"""Against net-snmp's agent: v1, the security levels of v3, old and long keys, and a clock that went astray."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from facility.acquire.columns import Columns
from facility.acquire.factory import ClientFactory
from facility.acquire.snmp.client import Session
from facility.acquire.snmp.community import CommunitySession
from facility.acquire.snmp.pdu import Pdu, Request, get
from facility.acquire.snmp.udp import SilenceError, UdpChannel
from facility.acquire.snmp.usm_keys import AuthProtocol, KeyExtension, PrivProtocol, UsmUser, master_key
from facility.acquire.snmp.usm_message import parse_message
from facility.acquire.snmp.v3 import UsmSession
from facility.errors import DeviceError
from facility.profile import ProfilePoint
from tests.acquire.ber_by_hand import Question
from tests.acquire.servers import snmpd, udp_agent
from tests.acquire.sites import site, snmp_device

POWER, GONE = "1.3.6.1.4.1.318.1.1.26.4.3.1.5.1", "1.3.6.1.4.1.318.1.1.26.4.3.1.99.1"
# (auth, priv, extension) -> as net-snmp writes it
USERS: dict[tuple[AuthProtocol, PrivProtocol | None, KeyExtension], str] = {
    ("MD5", None, "blumenthal"): "MD5 authpass12",
    ("MD5", "DES", "blumenthal"): "MD5 authpass12 DES privpass12",
    ("SHA1", "DES", "blumenthal"): "SHA authpass12 DES privpass12",
    ("MD5", "AES128", "blumenthal"): "MD5 authpass12 AES privpass12",
    ("SHA512", None, "blumenthal"): "SHA-512 authpass12",
    ("MD5", "AES192", "blumenthal"): "MD5 authpass12 AES-192 privpass12",
    ("SHA1", "AES192", "blumenthal"): "SHA authpass12 AES-192 privpass12",
    ("SHA256", "AES192", "blumenthal"): "SHA-256 authpass12 AES-192 privpass12",
    ("MD5", "AES192", "reeder"): "MD5 authpass12 AES-192-C privpass12",
    ("SHA1", "AES192", "reeder"): "SHA authpass12 AES-192-C privpass12",
    ("MD5", "AES256", "reeder"): "MD5 authpass12 AES-256-C privpass12",
    ("SHA1", "AES256", "reeder"): "SHA authpass12 AES-256-C privpass12",
    ("SHA224", "AES256", "reeder"): "SHA-224 authpass12 AES-256-C privpass12",
    ("SHA512", "AES256", "reeder"): "SHA-512 authpass12 AES-256-C privpass12",
}


def name(auth: AuthProtocol, priv: PrivProtocol | None, extension: KeyExtension) -> str:
    return f"{auth}-{priv}-{extension}"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    lines = ["rocommunity public 127.0.0.1", f"override .{POWER} integer 734", "createUser open", "rouser open noauth"]
    for which, words in USERS.items():
        lines += [f"createUser {name(*which)} {words}", f"rouser {name(*which)} {'priv' if which[1] else 'auth'}"]
    with snmpd(tmp_path_factory.mktemp("snmpd"), lines) as port:
        yield port


def user(auth: AuthProtocol, priv: PrivProtocol | None, extension: KeyExtension) -> UsmUser:
    masters = master_key("authpass12", auth), master_key("privpass12", auth) if priv else None
    return UsmUser(name(auth, priv, extension).encode(), auth, masters[0], priv or "AES128", masters[1], extension)


def ask(port: int, session: Session, *requests: Request, timeout_s: float = 0.5) -> list[Pdu]:
    async def run() -> list[Pdu]:
        channel = UdpChannel("127.0.0.1", port)
        try:
            return [await session.ask(channel, request, timeout_s) for request in requests]
        finally:
            channel.close()

    return asyncio.run(run())


@pytest.mark.parametrize("which", list(USERS), ids=str)
def test_each_kind_of_user(agent: int, which: tuple[AuthProtocol, PrivProtocol | None, KeyExtension]) -> None:
    session = UsmSession(user(*which), time.monotonic)
    answers = ask(agent, session, get([POWER, GONE]), get([POWER]))
    assert [answer.values for answer in answers] == [[734, None], [734]]


@pytest.mark.parametrize(("right", "wrong"), [("reeder", "blumenthal"), ("blumenthal", "reeder")])
def test_the_other_key_extension_is_named_as_a_cause(agent: int, right: KeyExtension, wrong: KeyExtension) -> None:
    good = user("SHA1", "AES192", right)
    bad = UsmUser(good.name, "SHA1", good.auth_master, "AES192", good.priv_master, wrong)
    with pytest.raises(DeviceError, match="priv_key_extension"):
        ask(agent, UsmSession(bad, time.monotonic), get([POWER]), timeout_s=0.2)


def test_without_authentication(agent: int) -> None:
    assert ask(agent, UsmSession(UsmUser(b"open"), time.monotonic), get([POWER]))[0].values == [734]


def test_a_user_that_has_to_sign_is_not_served_unsigned(agent: int) -> None:
    unsigned = UsmUser(name("SHA512", None, "blumenthal").encode())
    answer = ask(agent, UsmSession(unsigned, time.monotonic), get([POWER]))[0]
    assert (answer.error_status, answer.values) == (16, [None])  # authorizationError


def test_v1(agent: int) -> None:
    session = CommunitySession("public", "v1")
    whole, missing = ask(agent, session, get([POWER]), get([POWER, GONE]))
    assert whole.values == [734]
    assert (missing.error_status, missing.error_index) == (2, 2)  # noSuchName, the second


OUTLETS = {
    f"outlet_{row}_kw": ProfilePoint(oid=f"1.3.6.1.4.1.318.9.{row}", type="integer", unit="kW", range=(0, 9))
    for row in range(1, 25)
}


@pytest.mark.parametrize(("version", "tag"), [("v1", 0xA0), ("v2c", 0xA5)])
def test_rows_are_asked_for_with_getbulk_but_in_v1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, tag: int
) -> None:
    monkeypatch.setenv("COMMUNITY", "public")
    asked: list[bytes] = []

    async def run() -> None:
        async with udp_agent(asked.append) as port:
            device = snmp_device("pdu", "apc_rpdu2", port, "rack-1")
            device["snmp"]["version"] = version
            loaded = site(tmp_path, [device])
            profile = loaded.profiles["apc_rpdu2"].model_copy(update={"points": OUTLETS})
            client = ClientFactory().client(loaded.site.devices[0], profile)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(client.reader(list(OUTLETS)).read(Columns.stale(len(OUTLETS))), 0.1)
            await client.close()

    asyncio.run(run())
    assert bytes([2, 1, {"v1": 0, "v2c": 1}[version], 4, 6]) + b"public" in asked[0]
    assert Question(asked[0]).tag == tag


@pytest.mark.parametrize(("ours", "theirs"), [("v1", "v2c"), ("v2c", "v1")])
def test_an_answer_of_another_version_is_refused(ours: Literal["v1", "v2c"], theirs: Literal["v1", "v2c"]) -> None:
    request = get([POWER])
    sent: list[bytes] = []
    _encode(CommunitySession("public", theirs), request, sent)
    with pytest.raises(ValueError, match="SNMP version"):
        CommunitySession("public", ours).decode(sent[0], 0x01000000, request)


def _encode(session: CommunitySession, request: Request, into: list[bytes]) -> None:
    class Channel(UdpChannel):
        async def exchange(self, payload: bytes, *_: object) -> Pdu:  # type: ignore[override]
            into.append(payload)
            return Pdu(0xA2, 0, 0, 0, (), [])

    asyncio.run(session.ask(Channel("127.0.0.1", 1), request, 0.1))


class Monotonic:
    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead_s


def test_a_clock_that_ran_ahead_looks_like_a_replay_and_the_engine_is_met_anew(agent: int) -> None:
    clock = Monotonic()
    session = UsmSession(user("SHA256", "AES192", "blumenthal"), clock)
    ask(agent, session, get([POWER]))
    clock.ahead_s = 1000.0
    with pytest.raises(SilenceError, match="outside the time window"):
        ask(agent, session, get([POWER]), timeout_s=0.1)
    assert ask(agent, session, get([POWER]))[0].values == [734]


def test_questions_under_way_together_meet_the_engine_once(agent: int) -> None:
    asked: list[bytes] = []

    class Counting(UdpChannel):
        def _send(self, peer: socket.socket, payload: bytes) -> None:
            asked.append(payload)
            super()._send(peer, payload)

    async def run() -> list[Pdu]:
        session = UsmSession(user("SHA256", "AES192", "blumenthal"), time.monotonic)
        channel = Counting("127.0.0.1", agent)
        try:
            return await asyncio.gather(*(session.ask(channel, get([POWER]), 0.5) for _ in range(4)))
        finally:
            channel.close()

    assert all(answer.values == [734] for answer in asyncio.run(run()))
    assert len([payload for payload in asked if not parse_message(payload).engine_id]) == 1
