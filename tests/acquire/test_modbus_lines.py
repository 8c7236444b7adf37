"""Which devices share a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from facility.acquire.factory import ClientFactory
from facility.acquire.modbus.rtu_link import RtuLink
from facility.acquire.modbus.tcp_link import ModbusLink
from facility.errors import ConfigurationError
from facility.site import ModbusAddress
from tests.acquire.sites import site


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
    ("one", "other", "said"),
    [
        ({"serial": "/dev/ttyS0", "baud": 9600}, {"serial": "/dev/ttyS0"}, "baud: 19200 here, but 9600 for c-1"),
        ({"host": "gateway", "framing": "rtu"}, {"host": "gateway"}, "framing: tcp here, but rtu for c-1"),
    ],
)
def test_devices_that_disagree_about_their_line_are_refused(
    tmp_path: Path, one: dict[str, object], other: dict[str, object], said: str
) -> None:
    devices = [
        {
            "id": f"c-{number}",
            "profile": "bms_crah",
            "modbus": {**address, "unit_id": number},
            "equipment": f"crah-{number}",
        }
        for number, address in enumerate((one, other), start=1)
    ]
    with pytest.raises(ConfigurationError, match=rf"site.yaml:\d+: devices.1.modbus.{said} on the same line"):
        site(tmp_path, devices)


def test_a_line_whose_speed_is_changed_in_the_site_file_is_another(tmp_path: Path) -> None:
    factory = ClientFactory()
    slow, fast = (ModbusAddress(serial="/dev/ttyS0", baud=baud) for baud in (9600, 19200))
    assert factory._link(slow) is not factory._link(fast)
