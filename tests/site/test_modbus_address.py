"""Where a Modbus unit is: behind a TCP server, or on a serial port."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from facility.site import ModbusAddress


@pytest.mark.parametrize(
    "address",
    [
        {"host": "10.0.0.7"},
        {"host": "gateway", "port": 1502, "framing": "rtu", "unit_id": 247},
        {"host": "10.0.0.7", "unit_id": 255},
        {"serial": "/dev/ttyUSB0"},
        {"serial": "/dev/serial/by-id/usb-FTDI-if00", "baud": 9600, "parity": "none", "stop_bits": 2, "unit_id": 3},
    ],
)
def test_addresses(address: dict[str, object]) -> None:
    found = ModbusAddress.model_validate(address)
    assert found.model_dump(include=set(address)) == address


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ({}, "give either host .* or serial"),
        ({"host": "a", "serial": "/dev/ttyS0"}, "give either host .* or serial"),
        ({"host": "a", "parity": "odd", "baud": 9600}, "baud, parity: only with serial"),
        ({"serial": "/dev/ttyS0", "framing": "rtu", "port": 1502}, "port, framing: only with host"),
        ({"serial": "ttyS0"}, "serial"),
        ({"serial": "/dev/tty S0"}, "serial"),
        ({"serial": "/dev/ttyS0", "unit_id": 0}, "unit_id is from 1 to 247; 0 is for broadcasts"),
        ({"host": "a", "framing": "rtu", "unit_id": 248}, "unit_id is from 1 to 247"),
        ({"serial": "/dev/ttyS0", "baud": 19200.0}, "baud"),
        ({"serial": "/dev/ttyS0", "baud": 110}, "baud"),
        ({"serial": "/dev/ttyS0", "stop_bits": 3}, "stop_bits"),
        ({"serial": "/dev/ttyS0", "parity": "E"}, "parity"),
        ({"host": "a", "framing": "ascii"}, "framing"),
    ],
)
def test_addresses_that_contradict_themselves_are_refused(address: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        ModbusAddress.model_validate(address)
