"""Whatever a profile says of type, order, scale and unit: what is written to a libmodbus server is what is read from it."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.acquire.columns import Value
from facility.acquire.modbus.tcp_link import ModbusLink
from facility.acquire.writing.rules import WriteRules
from facility.profile import Limits, ProfilePoint
from facility.records import Quality
from facility.units import to_canonical
from tests.acquire.servers import libmodbus
from tests.acquire.values import modbus_client

_EXACT = (1 << 53) - 1  # beyond it a float cannot count
_LARGEST = {"int16": (1 << 15) - 1, "uint16": (1 << 16) - 1, "int32": (1 << 31) - 1, "uint32": (1 << 32) - 1,
            "int64": _EXACT, "uint64": _EXACT, "float32": 1e30, "float64": 1e100}  # fmt: skip
_WIDTH = {kind: 4 if "64" in kind else 2 if "32" in kind else 1 for kind in _LARGEST}
LAYOUTS: list[tuple[str, str, Any]] = [
    (kind, byte, word)
    for kind, width in _WIDTH.items()
    for byte in ("big", "little")
    for word in ("big", "little", *permutations(range(width)))
]


@pytest.fixture(scope="module")
def c_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with libmodbus(tmp_path_factory.mktemp("libmodbus")) as port:
        yield port


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


def there_and_back(loop: asyncio.Runner, port: int, point: ProfilePoint, value: float) -> tuple[Value, Value]:
    async def run() -> tuple[Value, Value]:
        whole = modbus_client(ModbusLink("127.0.0.1", port), 255, {"p": point}, Limits())
        try:
            return await whole.client.write("p", value), await whole.client.read_one("p")
        finally:
            await whole.close()

    return loop.run(run())


def made(layout: tuple[str, str, Any], **more: Any) -> ProfilePoint:
    kind, byte, word = layout
    where = {"table": "holding", "address": 6, "type": kind, "byte_order": byte, "word_order": word}
    return ProfilePoint.model_validate({**where, "range": (-1e200, 1e200), "writable": True, **more})


@settings(max_examples=200)
@given(
    layout=st.sampled_from(LAYOUTS),
    part=st.floats(-1, 1),
    scale=st.sampled_from([1.0, 0.1, 0.01, -0.5, 10.0]),
    offset=st.sampled_from([0.0, -40.0, 273.0]),
    unit=st.sampled_from(["degC", "degF", "%", "W", "m3/h"]),
)
def test_every_encoding_comes_back_as_it_was_written(
    *,
    c_server: int,
    loop: asyncio.Runner,
    layout: tuple[str, str, Any],
    part: float,
    scale: float,
    offset: float,
    unit: str,
) -> None:
    point = made(layout, scale=scale, offset=offset, unit=unit)
    raw = (abs(part) if layout[0].startswith("u") else part) * _LARGEST[layout[0]]
    value = to_canonical((raw if "float" in layout[0] else round(raw)) * scale + offset, unit)
    told, read = there_and_back(loop, c_server, point, value)
    assert told == read
    assert read.quality is Quality.GOOD
    assert read.value == pytest.approx(value, rel=2e-7 if layout[0] == "float32" else 1e-12, abs=1e-9)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_keeps_every_byte(c_server: int, loop: asyncio.Runner, layout: tuple[str, str, Any]) -> None:
    """A number whose bytes all differ; for the floats, one that their bits hold exactly."""
    number = {"16": 0x0123, "32": 0x01234567, "64": 0x0123456789ABCD}[layout[0][-2:]]
    value = struct.unpack(">f", struct.pack(">I", 0x41234567))[0] if layout[0] == "float32" else float(number)
    told, _ = there_and_back(loop, c_server, made(layout, unit="kW"), value)
    assert told.value == value


@given(value=st.floats(-300, 300))
def test_between_two_steps_the_device_holds_the_nearest(c_server: int, loop: asyncio.Runner, value: float) -> None:
    rules = WriteRules("p", "degC", -300, 300, None, 0.0, 1.0, 24, "", resolution=0.1)
    told, _ = there_and_back(loop, c_server, made(("int16", "big", "big"), unit="degC", scale=0.1), value)
    assert rules.alike(told.value, value)
    assert not rules.alike(told.value, value + 0.1) or abs(told.value - value) > 0.049
