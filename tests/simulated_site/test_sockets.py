"""The simulated devices over real sockets, spoken to by other people's clients: pymodbus and net-snmp."""

from __future__ import annotations

import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator

import pytest
from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException

from tests.simulated_site.served import Served, eventually, served

POWER = "1.3.6.1.4.1.318.1.1.26.4.3.1.5.1"
UPS_POWER = "1.3.6.1.2.1.33.1.4.4.1.4.1"

needs_net_snmp = pytest.mark.skipif(
    shutil.which("snmpget") is None, reason="net-snmp absent: tools/install_system_packages installs it"
)


@pytest.fixture(scope="module")
def site_served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served site"), "--speed", "60") as one:
        yield one


@pytest.fixture
def healthy(site_served: Served) -> Iterator[Served]:
    yield site_served
    site_served.break_device("nobody", "none")


def modbus(site: Served, device: str) -> ModbusTcpClient:
    return ModbusTcpClient("127.0.0.1", port=site.port(device), timeout=0.7, retries=0)


def snmp(site: Served, tool: str, *arguments: str, device: str = "pdu-a01") -> str:
    login = ["-v2c", "-c", site.secret("community"), "-t", "1", "-r", "0", "-On"]
    command = [tool, *login, f"127.0.0.1:{site.port(device)}", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return run.stdout or run.stderr  # never both: a tool's first run says beside its answer what folders it made


def snmp_v3(site: Served, tool: str, *arguments: str, auth: str | None = None, priv: str | None = None) -> str:
    keys = ["-A", auth or site.secret("ups_auth_key"), "-X", priv or site.secret("ups_priv_key")]
    login = [
        "-v3",
        "-l",
        "authPriv",
        "-u",
        "facility",
        "-a",
        "SHA-256",
        "-x",
        "AES",
        *keys,
        "-t",
        "2",
        "-r",
        "0",
        "-On",
    ]
    command = [tool, *login, f"127.0.0.1:{site.port('ups-card')}", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return run.stdout or run.stderr


@needs_net_snmp
def test_v2c_get_walk_and_bulk(healthy: Served) -> None:
    power = int(snmp(healthy, "snmpget", "-Oqv", POWER))
    assert 300 < power < 1200  # hundredths of a kW of an air-cooled rack
    walked = snmp(healthy, "snmpwalk", "1.3.6.1.4.1.318").splitlines()
    assert len(walked) == 15  # the model, 13 values, and the end of the MIB
    bulk = snmp(healthy, "snmpbulkwalk", "-Cr7", "1.3.6.1.4.1.318").splitlines()
    assert [line.split(" = ")[0] for line in bulk] == [line.split(" = ")[0] for line in walked]


@needs_net_snmp
def test_v2c_says_what_is_not_there_and_cannot_be_set(healthy: Served) -> None:
    assert "No Such Instance" in snmp(healthy, "snmpget", "1.3.6.1.4.1.318.1.1.26.4.3.1.5.2")
    assert "No Such Object" in snmp(healthy, "snmpget", "1.3.6.1.4.1.99999.1.0")
    assert "No more variables left" in snmp(healthy, "snmpgetnext", "1.3.6.1.6")
    assert "notWritable" in snmp(healthy, "snmpset", POWER, "i", "1")


@needs_net_snmp
def test_v2c_ignores_another_community(healthy: Served) -> None:
    command = ["snmpget", "-v2c", "-c", "wrong", "-t", "1", "-r", "0", f"127.0.0.1:{healthy.port('pdu-a01')}", POWER]
    run = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert "Timeout" in run.stderr


@needs_net_snmp
def test_v3_get_and_bulk_walk(healthy: Served) -> None:
    watts = int(snmp_v3(healthy, "snmpget", "-Oqv", UPS_POWER))
    assert 80_000 < watts < 200_000
    walked = snmp_v3(healthy, "snmpbulkwalk", "1.3.6.1.2.1.33").splitlines()
    assert len(walked) == 26  # 4 fixed, 21 measured, and the end of the MIB
    assert all(line.startswith(".1.3.6.1.2.1.33.1.") for line in walked)


@needs_net_snmp
def test_v3_refuses_wrong_keys_and_users(healthy: Served) -> None:
    assert "Authentication failure" in snmp_v3(healthy, "snmpget", UPS_POWER, auth="another-passphrase")
    assert "Decryption error" in snmp_v3(healthy, "snmpget", UPS_POWER, priv="another-passphrase")
    place = f"127.0.0.1:{healthy.port('ups-card')}"
    for login, answer in (
        (["-l", "noAuthNoPriv", "-u", "facility"], "Unsupported security level"),
        (["-l", "noAuthNoPriv", "-u", "nobody"], "Unknown user name"),
    ):
        command = ["snmpget", "-v3", *login, "-t", "2", "-r", "0", place, UPS_POWER]
        run = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert answer in run.stderr


def test_modbus_reads(healthy: Served) -> None:
    with modbus(healthy, "controller-crah-3") as client:
        words = client.read_input_registers(0, count=8, device_id=13).registers
        assert 150 < words[0] < 260
        assert 200 < words[1] < 400
        assert words[6:] == [1, 0]
    with modbus(healthy, "meter-utility") as client:
        words = client.read_input_registers(0x34, count=2, device_id=1).registers
        assert 3e5 < struct.unpack(">f", struct.pack(">HH", *words))[0] < 7e5
    with modbus(healthy, "plant-controller") as client:
        low, high = client.read_input_registers(102, count=2, device_id=21).registers
        assert 8.0 < struct.unpack(">f", struct.pack(">HH", high, low))[0] < 25.0


def test_modbus_exceptions(healthy: Served) -> None:
    with modbus(healthy, "controller-crah-3") as client:
        assert client.read_input_registers(40, count=1, device_id=13).exception_code == 2
        assert client.read_input_registers(0, count=1, device_id=99).exception_code == 11
        assert client.write_register(0, 0x7000, device_id=13).exception_code == 3
        assert not client.read_input_registers(0, count=1, device_id=13).isError()


def test_a_written_setpoint_acts(healthy: Served) -> None:
    with modbus(healthy, "controller-crah-2") as client:

        def supply_degc() -> float:
            return int(client.read_input_registers(0, count=1, device_id=12).registers[0]) / 10.0

        before_degc = supply_degc()
        assert not client.write_register(0, 245, device_id=12).isError()
        assert client.read_holding_registers(0, count=1, device_id=12).registers == [245]
        assert before_degc < 22.0
        assert eventually(lambda: supply_degc() > before_degc + 1.5), supply_degc()


def test_a_32_bit_setpoint_acts(healthy: Served) -> None:
    with modbus(healthy, "gateway-air") as client:
        assert not client.write_registers(0, [0, 230], device_id=24).isError()
        assert eventually(lambda: client.read_input_registers(0, count=2, device_id=24).registers == [0, 230])


def test_faults_on_demand(healthy: Served) -> None:
    with modbus(healthy, "weather-station") as client:
        healthy.break_device("weather-station", "exception")
        assert client.read_input_registers(0, count=1, device_id=22).exception_code == 4
        healthy.break_device("weather-station", "nan")
        assert client.read_input_registers(0, count=3, device_id=22).registers == [0x8000, 0xFFFF, 0x8000]
        healthy.break_device("weather-station", "none")
        assert client.read_input_registers(0, count=1, device_id=22).registers != [0x8000]
        for fault in ("silent", "garbage"):
            healthy.break_device("weather-station", fault)
            with modbus(healthy, "weather-station") as other, pytest.raises(ModbusException):
                other.read_input_registers(0, count=1, device_id=22)


def test_a_slow_device_answers_late(healthy: Served) -> None:
    with modbus(healthy, "weather-station") as client:
        healthy.break_device("weather-station", "slow", 0.4)
        began_s = time.monotonic()
        assert not client.read_input_registers(0, count=1, device_id=22).isError()
        assert time.monotonic() - began_s > 0.35
        healthy.break_device("weather-station", "slow", 5.0)
        with modbus(healthy, "weather-station") as other, pytest.raises(ModbusException):
            other.read_input_registers(0, count=1, device_id=22)  # waits 0.7 s


def test_machines_and_sensors_fail_on_demand(healthy: Served) -> None:
    """Through the same file; what a healthy device says of them is what is there to see."""
    with modbus(healthy, "plant-controller") as client:

        def status() -> list[int]:
            return list(client.read_input_registers(202, count=4, device_id=21).registers)

        healthy.break_device("chiller-2", "trip")
        assert eventually(lambda: status()[1] == 0 and status()[3] == 1), status()
    with modbus(healthy, "weather-station") as client:

        def tenths() -> int:
            word = int(client.read_input_registers(0, count=1, device_id=22).registers[0])
            return word - 0x10000 if word & 0x8000 else word

        before = tenths()
        healthy.break_device("weather.outdoor_temperature_degc", "bias", 30.0)
        assert eventually(lambda: tenths() > before + 200), tenths()
    with modbus(healthy, "alarm-panel") as client:
        healthy.break_device("hall-2", "smoke")
        assert eventually(lambda: client.read_input_registers(12, count=1, device_id=28).registers == [1])


@needs_net_snmp
def test_snmp_faults_on_demand(healthy: Served) -> None:
    healthy.break_device("pdu-a01", "exception")
    assert "genErr" in snmp(healthy, "snmpget", POWER)
    assert int(snmp(healthy, "snmpget", "-Oqv", POWER, device="pdu-a02")) > 0
    healthy.break_device("pdu-a01", "nan")
    assert snmp(healthy, "snmpget", "-Oqv", POWER).strip() == "-1"
    for fault in ("silent", "garbage", "slow"):
        healthy.break_device("pdu-a01", fault)
        assert "Timeout" in snmp(healthy, "snmpget", POWER), fault


def test_nonsense_does_no_harm(healthy: Served) -> None:
    with socket.create_connection(("127.0.0.1", healthy.port("controller-crah-1"))) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        client.settimeout(5)
        assert client.recv(100) == b""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for nonsense in (b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x02\x01\x01", bytes(200)):
            for device in ("pdu-a01", "ups-card"):
                client.sendto(nonsense, ("127.0.0.1", healthy.port(device)))
    test_modbus_reads(healthy)
    assert healthy.process.poll() is None


def test_stops_on_sigterm_and_goes_on_later(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("stopped site")
    with served(folder) as first:
        with modbus(first, "controller-crah-1") as client:
            client.write_register(1, 777, device_id=11)
        assert first.stop() == 0
    with served(folder) as second, modbus(second, "controller-crah-1") as client:
        assert second.places == first.places
        assert client.read_holding_registers(1, count=1, device_id=11).registers == [777]
