"""Messages apart from any socket: golden bytes, keys from the RFCs and from pysnmp, and a decoder that nothing makes stumble."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.type.univ import OctetString
from pysnmp.entity.engine import SnmpEngine
from pysnmp.proto.secmod.eso.priv.aes256 import AesBlumenthal256
from pysnmp.proto.secmod.rfc3414 import localkey
from pysnmp.proto.secmod.rfc3414.auth.hmacsha import HmacSha

from facility.acquire.snmp import ber
from facility.acquire.snmp.ber import WireError
from facility.acquire.snmp.community import CommunitySession
from facility.acquire.snmp.pdu import FIRST_ID, LAST_ID, Pdu, decode_pdu, error_name, get, set_number
from facility.acquire.snmp.usm_ciphers import priv_cipher
from facility.acquire.snmp.usm_engine import UsmEngine
from facility.acquire.snmp.usm_keys import AuthProtocol, PrivProtocol, UsmUser, localised, master_key
from facility.acquire.snmp.v3 import UsmSession
from facility.errors import SecretError
from tests.acquire.ber_by_hand import Question, element

POWER = "1.3.6.1.4.1.318.1.1.26.4.3.1.5.1"
ENGINE = bytes.fromhex("80001F8880E9630000D61FF449")


def test_a_get_is_these_bytes() -> None:
    power = "06 0F 2B 06 01 04 01 82 3E 01 01 1A 04 03 01 05 01"
    assert get([POWER]).encode(0x01020304) == bytes.fromhex(
        f"A0 23  02 04 01 02 03 04  02 01 00  02 01 00  30 15  30 13  {power} 05 00"
    )


def test_a_set_is_these_bytes() -> None:
    assert set_number("1.3.6.1.4", -2).encode(0x01020304) == bytes.fromhex(
        "A3 19  02 04 01 02 03 04  02 01 00  02 01 00  30 0B  30 09  06 04 2B 06 01 04  02 01 FE"
    )


@given(st.integers(FIRST_ID, LAST_ID), st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=8))
def test_a_patched_id_is_the_only_difference(request_id: int, arcs: list[int]) -> None:
    request = get(["1.3." + ".".join(map(str, arcs))])
    wire = request.encode(request_id)
    pdu = decode_pdu(wire, 0, len(wire))
    assert (pdu.tag, pdu.request_id, pdu.names, pdu.values) == (0xA0, request_id, request.names, [None])


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_come_back_in_as_few_bytes_as_possible(value: int) -> None:
    wire = ber.integer(value)
    assert ber.read_integer(wire, 0, len(wire)) == (value, len(wire))
    assert len(wire) == 3 or wire[2:4] not in {bytes([0, low]) for low in range(128)} | {
        bytes([255, high]) for high in range(128, 256)
    }


@pytest.mark.parametrize(
    ("wire", "value"),
    [
        ("41 01 2A", 42),  # Counter32
        ("42 05 00 FF FF FF FF", 2**32 - 1),  # Gauge32 as it should be
        ("42 04 FF FF FF FF", 2**32 - 1),  # and as careless agents send it
        ("43 02 01 00", 256),  # TimeTicks
        ("46 09 00 FF FF FF FF FF FF FF FF", 2**64 - 1),  # Counter64
        ("02 01 FF", -1),
        ("04 03 61 62 63", b"abc"),
        ("44 07 9F 78 04 41 48 00 00", b"\x9f\x78\x04\x41\x48\x00\x00"),  # Opaque
        ("80 00", None),
        ("81 00", None),
        ("82 00", None),
        ("05 00", None),
    ],
)
def test_each_kind_of_value(wire: str, value: int | bytes | None) -> None:
    data = bytes.fromhex(wire)
    assert ber.read_value(data, 0, len(data)) == (value, len(data))


@pytest.mark.parametrize(
    "wire",
    [
        "02",
        "02 00",
        "02 02 01",
        "02 80 01",
        "02 85 00 00 00 00 01",
        "02 84 FF FF FF FF 01",
        "1F 01 00",
        "46 0A" + "00" * 10,
    ],
)
def test_nonsense_is_refused_by_name(wire: str) -> None:
    data = bytes.fromhex(wire)
    with pytest.raises(WireError):
        ber.read_value(data, 0, len(data))


REQUEST = get([POWER, "1.3.6.1.2.1.33.1.2.4.0"])


def good_answer() -> bytes:
    question = Question(ber.tlv(0x30, ber.integer(1) + ber.tlv(4, b"public") + REQUEST.encode(FIRST_ID)))
    return question.answer({question.names[0]: b"\x02\x02\x02\xde", question.names[1]: b"\x02\x01\x64"})


def test_an_answer_written_by_hand_is_understood() -> None:
    pdu = CommunitySession("public").decode(good_answer(), FIRST_ID, REQUEST)
    assert pdu.values == [734, 100]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"community": b"publik"}, "another community"),
        ({"request_id": b"\x01\x00\x00\x01"}, "another request"),
        ({"tag": 0xA0}, "not a response"),
    ],
)
def test_answers_to_others_are_refused(change: dict[str, object], why: str) -> None:
    question = Question(ber.tlv(0x30, ber.integer(1) + ber.tlv(4, b"public") + REQUEST.encode(FIRST_ID)))
    with pytest.raises(WireError, match=why):
        CommunitySession("public").decode(question.answer({}, **change), FIRST_ID, REQUEST)  # type: ignore[arg-type]


def test_other_instances_than_asked_for_are_refused() -> None:
    with pytest.raises(WireError, match="other instances"):
        CommunitySession("public").decode(good_answer(), FIRST_ID, get([POWER, "1.3.6.1.2.1.33.1.2.3.0"]))


def test_version_1_is_refused() -> None:
    with pytest.raises(WireError, match="version 0"):
        CommunitySession("public").decode(good_answer().replace(b"\x02\x01\x01", b"\x02\x01\x00", 1), FIRST_ID, REQUEST)


def decoded_or_refused(data: bytes) -> Pdu | None:
    try:
        return CommunitySession("public").decode(data, FIRST_ID, REQUEST)
    except WireError:
        return None


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(data: bytes) -> None:
    assert decoded_or_refused(data) is None


def test_every_truncation_is_refused() -> None:
    answer = good_answer()
    assert all(decoded_or_refused(answer[:length]) is None for length in range(len(answer)))


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), min_size=1, max_size=6))
def test_flipped_bytes_never_raise_anything_else(changes: list[tuple[int, int]]) -> None:
    data = bytearray(good_answer())
    for at, byte in changes:
        data[at % len(data)] = byte
    decoded_or_refused(bytes(data))


def test_an_error_has_its_name() -> None:
    assert [error_name(status) for status in (1, 5, 16, 99)] == ["tooBig", "genErr", "authorizationError", "error 99"]


# RFC 3414 A.3.2: "maplesyrup" at engine 00 00 00 00 00 00 00 00 00 00 00 02, SHA-1
def test_keys_as_in_the_rfc() -> None:
    master = master_key("maplesyrup", "SHA1")
    assert master.hex() == "9fb5cc0381497b3793528939ff788d5d79145211"
    assert localised(master, bytes.fromhex("000000000000000000000002"), "SHA1").hex() == (
        "6695febc9288e36282235fc7151f128497b38f3f"
    )


def test_a_short_pass_phrase_is_refused() -> None:
    with pytest.raises(SecretError, match="at least 8 characters"):
        master_key("short", "SHA256")


def user(auth: AuthProtocol, priv: PrivProtocol | None, auth_phrase: str = "authpass12") -> UsmUser:
    return UsmUser(
        b"facility",
        auth,
        master_key(auth_phrase, auth),
        priv or "AES128",
        master_key("privpass12", auth) if priv else None,
    )


def test_keys_are_those_that_pysnmp_makes() -> None:
    assert SnmpEngine  # pysnmp's privacy modules import each other in a circle; this is the way in
    hashed = localkey.hash_passphrase_sha("privpass12")
    theirs = AesBlumenthal256().localize_key(HmacSha.SERVICE_ID, hashed, OctetString(ENGINE))
    assert user("SHA1", "AES256").priv_key(ENGINE) == bytes(theirs)
    assert user("SHA1", "AES128").priv_key(ENGINE) == bytes(theirs)[:16]


AUTH: list[AuthProtocol] = ["SHA1", "SHA224", "SHA256", "SHA384", "SHA512"]
PRIV: list[PrivProtocol | None] = [None, "AES128", "AES256"]


def engines(auth: AuthProtocol, priv: PrivProtocol | None, phrase: str = "authpass12") -> tuple[UsmSession, UsmEngine]:
    return UsmSession(user(auth, priv, phrase), lambda: 0.0), UsmEngine(ENGINE, user(auth, priv, phrase), lambda: 0.0)


def sealed_answer(auth: AuthProtocol, priv: PrivProtocol | None, boots: int = 3, time_s: int = 1000) -> bytes:
    """What an agent with the right keys answers: our own message with its PDU tag turned into a response's."""
    session, engine = engines(auth, priv)
    engine.take_time(boots, time_s)
    answering = get([POWER])
    answering._head = b"\xa2" + answering._head[1:]
    return session.encode(engine, answering, FIRST_ID)


@pytest.mark.parametrize(("auth", "priv"), list(itertools.product(AUTH, PRIV)))
def test_a_signed_answer_is_accepted(auth: AuthProtocol, priv: PrivProtocol | None) -> None:
    session, engine = engines(auth, priv)
    answer = sealed_answer(auth, priv)
    assert session.decode(engine, answer, FIRST_ID, get([POWER])).values == [None]
    assert (engine.boots, engine.time_s) == (3, 1000)


def test_every_byte_of_an_answer_is_protected() -> None:
    answer = sealed_answer("SHA256", "AES128")
    for at in range(len(answer)):
        session, engine = engines("SHA256", "AES128")
        with pytest.raises(WireError):
            session.decode(engine, answer[:at] + bytes([answer[at] ^ 0x40]) + answer[at + 1 :], FIRST_ID, get([POWER]))


def test_another_key_is_not_accepted() -> None:
    session, engine = engines("SHA256", "AES128", "otherpass12")
    with pytest.raises(WireError, match="signature is wrong"):
        session.decode(engine, sealed_answer("SHA256", "AES128"), FIRST_ID, get([POWER]))


def test_a_replay_outside_the_window_is_refused() -> None:
    session, engine = engines("SHA256", "AES128")
    engine.take_time(3, 2000)
    with pytest.raises(WireError, match="time window"):
        session.decode(engine, sealed_answer("SHA256", "AES128", time_s=1849), FIRST_ID, get([POWER]))
    assert session.decode(engine, sealed_answer("SHA256", "AES128", time_s=1851), FIRST_ID, get([POWER]))
    with pytest.raises(WireError, match="time window"):
        session.decode(engine, sealed_answer("SHA256", "AES128", boots=2, time_s=9000), FIRST_ID, get([POWER]))


def test_an_answer_less_protected_than_the_request_is_refused() -> None:
    session, engine = engines("SHA256", "AES128")
    with pytest.raises(WireError, match="in the clear"):
        session.decode(engine, sealed_answer("SHA256", None), FIRST_ID, get([POWER]))


def unsigned(tag: int, name: str) -> bytes:
    pdu = element(tag, b"\x02\x04\x01\x00\x00\x00", b"\x02\x01\x00", b"\x02\x01\x00",
                  element(0x30, element(0x30, ber.oid(name), b"\x41\x01\x07")))  # fmt: skip
    scoped = element(0x30, element(4, ENGINE), element(4), pdu)
    security = element(
        0x30, element(4, ENGINE), b"\x02\x01\x03", b"\x02\x02\x03\xe8", element(4), element(4), element(4)
    )
    header = element(0x30, b"\x02\x04\x01\x00\x00\x00", b"\x02\x03\x00\xff\xe3", b"\x04\x01\x00", b"\x02\x01\x03")
    return element(0x30, b"\x02\x01\x03", header, element(4, security), scoped)


def test_an_unsigned_answer_is_never_data() -> None:
    session, engine = engines("SHA256", "AES128")
    with pytest.raises(WireError, match="not signed"):
        session.decode(engine, unsigned(0xA2, POWER), FIRST_ID, get([POWER]))


def test_an_unsigned_report_is_a_report_and_does_not_set_the_clock() -> None:
    session, engine = engines("SHA256", "AES128")
    report = session.decode(engine, unsigned(0xA8, "1.3.6.1.6.3.15.1.1.5.0"), FIRST_ID, get([POWER]))
    assert report.tag == 0xA8
    assert not engine.synchronised
    with pytest.raises(WireError, match="about time that is not signed"):
        session.decode(engine, unsigned(0xA8, "1.3.6.1.6.3.15.1.1.2.0"), FIRST_ID, get([POWER]))


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, 300))
def test_mangled_v3_messages_are_refused(changes: list[tuple[int, int]], cut: int) -> None:
    session, engine = engines("SHA256", "AES128")
    answer = sealed_answer("SHA256", "AES128")
    data = bytearray(answer[: max(1, len(answer) - cut)] if cut % 3 == 0 else answer)
    for at, byte in changes:
        data[at % len(data)] = byte
    if bytes(data) == answer:
        return
    with pytest.raises(WireError):
        session.decode(engine, bytes(data), FIRST_ID, get([POWER]))


def test_a_salt_is_never_used_twice() -> None:
    for protocol in ("DES", "AES128"):
        cipher = priv_cipher(protocol, bytes(16))
        assert len({cipher.encrypt(b"x", 1, 1)[0] for _ in range(1000)}) == 1000


def unsigned_answer(name: bytes) -> bytes:
    """What an agent answers a user without authentication."""
    answering = get([POWER])
    answering._head = b"\xa2" + answering._head[1:]
    engine = UsmEngine(ENGINE, UsmUser(name), lambda: 0.0)
    return UsmSession(UsmUser(name), lambda: 0.0).encode(engine, answering, FIRST_ID)


def test_a_user_without_authentication_believes_its_own_name_and_engine_only() -> None:
    session = UsmSession(UsmUser(b"open"), lambda: 0.0)
    ours = UsmEngine(ENGINE, UsmUser(b"open"), lambda: 0.0)
    assert session.decode(ours, unsigned_answer(b"open"), FIRST_ID, get([POWER])).values == [None]
    with pytest.raises(WireError, match="another engine or user"):
        session.decode(ours, unsigned_answer(b"other"), FIRST_ID, get([POWER]))
    with pytest.raises(WireError, match="another engine or user"):
        session.decode(
            UsmEngine(ENGINE[::-1], UsmUser(b"open"), lambda: 0.0),
            unsigned_answer(b"open"),
            FIRST_ID,
            get([POWER]),
        )


def test_a_user_without_keys_refuses_what_is_signed_or_sealed() -> None:
    facility = UsmUser(b"facility")
    session, engine = UsmSession(facility, lambda: 0.0), UsmEngine(ENGINE, facility, lambda: 0.0)
    with pytest.raises(WireError, match="no authentication key"):
        session.decode(engine, sealed_answer("SHA256", None), FIRST_ID, get([POWER]))
    with pytest.raises(WireError, match="no privacy key"):
        session.decode(engines("SHA256", None)[1], sealed_answer("SHA256", "AES128"), FIRST_ID, get([POWER]))


@pytest.mark.parametrize(("boots", "time_s"), [(2**31, 5), (5, 2**31), (5, -1), (-1, 5), (2**40, 2**40)])
def test_an_impossible_clock_is_refused_before_anything_is_computed_with_it(boots: int, time_s: int) -> None:
    session, engine = engines("SHA256", "AES128")
    security = element(0x30, element(4, ENGINE), ber.integer(boots), ber.integer(time_s), element(4, b"facility"),
                       element(4, bytes(24)), element(4, bytes(8)))  # fmt: skip
    header = element(0x30, b"\x02\x04\x01\x00\x00\x00", b"\x02\x03\x00\xff\xe3", b"\x04\x01\x03", b"\x02\x01\x03")
    wire = element(0x30, b"\x02\x01\x03", header, element(4, security), element(4, bytes(32)))
    with pytest.raises(WireError, match="impossible engine boots or time"):
        session.decode(engine, wire, FIRST_ID, get([POWER]))
