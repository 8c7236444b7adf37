"""The part of a site file that a scan proposes: devices with what the scan knows of them, and `fill in` where a person must say.

It does not load as it is: which equipment a device measures cannot be seen from the network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, count
from typing import Any

from facility.acquire.discovery.found import Answer, Fault, Found
from facility.acquire.discovery.texts import printable
from facility.profile import FILL_IN, Profile
from facility.site import ModbusAddress

_LONGEST_ID = 40
_LONGEST_WHERE = 27
_LAST_IN_RANGE = 99_999  # that a site file takes
_PLAIN = re.compile(
    r"\d+\.\d+\.\d+\.\d+|(env|file):[A-Za-z0-9_./-]*[A-Za-z0-9_]|\d+\.\.\d+|(MD5|SHA|DES|AES)\d*|v1|reeder"
)


def fragment(answers: Sequence[Answer], at: datetime, hosts: int) -> str:
    """Return YAML for a site file's `devices`, with a comment for whatever a person has to judge."""
    found = [answer for answer in answers if isinstance(answer, Found)]
    ids = device_ids(found)
    known = [line for each, identifier in ids if each.match.profile for line in _entry(each, identifier)]
    lines = [
        f"# Found by facility scan, {at:%Y-%m-%d %H:%M} UTC: {len(found)} devices at {hosts} addresses.",
        "# Put under `devices` of the site file what belongs there, say what each measures where it says",
        "# `fill in`, and run `facility check`.",
        *(["devices:", *known] if known else ["devices: []"]),
        *_unknown([each for each in found if not each.match.profile]),
        *_faults([answer for answer in answers if isinstance(answer, Fault)]),
    ]
    return "\n".join(lines) + "\n"


def device_ids(found: Sequence[Found]) -> list[tuple[Found, str]]:
    """Return each device with an id made of its profile and address: the same at each scan, and like no other of this one."""
    ids: dict[str, Found] = {}
    for each in found:
        words = re.sub(r"[^a-z0-9]+", "-", _distinct(each).lower())[-_LONGEST_WHERE:].strip("-")
        kind = each.match.profile.profile if each.match.profile else "unknown"
        base = f"{kind[: _LONGEST_ID - 1 - len(words)]}-{words}"
        numbered = (f"{base[: _LONGEST_ID - 5]}-{number}" for number in count(2))
        ids[next(name for name in chain([base], numbered) if name not in ids)] = each
    return [(each, identifier) for identifier, each in ids.items()]


def _distinct(found: Found) -> str:
    """Return an address without what is usual about it."""
    address = found.address
    usual = 502 if isinstance(address, ModbusAddress) else 161
    port = "" if address.port == usual else f"-{address.port}"
    unit = f"-u{address.unit_id}" if isinstance(address, ModbusAddress) and address.unit_id != 1 else ""
    return f"{address.host}{port}{unit}"


def _entry(found: Found, identifier: str) -> Iterator[str]:
    profile = found.match.profile
    assert profile is not None
    yield ""
    yield f"  # {printable(profile.title)}"
    yield from _comments(found, "  ")
    if found.match.others:
        yield f"  # ! {', '.join(found.match.others)} would fit as well: choose"
    if not profile.verified:
        yield "  # ! this profile is not verified against a device: compare its readings with the device's display"
    yield f"  - id: {identifier}"
    if name := found.says.get("sysName"):
        yield f"    name: {_scalar(name)}"
    yield f"    profile: {profile.profile}"
    yield f"    {_protocol(found)}: {_flow(found.address.model_dump(exclude_defaults=True))}"
    yield from _equipment(profile)
    yield from _rows(found, profile)


def _protocol(found: Found) -> str:
    return "modbus" if isinstance(found.address, ModbusAddress) else "snmp"


def _comments(found: Found, indent: str) -> Iterator[str]:
    yield from (f"{indent}#   {what}: {text}" for what, text in found.says.items())
    yield from (f"{indent}# ! {printable(note, 200)}" for note in found.notes)


def _equipment(profile: Profile) -> Iterator[str]:
    if not profile.slots:
        yield f"    equipment: {FILL_IN} # the {printable(profile.equipment_kind.strip('*'))} that it measures"
        return
    yield "    equipment: # leave out what this site does not use"
    yield from (f"      {slot}: {FILL_IN}" for slot in sorted(profile.slots))


def _rows(found: Found, profile: Profile) -> Iterator[str]:
    if found.rows:
        yield f"    rows: {_flow({name: _labels(rows) for name, rows in found.rows.items()})}"
    for shared in found.shared_rows:
        yield f"    # ! of {' or '.join(shared.tables)}: put each of these rows where it belongs, or nowhere"
        yield from (f"    #   {row} {label}".rstrip() for row, label in shared.labels.items())
    seen = {*found.rows, *(name for shared in found.shared_rows for name in shared.tables)}
    for name in profile.tables:
        if profile.protocol == "modbus":
            yield f"    # rows: {{ {name}: {FILL_IN} }} # a scan reads no registers: see the device's document"
        elif name not in seen:
            yield f"    # no rows of {name} found"


def _labels(rows: Sequence[str]) -> str | list[int | str]:
    """Return rows as a site file has them: `1..24`, or a list."""
    numbers = [int(row) if row.isdecimal() else row for row in rows]
    first, last = numbers[0], numbers[-1]
    if not isinstance(first, int) or not isinstance(last, int) or not first < last <= _LAST_IN_RANGE:
        return numbers
    return f"{first}..{last}" if numbers == list(range(first, last + 1)) else numbers


def _unknown(found: Sequence[Found]) -> Iterator[str]:
    if found:
        yield ""
        yield "# These answered, and no profile recognises them. To poll one, name a profile that fits in an entry of your own,"
        yield "# or write one (CONTRIBUTING.md says how), with `identify` from what the device says here."
    for each in found:
        yield f"# {_protocol(each)} at {each.where}"
        yield from _comments(each, "")


def _faults(faults: Sequence[Fault]) -> Iterator[str]:
    if faults:
        yield ""
        yield "# Something is there as well:"
    yield from (f"# ! {fault.where}: {printable(fault.reason, 200)}" for fault in faults)


def _flow(value: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f"{key}: {_inner(entry)}" for key, entry in value.items()) + " }"


def _inner(value: object) -> str:
    if isinstance(value, Mapping):
        return _flow(value)
    if isinstance(value, list):
        return "[" + ", ".join(_inner(entry) for entry in value) + "]"
    return _scalar(value) if isinstance(value, str) else json.dumps(value)


def _scalar(text: str) -> str:
    """Return a text as a YAML scalar: in quotes unless it is surely nothing but a word."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
