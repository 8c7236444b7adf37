"""Tries a profile on one device: its identity, every point, and the rows that its tables have there. It only reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from facility.acquire.client import DeviceClient
from facility.acquire.columns import Columns, Value
from facility.acquire.factory import ClientFactory
from facility.acquire.snmp.rows import TableWalk, text_of
from facility.acquire.snmp.session import session_opener
from facility.acquire.snmp.udp import UdpChannel
from facility.errors import DeviceError
from facility.profile import Place, Profile, ProfileTable
from facility.records import Quality
from facility.site import Device

_SYSTEM = Place(oid="1.3.6.1.2.1.1.1.0", type="string")  # sysDescr of RFC 3418


@dataclass(frozen=True, slots=True)
class TriedPoint:
    """What one point gave; `raw` is as the device has it."""

    key: str
    unit: str
    value: Value
    raw: float
    label: str  # what the device calls its row


@dataclass(frozen=True, slots=True)
class Trial:
    """What a device answered; `faults` say what it did not."""

    identity: Mapping[str, str]
    rows: Mapping[str, tuple[str, ...]]
    points: tuple[TriedPoint, ...]
    faults: tuple[str, ...]

    @property
    def answered(self) -> bool:
        """Whether any point has a value."""
        return any(point.value.quality in (Quality.GOOD, Quality.OUT_OF_RANGE) for point in self.points)


async def try_profile(device: Device, profile: Profile) -> Trial:
    """Read all that a profile knows from a device.

    Rows that the device names in `rows` are taken as they are; the other SNMP tables are walked. A Modbus table cannot be walked.

    Raises
    ------
    facility.errors.FacilityError
        If a secret cannot be resolved; a device that does not answer is a fault of the trial.
    """
    faults: list[str] = []
    labels: dict[tuple[str, str], str] = {}
    rows = {**await _rows(device, profile, labels, faults), **device.rows}
    whole = profile.with_rows(rows)
    client = ClientFactory().client(device, whole)
    try:
        identity = await _identity(client, profile, faults) if not faults else {}
        columns = await _read(client, whole, faults)
    finally:
        await client.close()
    named = {
        f"{profile.tables[table].row}-{row.replace('.', '-')}.{key}": label
        for (table, row), label in labels.items()
        for key in profile.tables[table].points
    }
    return Trial(identity, rows, tuple(_points(whole, columns, named)), tuple(dict.fromkeys(faults)))


async def _rows(
    device: Device, profile: Profile, labels: dict[tuple[str, str], str], faults: list[str]
) -> dict[str, tuple[str, ...]]:
    """Return the rows of the tables that are not named; note what the device calls them."""
    found: dict[str, tuple[str, ...]] = {}
    if device.snmp is None:
        return found
    channel = UdpChannel(device.snmp.host, device.snmp.port)
    walk = TableWalk(session_opener(device.snmp)(), channel, profile.limits.timeout_s)
    try:
        for name, table in profile.tables.items():
            rows = device.rows.get(name) or tuple(await walk.rows(_column(table)))
            if rows:
                found[name] = rows
            if rows and table.label is not None:
                labels.update({(name, row): text_of(value) for row, value in (await walk.rows(table.label)).items()})
    except DeviceError as error:
        faults.append(str(error))
    finally:
        channel.close()
    return found


def _column(table: ProfileTable) -> str:
    first = next(iter(table.points.values()))
    return first.oid or ""


async def _identity(client: DeviceClient, profile: Profile, faults: list[str]) -> dict[str, str]:
    places: dict[str, Place] = {"system": _SYSTEM} if profile.protocol == "snmp" else {}
    identity: dict[str, str] = {}
    try:
        for name, place in (places | dict(profile.identity)).items():
            text = await client.read_text(place)
            identity[name] = "".join(each if each.isprintable() else "?" for each in text)
    except DeviceError as error:
        faults.append(str(error))
    return identity


async def _read(client: DeviceClient, profile: Profile, faults: list[str]) -> Columns:
    columns = Columns.stale(len(profile.points))
    try:
        await client.reader(list(profile.points)).read(columns)
    except DeviceError as error:
        faults.append(str(error))
    return columns


def _points(profile: Profile, columns: Columns, labels: Mapping[str, str]) -> Iterator[TriedPoint]:
    for at, key in enumerate(profile.points):
        value, raw = columns.value(at), float(columns.raw[at])
        yield TriedPoint(key, profile.quantity_of(key).unit, value, raw, labels.get(key, ""))
