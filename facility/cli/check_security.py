"""What `facility check` says of the security of a site's SNMP devices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from facility.site import Site, SnmpAddress

_CLEAR = "SNMP v1 and v2c: community and readings in the clear"
_UNSIGNED = "SNMPv3 without authentication: no better than a community"
_READABLE = "SNMPv3 without privacy: readings in the clear"
_SHOWN = 5


def security_notes(site: Site) -> dict[str, list[str]]:
    """Return the devices that each weakness concerns, weakness by weakness."""
    notes: dict[str, list[str]] = {}
    for device in site.devices:
        if device.snmp is not None:
            for weakness in _weaknesses(device.snmp):
                notes.setdefault(weakness, []).append(device.id)
    return notes


def _weaknesses(address: SnmpAddress) -> Iterator[str]:
    if address.v3 is None:
        yield _CLEAR
    elif address.v3.auth_protocol == "none":
        yield _UNSIGNED
    elif address.v3.priv_key is None:
        yield _READABLE
    if address.v3 is not None and address.v3.old_protocols:
        yield f"SNMPv3 with {' and '.join(address.v3.old_protocols)} (legacy: true): no protection against attackers"


def security_lines(notes: Mapping[str, Sequence[str]]) -> list[str]:
    """Return one line a weakness."""
    return [f"! {weakness}: {_some(devices)}" for weakness, devices in notes.items()]


def _some(devices: Sequence[str]) -> str:
    more = f" and {len(devices) - _SHOWN} more" if len(devices) > _SHOWN else ""
    return ", ".join(devices[:_SHOWN]) + more
