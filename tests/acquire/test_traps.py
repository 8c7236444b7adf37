"""Traps and informs apart from any socket: what is taken, what is dropped, and bytes that make nothing stumble."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import structlog.testing
from hypothesis import given
from hypothesis import strategies as st

from facility.acquire.snmp import ber
from facility.acquire.snmp.ber import WireError
from facility.acquire.snmp.usm_keys import UsmUser, master_key
from facility.acquire.snmp.usm_message import AUTH, PRIV, REPORTABLE, parse_message
from facility.acquire.snmp.usm_security import UsmSecurity
from facility.acquire.traps.bucket import Bucket
from facility.acquire.traps.message import Notification, read_notification
from facility.acquire.traps.receiver import TrapReceiver
from facility.acquire.traps.senders import SenderBook, plain_address
from facility.acquire.traps.usm import NotificationEngine, UsmSender
from facility.errors import DeviceError
from facility.records import Event
from facility.site import Site, Traps
from tests.acquire.ber_by_hand import element
from tests.acquire.sites import SetClock, site, snmp_device

ON_BATTERY = "1.3.6.1.4.1.318.0.5"
V3 = {"user": "facility", "auth_key": "env:AUTH", "priv_key": "env:PRIV"}


def varbind(name: str, value: bytes) -> bytes:
    return element(0x30, ber.oid(name), value)


def pdu(tag: int, *more: bytes, trap: str = ON_BATTERY, request_id: int = 7) -> bytes:
    first = varbind("1.3.6.1.2.1.1.3.0", b"\x43\x02\x04\xd2"), varbind("1.3.6.1.6.3.1.1.4.1.0", ber.oid(trap))
    return element(tag, ber.integer(request_id), ber.integer(0), ber.integer(0), element(0x30, *first, *more))


def v1_pdu(generic: int, specific: int) -> bytes:
    return element(
        0xA4,
        ber.oid("1.3.6.1.4.1.318"),
        element(0x40, bytes([10, 0, 0, 7])),
        ber.integer(generic),
        ber.integer(specific),
        b"\x43\x02\x04\xd2",
        element(0x30, varbind("1.3.6.1.2.1.2.2.1.1.3", ber.integer(3))),
    )


def in_community(inner: bytes, community: bytes = b"public", version: int = 1) -> bytes:
    return element(0x30, ber.integer(version), element(4, community), inner)


def read(data: bytes) -> Notification:
    return read_notification(data, 0, len(data))


def test_a_trap_says_what_happened() -> None:
    text, octets = (
        varbind("1.3.6.1.4.1.318.2.1", element(4, b"rack A")),
        varbind("1.3.6.1.4.1.9", element(4, b"\0\x01")),
    )
    address, counter = varbind("1.3.6.1.4.1.8", b"\x40\x04\x0a\x00\x00\x01"), varbind("1.3.6.1.4.1.7", b"\x41\x01\x2a")
    assert read(pdu(0xA7, text, octets, address, counter)) == Notification(
        ON_BATTERY,
        12.34,
        (
            ("1.3.6.1.4.1.318.2.1", "rack A"),
            ("1.3.6.1.4.1.9", "00 01"),
            ("1.3.6.1.4.1.8", "10.0.0.1"),
            ("1.3.6.1.4.1.7", "42"),
        ),
    )


@pytest.mark.parametrize(
    ("generic", "specific", "trap"),
    [(0, 0, "1.3.6.1.6.3.1.1.5.1"), (3, 0, "1.3.6.1.6.3.1.1.5.4"), (6, 5, "1.3.6.1.4.1.318.0.5")],
)
def test_a_v1_trap_is_translated_as_in_rfc_3584(generic: int, specific: int, trap: str) -> None:
    found = read(v1_pdu(generic, specific))
    assert (found.trap, found.uptime_s, found.inform) == (trap, 12.34, False)
    assert found.varbinds == (("1.3.6.1.2.1.2.2.1.1.3", "3"),)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (pdu(0xA0), "neither a trap nor an inform"),
        (pdu(0xA7).replace(ber.oid(ON_BATTERY), b"\x04\x09no oid at"), "which trap it is"),
        (pdu(0xA7).replace(ber.oid(ON_BATTERY), b"\x06\x09" + b"\xff" * 9), "impossible object identifier"),
        (element(0xA7, ber.integer(7), ber.integer(5), ber.integer(0), element(0x30)), "reports an error"),
        (element(0xA7, ber.integer(7), ber.integer(0), ber.integer(0), element(0x30)), "which trap it is"),
    ],
)
def test_what_is_no_notification_is_refused(wrong: bytes, why: str) -> None:
    with pytest.raises(WireError, match=why):
        read(wrong)


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=8), st.integers(0, 200), st.booleans())
def test_mangled_bytes_are_refused_or_read(changes: list[tuple[int, int]], cut: int, old: bool) -> None:
    data = bytearray(v1_pdu(6, 5) if old else pdu(0xA6, varbind("1.3.6.1.4.1.8", b"\x40\x04\x0a\x00\x00\x01")))
    for at, byte in changes:
        data[at % len(data)] = byte
    try:
        read(bytes(data[: max(1, len(data) - cut)]))
    except WireError:
        return


def test_a_bucket_fills_as_time_goes_by() -> None:
    now_s = [0.0]
    bucket = Bucket(6, lambda: now_s[0])
    assert [bucket.take() for _ in range(7)] == [True] * 6 + [False]
    now_s[0] = 10.0
    assert [bucket.take() for _ in range(2)] == [True, False]
    now_s[0] = 1000.0
    assert bucket.full
    assert [bucket.take() for _ in range(7)] == [True] * 6 + [False]


class Receiving:
    """A receiver with its clock and journal in hand."""

    def __init__(self, where: Site, traps: Traps) -> None:
        self.events: list[Event] = []
        self.now_s = 0.0
        self.room = True
        where = where.model_copy(update={"traps": traps})
        self.receiver = TrapReceiver(where, traps, self._take, SetClock(), lambda: self.now_s)
        self.engine = self.receiver._engine
        self.receiver.take_senders(self.receiver._book.look_up())

    def _take(self, event: Event) -> bool:
        if self.room:
            self.events.append(event)
        return self.room

    def __call__(self, data: bytes, address: str = "127.0.0.1") -> bytes | None:
        return self.receiver.receive(bytearray(data), len(data), address)


@pytest.fixture
def devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    for name, value in {"COMMUNITY": "public", "AUTH": "authpass12", "PRIV": "privpass12", "OTHER": "fortraps"}.items():
        monkeypatch.setenv(name, value)
    plain = snmp_device("pdu-1", "apc_rpdu2", 161, "rack-1")
    secure = snmp_device("pdu-2", "apc_rpdu2", 161, "rack-2", v3=V3)
    secure["snmp"]["host"] = "127.0.0.2"
    return site(tmp_path, [plain, secure]).site


def receiving(devices: Site, **traps: object) -> Receiving:
    return Receiving(devices, Traps.model_validate(traps))


def test_a_trap_becomes_an_event(devices: Site) -> None:
    take = receiving(devices)
    assert take(in_community(pdu(0xA7, varbind("1.3.6.1.4.1.318.2.1", element(4, b"on battery"))))) is None
    event = take.events[0]
    assert (event.kind, event.subject, event.actor, event.time) == ("trap.enterprise", "pdu-1", "poller", SetClock().at)
    assert event.detail == {
        "trap": ON_BATTERY,
        "varbinds": "1.3.6.1.4.1.318.2.1 = on battery",
        "uptime_s": 12.34,
        "inform": False,
        "version": "v2c",
        "address": "127.0.0.1",
    }
    take(in_community(v1_pdu(2, 0), version=0))
    assert (take.events[1].kind, take.events[1].detail["version"]) == ("trap.link_down", "v1")


def test_an_event_is_of_bounded_length_and_without_control_characters(devices: Site) -> None:
    take = receiving(devices)
    long = [varbind(f"1.3.6.1.4.1.318.{n}", element(4, b"x" * 500)) for n in range(100)]
    take(in_community(pdu(0xA7, varbind("1.3.6.1.4.1.1", element(4, b"\x1b[2Jgone\n")), *long)))
    text = str(take.events[0].detail["varbinds"])
    assert len(text) == 1000
    assert text.isprintable()
    assert text.startswith("1.3.6.1.4.1.1 = 1b 5b 32 4a")


def test_an_inform_is_acknowledged_when_it_is_taken_and_once_only_an_event(devices: Site) -> None:
    take = receiving(devices)
    inform = in_community(pdu(0xA6))
    take.room = False
    assert take(inform) is None  # nobody could keep it: it will come again
    take.room = True
    assert take(inform) == in_community(pdu(0xA2))
    assert take(inform) == in_community(pdu(0xA2))  # the first answer was lost
    assert len(take.events) == 1
    assert take.events[0].detail["suppressed_before"] == 1


@pytest.mark.parametrize(
    ("data", "address"),
    [
        (in_community(pdu(0xA7)), "127.0.0.9"),  # no device of the site
        (in_community(pdu(0xA7), b"publik"), "127.0.0.1"),
        (in_community(pdu(0xA7)), "127.0.0.2"),  # the community of another device
        (in_community(pdu(0xA7), b"fortraps"), "127.0.0.1"),
        (in_community(pdu(0xA7), version=2), "127.0.0.1"),
        (in_community(pdu(0xA2)), "127.0.0.1"),
        (b"", "127.0.0.1"),
        (b"\x30\x82\xff\xff", "127.0.0.1"),
    ],
)
def test_strangers_and_nonsense_are_counted_and_dropped(devices: Site, data: bytes, address: str) -> None:
    take = receiving(devices)
    assert take(data, address) is None
    assert (take.events, take.receiver.dropped) == ([], 1)


def test_the_site_may_name_a_community_for_traps(devices: Site) -> None:
    take = receiving(devices, community="env:OTHER")
    take(in_community(pdu(0xA7), b"fortraps"), "127.0.0.2")
    take(in_community(pdu(0xA7), b"public"), "127.0.0.1")
    assert [event.subject for event in take.events] == ["pdu-2", "pdu-1"]


def test_a_flood_is_cut_off_said_once_and_counted(devices: Site) -> None:
    take = receiving(devices, per_device_per_min=10)
    with structlog.testing.capture_logs() as logs:
        for _ in range(5000):
            take(in_community(pdu(0xA7)))
    assert (len(take.events), [line["device"] for line in logs]) == (10, ["pdu-1"])
    take.now_s = 6.0
    take(in_community(pdu(0xA7)))
    assert take.events[-1].detail["suppressed_before"] == 4990


def test_strangers_are_said_once_a_minute(devices: Site) -> None:
    take = receiving(devices)
    with structlog.testing.capture_logs() as logs:
        for number in range(5000):
            take(b"noise", f"10.0.{number % 250}.{number // 250}")
        take.now_s = 60.0
        take(b"noise", "10.1.0.1")
    assert [(line["number"], line["last_from"]) for line in logs] == [(1, "10.0.0.0"), (5000, "10.1.0.1")]
    assert take.receiver.dropped == 5001


def test_many_devices_together_do_not_fill_the_journal(devices: Site) -> None:
    take = receiving(devices, community="env:OTHER", per_device_per_min=10, per_site_per_min=12)
    for address in ("127.0.0.1", "127.0.0.2"):
        for _ in range(20):
            take(in_community(pdu(0xA7), b"fortraps"), address)
    assert len(take.events) == 12


def facility_user(phrase: str = "authpass12", priv: str | None = "privpass12") -> UsmUser:
    master = master_key(priv, "SHA256") if priv else None
    return UsmUser(b"facility", "SHA256", master_key(phrase, "SHA256"), "AES128", master)


def signed(user: UsmUser, engine_id: bytes, inner: bytes, clock: tuple[int, int], flags: int | None = None) -> bytes:
    security = UsmSecurity(engine_id, user)
    return security.protect(security.scoped(inner), 77, security.level if flags is None else flags, *clock)


DEVICE_ENGINE = bytes.fromhex("80001F8880E9630000D61FF449")


def test_a_signed_trap_is_taken_once_its_clock_is_known(devices: Site) -> None:
    take = receiving(devices)
    user = facility_user()
    take(signed(user, DEVICE_ENGINE, pdu(0xA7), (3, 1000)), "127.0.0.2")
    take(signed(user, DEVICE_ENGINE, pdu(0xA7), (3, 800)), "127.0.0.2")  # replayed
    take(signed(user, DEVICE_ENGINE, pdu(0xA7), (2, 1000)), "127.0.0.2")
    take(signed(facility_user("wrongpass12"), DEVICE_ENGINE, pdu(0xA7), (3, 1000)), "127.0.0.2")
    take(signed(facility_user(priv=None), DEVICE_ENGINE, pdu(0xA7), (3, 1001)), "127.0.0.2")  # less protected
    take(signed(user, DEVICE_ENGINE, pdu(0xA7), (3, 1001)), "127.0.0.1")  # of another device
    assert [(event.subject, event.detail["version"]) for event in take.events] == [("pdu-2", "v3")]
    take.receiver.take_senders(take.receiver._book.look_up())  # names looked up again: the clock is still known
    take(signed(user, DEVICE_ENGINE, pdu(0xA7), (3, 800)), "127.0.0.2")
    assert (len(take.events), take.receiver.dropped) == (1, 6)


def reports(reply: bytes | None) -> str:
    assert reply is not None
    message = parse_message(reply)
    assert message.flags & (PRIV | REPORTABLE) == 0
    return {1: "time, signed", 0: "engine, unsigned"}[message.flags & AUTH]


def test_an_inform_needs_our_engine_and_our_clock(devices: Site) -> None:
    take = receiving(devices)
    user, ours = facility_user(), take.engine.id
    level = AUTH | PRIV | REPORTABLE
    assert reports(take(signed(user, b"", pdu(0xA6), (0, 0), REPORTABLE), "127.0.0.2")) == "engine, unsigned"
    assert reports(take(signed(user, ours, pdu(0xA6), (0, 0), level), "127.0.0.2")) == "time, signed"
    boots = take.engine._boots
    assert reports(take(signed(user, ours, pdu(0xA6), (boots, 151), level), "127.0.0.2")) == "time, signed"
    assert reports(take(signed(user, ours, pdu(0xA6), (boots - 1, 0), level), "127.0.0.2")) == "time, signed"
    assert take.events == []
    reply = take(signed(user, ours, pdu(0xA6), (boots, 0), level), "127.0.0.2")
    assert reply is not None
    message = parse_message(reply)
    buffer, start, end = UsmSecurity(ours, user).open(reply, message)
    UsmSecurity(ours, user).verify(reply, message)
    assert pdu(0xA2) in buffer[start:end]
    assert (message.id, [event.detail["inform"] for event in take.events]) == (77, [True])


@pytest.mark.parametrize("flags", [0, AUTH, REPORTABLE, AUTH | REPORTABLE, PRIV, PRIV | REPORTABLE])
def test_an_inform_less_protected_than_its_user_is_dropped(devices: Site, flags: int) -> None:
    take = receiving(devices)
    data = signed(facility_user(), take.engine.id, pdu(0xA6), (take.engine._boots, 0), flags)
    assert take(data, "127.0.0.2") is None
    assert (take.events, take.receiver.dropped) == ([], 1)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_mangled_inform_is_dropped(changes: list[tuple[int, int]]) -> None:
    engine = NotificationEngine("test", 1_700_000_000.0)
    sender = UsmSender(facility_user(), engine.id)
    whole = signed(facility_user(), engine.id, pdu(0xA6), (engine._boots, 0))
    data = bytearray(whole)
    for at, byte in changes:
        data[at % len(data)] = byte
    if bytes(data) == whole:
        return
    try:
        assert engine.receive(bytes(data), sender).notification is None
    except WireError:
        return


def test_a_later_start_has_more_boots_and_the_same_engine() -> None:
    first, second = (NotificationEngine("test", at_s) for at_s in (1_700_000_000.0, 1_700_000_001.0))
    assert first.id == second.id != NotificationEngine("other", 1_700_000_000.0).id
    assert second._boots == first._boots + 1
    with pytest.raises(DeviceError, match="clock of this machine"):
        NotificationEngine("test", 0.0)


def test_a_device_whose_secret_is_missing_is_left_out_and_the_others_are_taken(
    devices: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUTH")
    found: Mapping[str, object] = SenderBook(devices, NotificationEngine("test", 1_700_000_000.0)).look_up()
    assert set(found) == {"127.0.0.1"}


def test_an_ipv4_address_has_one_spelling() -> None:
    assert plain_address("::ffff:10.0.0.7") == plain_address("10.0.0.7") == "10.0.0.7"
    assert plain_address("fe80:0::1") == "fe80::1"
