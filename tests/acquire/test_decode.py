from __future__ import annotations

import itertools
import math
import struct
from typing import Any, Literal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from facility.acquire.encode import encode_number, encode_registers
from facility.errors import WriteRefusedError
from facility.profile import NumberType, ProfilePoint
from facility.records import Quality
from tests.acquire.values import is_about, of_registers, of_varbinds

ORDERS: list[Literal["big", "little"]] = ["big", "little"]
INTEGERS: dict[NumberType, tuple[int, int]] = {
    "int16": (-(2**15), 2**15 - 1),
    "uint16": (0, 2**16 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "int64": (-(2**53), 2**53),  # beyond, a float is not exact
    "uint64": (0, 2**53),
}


def point(kind: NumberType, **more: Any) -> ProfilePoint:
    where: dict[str, Any] = {"oid": "1.3.6.1"} if kind == "integer" else {"table": "holding", "address": 0}
    given_: dict[str, Any] = {"unit": "kW", "range": (-1e300, 1e300)}
    return ProfilePoint(type=kind, **{**where, **given_, **more})


# 12.500000953674316 is 0x41480001, four different bytes: A B C D.
@pytest.mark.parametrize(
    ("byte_order", "word_order", "wire"),
    [
        ("big", "big", "41 48 00 01"),  # ABCD
        ("big", "little", "00 01 41 48"),  # CDAB
        ("little", "big", "48 41 01 00"),  # BADC
        ("little", "little", "01 00 48 41"),  # DCBA
    ],
)
def test_orders_of_a_float_as_vendors_name_them(
    byte_order: Literal["big", "little"], word_order: Literal["big", "little"], wire: str
) -> None:
    registers = struct.unpack(">2H", bytes.fromhex(wire))
    spec = point("float32", byte_order=byte_order, word_order=word_order)
    assert of_registers(spec, registers) == (12.500000953674316, Quality.GOOD)


@pytest.mark.parametrize(
    ("kind", "wire", "value"),
    [
        ("int16", "FF85", -123),
        ("uint16", "FF85", 65413),
        ("int32", "FFFF FF85", -123),
        ("uint32", "0012 D687", 1_234_567),
        ("int64", "FFFF FFFF FFFF FF85", -123),
        ("uint64", "0000 0001 0000 0000", 4_294_967_296),
        ("float64", "4059 0000 0000 0000", 100.0),
    ],
)
def test_each_type_from_bytes_typed_by_hand(kind: NumberType, wire: str, value: float) -> None:
    registers = struct.unpack(f">{len(wire.split())}H", bytes.fromhex(wire))
    assert of_registers(point(kind), registers) == (value, Quality.GOOD)


@pytest.mark.parametrize(("kind", "byte_order", "word_order"), list(itertools.product(INTEGERS, ORDERS, ORDERS)))
@given(data=st.data())
def test_what_is_written_is_read_back_integers(
    kind: NumberType, byte_order: Literal["big", "little"], word_order: Literal["big", "little"], data: st.DataObject
) -> None:
    scale = data.draw(st.sampled_from([1.0, 0.1, 0.01, 10.0, 0.5, -1.0]))
    spec = point(kind, byte_order=byte_order, word_order=word_order, scale=scale)
    raw = data.draw(st.integers(*INTEGERS[kind]))
    registers = encode_registers(spec, raw * scale)
    assert len(registers) == spec.width
    assert is_about(of_registers(spec, registers), raw * scale, Quality.GOOD)


@pytest.mark.parametrize(
    ("kind", "byte_order", "word_order"), list(itertools.product(("float32", "float64"), ORDERS, ORDERS))
)
@given(value=st.floats(-1e6, 1e6, width=32))
def test_what_is_written_is_read_back_floats(
    kind: NumberType, byte_order: Literal["big", "little"], word_order: Literal["big", "little"], value: float
) -> None:
    spec = point(kind, byte_order=byte_order, word_order=word_order)
    assert of_registers(spec, encode_registers(spec, value)) == (value, Quality.GOOD)


@pytest.mark.parametrize("unit", ["W", "MW", "kW"])
@given(value=st.floats(0, 60_000))
def test_what_is_written_is_read_back_in_other_units(unit: str, value: float) -> None:
    spec = point("int32", unit=unit, scale=0.1)
    step = {"W": 1e-4, "kW": 0.1, "MW": 100.0}[unit]
    assert of_registers(spec, encode_registers(spec, value)).value == pytest.approx(value, abs=step / 2 + 1e-9)


def test_a_setpoint_of_61_5_with_a_scale_can_be_written() -> None:
    assert encode_registers(point("uint16", unit="%", scale=0.1, invalid=(65535,)), 0.615) == (615,)


@given(st.integers(-(2**31), 2**31 - 1))
def test_what_is_set_is_read_back(raw: int) -> None:
    spec = point("integer", scale=0.1)
    assert of_varbinds(spec, [encode_number(spec, raw * 0.1)]).value == pytest.approx(raw * 0.1, rel=1e-12)


def test_a_coil_is_written_whole_and_a_bit_of_a_register_is_not() -> None:
    coil = ProfilePoint(type="bit", table="coil", address=3, unit="enum", range=(0, 1))
    assert [of_registers(coil, encode_registers(coil, value)).value for value in (0, 1)] == [0, 1]
    with pytest.raises(WriteRefusedError, match="a bit of a register"):
        encode_registers(point("bit", bit=5, unit="enum"), 1)
    with pytest.raises(WriteRefusedError, match="not 0 or 1"):
        encode_registers(coil, 2)


def test_bits_of_a_register() -> None:
    found = [of_registers(point("bit", bit=bit, unit="enum"), [0b1000_0000_0010_0000]).value for bit in range(16)]
    assert [bit for bit, value in enumerate(found) if value] == [5, 15]


@pytest.mark.parametrize(("bit", "bits", "value"), [(0, 4, 0b1101), (4, 3, 0b010), (7, 9, 0b1_0101_0101)])
def test_a_field_of_bits(bit: int, bits: int, value: int) -> None:
    register = 0b1010_1010_1010_1101
    assert of_registers(point("bits", bit=bit, bits=bits, unit="enum"), [register]) == (value, Quality.GOOD)
    swapped = int.from_bytes(register.to_bytes(2, "big"), "little")
    spec = point("bits", bit=bit, bits=bits, unit="enum", byte_order="little")
    assert of_registers(spec, [swapped]) == (value, Quality.GOOD)


def test_any_order_of_the_words_of_64_bits() -> None:
    spec = point("uint64", word_order=(1, 0, 3, 2))  # as two 32-bit halves, each with its words swapped
    assert of_registers(spec, [2, 1, 4, 3]) == (0x0001_0002_0003_0004, Quality.GOOD)
    for order in itertools.permutations(range(4)):
        spec = point("int64", word_order=order)
        assert of_registers(spec, encode_registers(spec, -123_456_789_012)).value == -123_456_789_012


@pytest.mark.parametrize(("text", "value"), [(b"21.5", 21.5), (b" -3 \0", -3.0), (b"1e2 ", 100.0)])
def test_a_number_written_out(text: bytes, value: float) -> None:
    words = -(-len(text) // 2)
    registers = struct.unpack(f">{words}H", text.ljust(2 * words, b"\0"))
    assert of_registers(point("string", words=words), registers) == (value, Quality.GOOD)
    assert of_varbinds(point("string", oid="1.3.6.1", table=None, address=None), [text]) == (value, Quality.GOOD)


@pytest.mark.parametrize("text", [b"", b"off", b"1,5", b"\xff\xfe", b"nan", b"9" * 41, b"1_0_0x"])
def test_a_text_that_is_no_number_is_bad(text: bytes) -> None:
    assert of_varbinds(point("string", oid="1.3.6.1", table=None, address=None), [text]).quality is Quality.BAD


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e9, -1e9, 6553.5])
def test_values_that_cannot_be_written_are_refused(value: float) -> None:
    with pytest.raises(WriteRefusedError):
        encode_registers(point("uint16", scale=0.1, invalid=(65535,)), value)


def test_a_float_too_large_for_32_bits_is_refused() -> None:
    with pytest.raises(WriteRefusedError, match="does not fit float32"):
        encode_registers(point("float32"), 1e39)


def test_a_sum_cannot_be_written() -> None:
    with pytest.raises(WriteRefusedError, match="a sum"):
        encode_number(point("integer", plus_oids=("1.3.7",)), 1)


@pytest.mark.parametrize(
    ("kind", "registers", "invalid"),
    [
        ("float32", [0x7FC0, 0], ()),  # NaN
        ("float32", [0x7F80, 0], ()),  # infinity
        ("float32", [0xFF80, 0], ()),
        ("float64", [0x7FF8, 0, 0, 0], ()),
        ("float32", [0x501502F9 >> 16, 0x501502F9 & 0xFFFF], (1e10,)),  # the sentinel as a float of 32 bits
        ("int16", [0x8000], (-32768,)),
        ("uint16", [0xFFFF], (65535,)),
        ("uint32", [0xFFFF, 0xFFFF], (4294967295,)),
    ],
)
def test_what_is_no_value_is_bad(kind: NumberType, registers: list[int], invalid: tuple[float, ...]) -> None:
    value, quality = of_registers(point(kind, invalid=invalid), registers)
    assert math.isnan(value)
    assert quality is Quality.BAD


def test_limits_are_inclusive_in_spite_of_rounding() -> None:
    spec = point("uint16", unit="%", scale=0.1, range=(0, 1.1))
    assert of_registers(spec, [1100]).quality is Quality.GOOD  # 110.00000000000001 %
    assert of_registers(spec, [1101]).quality is Quality.OUT_OF_RANGE


@given(
    st.sampled_from([*INTEGERS, "float32", "float64"]),
    st.lists(st.integers(0, 0xFFFF), min_size=4, max_size=4),
    st.sampled_from(ORDERS),
    st.sampled_from(ORDERS),
)
def test_no_registers_raise(kind: NumberType, registers: list[int], byte_order: Any, word_order: Any) -> None:
    spec = point(kind, byte_order=byte_order, word_order=word_order)
    value, quality = of_registers(spec, registers[: spec.width])
    assert quality in (Quality.GOOD, Quality.BAD)
    assert math.isnan(value) == (quality is Quality.BAD)


@given(st.lists(st.one_of(st.integers(), st.binary(max_size=4), st.none()), min_size=1, max_size=3))
def test_varbinds_are_added_or_bad(values: list[int | bytes | None]) -> None:
    assume(all(not isinstance(value, int) or abs(value) < 2**80 for value in values))
    more = tuple(f"1.3.6.{number}" for number in range(2, len(values) + 1))
    decoded = of_varbinds(point("integer", invalid=(-1,), plus_oids=more), values)
    if values[0] is None or any(isinstance(value, bytes) or value == -1 for value in values):
        assert decoded.quality is Quality.BAD
    else:
        whole = sum(value for value in values if isinstance(value, int))
        assert decoded.value == pytest.approx(whole, rel=1e-12)
