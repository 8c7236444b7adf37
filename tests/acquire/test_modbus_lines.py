"""Which devices share a line."""

from __future__ import annotations

import pytest

from facility.acquire.factory import ClientFactory
from facility.acquire.modbus_link import ModbusLink
from facility.acquire.modbus_rtu_link import RtuLink
from facility.errors import ConfigurationError
from facility.site import ModbusAddress


def test_units_of_a_line_share_it_and_lines_are_of_their_kind() -> None:
    factory = ClientFactory()

    def line(**address: object) -> object:
        return factory._link(ModbusAddress.model_validate(address))

    gateway = line(host="gateway", unit_id=1)
    port = line(serial="/dev/ttyS0", unit_id=1)
    through = line(host="gateway", port=4001, framing="rtu")
    assert isinstance(gateway, ModbusLink)
    assert isinstance(port, RtuLink)
    assert isinstance(through, RtuLink)
    assert line(host="gateway", port=502, unit_id=2) is gateway
    assert line(serial="/dev/ttyS0", baud=19200, unit_id=2) is port
    assert line(serial="/dev/ttyS1") is not port


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"serial": "/dev/ttyS0", "baud": 9600}, {"serial": "/dev/ttyS0"}),
        ({"host": "gateway", "framing": "rtu"}, {"host": "gateway"}),
    ],
)
def test_devices_that_disagree_about_their_line_are_refused(one: dict[str, object], other: dict[str, object]) -> None:
    factory = ClientFactory()
    factory._link(ModbusAddress.model_validate(one))
    with pytest.raises(ConfigurationError, match="its devices disagree about framing, baud, parity or stop_bits"):
        factory._link(ModbusAddress.model_validate(other))
