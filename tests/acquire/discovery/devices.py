"""Devices to be found: a PDU and a meter of no maker, their profiles, and agents that lie."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from facility.acquire.discovery.recognise import Recogniser, load_recogniser
from facility.acquire.discovery.snmp_probe import probe_snmp
from facility.site import SnmpAddress
from tests.acquire.ber_by_hand import Question, arcs, element

BASE = "1.3.6.1.4.1.99999"
SYS_OBJECT_ID, SYS_DESCR, SYS_NAME = (bytes([0x2B, 6, 1, 2, 1, 1, number, 0]) for number in (2, 1, 5))
PDU: dict[str, Any] = {
    "profile": "own_pdu",
    "title": "A PDU of our own",
    "protocol": "snmp",
    "verified": False,
    "source": "tests",
    "equipment_kind": "ICT_Rack",
    "identify": {"sys_object_id": [f"{BASE}.1"]},
    "points": {"power_kw": {"oid": f"{BASE}.5.1.0", "type": "integer", "unit": "W", "range": [0, 60]}},
    "tables": {
        "outlets": {
            "row": "outlet",
            "points": {
                "outlet_power_kw": {"oid": f"{BASE}.6.1.{{row}}", "type": "integer", "unit": "W", "range": [0, 20]}
            },
        },
        "sensors": {
            "row": "sensor",
            "points": {
                "inlet_temperature_degc": {
                    "oid": f"{BASE}.7.1.{{row}}.10", "type": "integer", "scale": 0.1, "unit": "degC", "range": [-20, 70],
                },
            },
        },
        "spare": {
            "row": "spare",
            "points": {"current_l1_a": {"oid": f"{BASE}.8.1.{{row}}", "type": "integer", "unit": "A", "range": [0, 9]}},
        },
    },
}  # fmt: skip
METER: dict[str, Any] = {
    "profile": "own_meter",
    "title": "A meter of our own",
    "protocol": "modbus",
    "verified": True,
    "source": "tests",
    "equipment_kind": "Building_Electrical_Meter",
    "identify": {"modbus": {"vendor": "Maker", "product": "PX-1"}},
    "points": {"power_kw": {"table": "input", "address": 0, "type": "uint16", "unit": "kW", "range": [0, 1000]}},
}
PDU_LINES = [  # of a snmpd that is such a PDU, with two outlets and the sensors 1.3 and 1.4, of which one has no temperature
    "rocommunity public-word 127.0.0.1",
    "createUser facility SHA-256 authpass12 AES privpass12",
    "rouser facility priv",
    f"sysObjectID .{BASE}.1.7",
    "sysDescr A PDU, row 1: #3",
    'sysName pdu "one"',
    f"override .{BASE}.5.1.0 integer 4321",
    f"override .{BASE}.6.1.1 integer 60",
    f"override .{BASE}.6.1.2 integer 70",
    f"override .{BASE}.7.1.1.3.10 integer 241",
    f"override .{BASE}.7.1.1.3.11 integer 50",
    f"override .{BASE}.7.1.1.4.11 integer 51",
]
V3 = {"user": "facility", "auth_key": "env:AUTH", "priv_key": "env:PRIV"}


def recogniser(folder: Path, *profiles: Mapping[str, Any]) -> Recogniser:
    """Write profiles into a folder, and return what knows them and those that come with facility."""
    folder.mkdir(exist_ok=True)
    for profile in profiles or (PDU, METER):
        (folder / f"{profile['profile']}.yaml").write_text(json.dumps(profile))
    return load_recogniser(folder)


def liar(
    object_id: bytes = b"\x06\x08\x2b\x06\x01\x04\x01\x86\x8d\x1f", description: bytes = b"", name: bytes = b""
) -> Callable[[bytes], list[bytes]]:
    """An agent that says this of itself; `object_id` is a whole element."""
    values = {
        SYS_OBJECT_ID: object_id,
        SYS_DESCR: element(4, description),
        SYS_NAME: element(4, name),
    }
    return lambda data: [Question(data).answer(values)]


async def probed(port: int, knows: Recogniser, timeout_s: float = 0.5, **credentials: Any) -> Any:
    address = SnmpAddress(host="127.0.0.1", port=port, **(credentials or {"community": "env:COMMUNITY"}))
    return await probe_snmp(address, knows, timeout_s)


def walker(known: Iterable[bytes], begin: Callable[[bytes], list[bytes]]) -> Callable[[bytes], list[bytes]]:
    """An agent that also answers GETNEXT: with the next of these encoded names, each with the value 1."""
    names = sorted(known, key=arcs)

    def answer(data: bytes) -> list[bytes]:
        question = Question(data)
        if question.tag != 0xA1:
            return begin(data)
        following = next((name for name in names if arcs(name) > arcs(question.names[0])), None)
        question.names = [following or question.names[0]]
        value = element(2, b"\1") if following else b"\x82\x00"
        return [question.answer({question.names[0]: value})]

    return answer
