"""Against net-snmp's agent: v2c, v3 with each protocol pair, wrong keys, restarts, tooBig, setting."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from facility.acquire.columns import Value
from facility.acquire.snmp.client import Session
from facility.acquire.snmp.community import CommunitySession
from facility.acquire.snmp.udp import UdpChannel
from facility.acquire.snmp.usm_keys import AuthProtocol, PrivProtocol, UsmUser, master_key
from facility.acquire.snmp.v3 import UsmSession
from facility.errors import DeviceError, WriteRefusedError
from facility.profile import Limits, ProfilePoint, load_profile
from facility.records import Quality
from tests.acquire.servers import snmpd
from tests.acquire.values import Whole, is_about, read_points, snmp_client

AUTH: dict[AuthProtocol, str] = {
    "SHA1": "SHA", "SHA224": "SHA-224", "SHA256": "SHA-256", "SHA384": "SHA-384", "SHA512": "SHA-512",
}  # fmt: skip
PRIV: dict[PrivProtocol, str] = {"AES128": "AES", "AES256": "AES-256"}
BASE = ".1.3.6.1.4.1.318.1.1.26"
PDU_LINES = [
    f"override {BASE}.4.3.1.4.1 integer 2",
    f"override {BASE}.4.3.1.5.1 integer 734",
    f"override {BASE}.4.3.1.9.1 uinteger 123456",
    f"override {BASE}.4.3.1.16.1 integer 780",
    f"override {BASE}.4.3.1.17.1 integer -1",
    *(f"override {BASE}.6.3.1.5.{phase} integer 10{phase}" for phase in (1, 2, 3)),
    *(f"override {BASE}.6.3.1.6.{phase} integer 23{phase}" for phase in (1, 2, 3)),
    f"override {BASE}.10.2.2.1.8.1 integer 241",
]  # no humidity: that instance does not exist
SETTABLE = ".1.3.6.1.4.1.99999.1.0"


def lines() -> list[str]:
    users = ["createUser facility-plain SHA-256 authpass12", "rouser facility-plain auth"]
    for (auth, name), (priv, cipher) in itertools.product(AUTH.items(), PRIV.items()):
        user = f"facility-{auth}-{priv}"
        users += [f"createUser {user} {name} authpass12 {cipher} privpass12", f"rwuser {user} priv"]
    communities = ["rocommunity public 127.0.0.1", "rwcommunity private 127.0.0.1"]
    return [*communities, *users, *PDU_LINES, f"override -rw {SETTABLE} integer 5"]


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with snmpd(tmp_path_factory.mktemp("snmpd"), lines()) as port:
        yield port


def v3(
    name: str,
    auth: AuthProtocol = "SHA256",
    priv: PrivProtocol | None = "AES128",
    auth_phrase: str = "authpass12",
    priv_phrase: str = "privpass12",
) -> UsmSession:
    master = master_key(priv_phrase, auth) if priv else None
    return UsmSession(
        UsmUser(name.encode(), auth, master_key(auth_phrase, auth), priv or "AES128", master), time.monotonic
    )


def rack_pdu(port: int, session: Session, limits: Limits | None = None) -> Whole:
    profile = load_profile("apc_rpdu2")
    return snmp_client(
        UdpChannel("127.0.0.1", port), lambda: session, profile.points, limits or Limits(timeout_s=0.5)
    )  # fmt: skip


def read(client: Whole, times: int = 1) -> dict[str, Value]:
    async def run() -> dict[str, Value]:
        return await read_points(client, times)

    return asyncio.run(run())


def check(values: dict[str, Value]) -> None:
    assert is_about(values["power_kw"], 7.34, Quality.GOOD)
    assert is_about(values["energy_kwh"], 12345.6, Quality.GOOD)
    assert is_about(values["current_l3_a"], 10.3, Quality.GOOD)
    assert is_about(values["voltage_l2_v"], 232, Quality.GOOD)
    assert is_about(values["inlet_temperature_degc"], 24.1, Quality.GOOD)
    assert values["power_factor"].quality is Quality.BAD  # -1: this model has none
    assert values["inlet_relative_humidity_frac"].quality is Quality.BAD  # no such instance


def test_v2c(agent: int) -> None:
    check(read(rack_pdu(agent, CommunitySession("public")), times=3))


@pytest.mark.parametrize(("auth", "priv"), list(itertools.product(AUTH, PRIV)))
def test_v3_with_privacy(agent: int, auth: AuthProtocol, priv: PrivProtocol) -> None:
    check(read(rack_pdu(agent, v3(f"facility-{auth}-{priv}", auth, priv)), times=3))


def test_v3_without_privacy(agent: int) -> None:
    check(read(rack_pdu(agent, v3("facility-plain", priv=None))))


@pytest.mark.parametrize(
    ("session", "message"),
    [
        (CommunitySession("publik"), "unreachable, or the community is wrong"),
        (v3("facility-SHA256-AES128", auth_phrase="wrongpass12"), "check auth_key and auth_protocol"),
        (v3("facility-SHA256-AES128", auth="SHA512"), "check auth_key and auth_protocol"),
        (
            v3("facility-SHA256-AES128", priv_phrase="wrongpass12"),
            "check priv_key, priv_protocol and priv_key_extension",
        ),
        (v3("facility-SHA256-AES128", priv="AES256"), "check priv_key, priv_protocol and priv_key_extension"),
        (v3("nobody"), "does not know this user: check v3.user"),
        (v3("facility-plain"), "check priv_key and the agent's user"),
        (v3("facility-SHA256-AES128", priv=None), "authorizationError"),
    ],
)
def test_wrong_credentials_are_told_apart(agent: int, session: Session, message: str) -> None:
    with pytest.raises(DeviceError, match=message):
        read(rack_pdu(agent, session, Limits(timeout_s=0.2)))


def test_nothing_listens() -> None:
    with pytest.raises(DeviceError, match=r"127\.0\.0\.1:1 refuses: Connection refused"):
        read(rack_pdu(1, CommunitySession("public")))


def test_a_host_without_an_address() -> None:
    channel = UdpChannel("no-such-host.invalid", 161)
    client = snmp_client(channel, lambda: CommunitySession("public"), load_profile("apc_rpdu2").points, Limits())
    with pytest.raises(DeviceError, match=r"no-such-host.invalid:161 cannot be reached"):
        read(client)


def test_an_agent_that_restarts_is_met_anew(tmp_path: Path) -> None:
    session = v3("facility-SHA256-AES128")

    async def run() -> None:
        with snmpd(tmp_path / "agent", lines()) as port:
            client = rack_pdu(port, session)
            await client.read(first := {})  # type: ignore[var-annotated]
        with pytest.raises(DeviceError):
            await client.read({})
        with snmpd(tmp_path / "agent", lines(), port):  # more boots, same engine
            await client.read(second := {})  # type: ignore[var-annotated]
        with snmpd(tmp_path / "replaced", lines(), port):  # another engine, fewer boots
            await client.read(third := {})  # type: ignore[var-annotated]
            await client.close()
        for values in (first, second, third):
            check(values)

    asyncio.run(run())


def test_many_instances_are_asked_in_groups(agent: int) -> None:
    check(read(rack_pdu(agent, CommunitySession("public"), Limits(varbinds_per_request=4, timeout_s=0.5))))


SETPOINT = ProfilePoint(oid=SETTABLE[1:], type="integer", scale=0.1, unit="degC", range=(0, 50), writable=True)


def write(port: int, session: Session, value: float) -> Value:
    async def run() -> Value:
        client = snmp_client(
            UdpChannel("127.0.0.1", port), lambda: session, {"setpoint": SETPOINT}, Limits(timeout_s=0.5)
        )
        try:
            return await client.write("setpoint", value)
        finally:
            await client.close()

    return asyncio.run(run())


def test_a_written_value_is_read_back(agent: int) -> None:
    assert is_about(write(agent, CommunitySession("private"), 18.5), 18.5, Quality.GOOD)
    assert is_about(write(agent, v3("facility-SHA256-AES128"), 21.0), 21.0, Quality.GOOD)


def test_a_write_without_the_right_to_it_is_refused(agent: int) -> None:
    with pytest.raises(WriteRefusedError, match="refuses to set setpoint: noAccess"):
        write(agent, CommunitySession("public"), 18.5)
