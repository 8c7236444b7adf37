"""The points of a site: what its devices deliver through their profiles, and which of them may be written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from facility.faults import nearest
from facility.points import Point, Writable
from facility.profile import Profile
from facility.site import Device, Site, WritablePoint
from facility.yaml_file import KeyPath


def site_points(site: Site, profiles: Mapping[str, Profile]) -> tuple[list[Point], list[tuple[KeyPath, str]]]:
    """Return the points of all devices, and what is wrong with them."""
    points: dict[str, Point] = {}
    faults: list[tuple[KeyPath, str]] = []
    allowed = {entry.point: entry for entry in site.writable}
    for index, device in enumerate(site.devices):
        profile = profiles[device.profile]
        fault = _profile_fault(device, profile) or _part_fault(device, profile)
        if fault is not None:
            faults.append((("devices", index, *fault[0]), fault[1]))
            continue
        for point in _points_of(device, profile.with_rows(device.rows), allowed):
            other = points.setdefault(point.id, point)
            if other is not point:
                faults.append((("devices", index), f"point {point.id} comes from {other.device} too; give one a tag"))
    if not faults:
        faults.extend(_writable_faults(site, profiles, points))
        faults.extend(_abnormal_faults(site, points))
    return list(points.values()), faults


def _profile_fault(device: Device, profile: Profile) -> tuple[KeyPath, str] | None:
    given, needed = ("modbus", "snmp") if device.modbus is not None else ("snmp", "modbus")
    if profile.protocol != given:
        return (given,), f"profile {profile.profile} speaks {needed}; give its address under {needed}:"
    slots = ", ".join(sorted(profile.slots))
    if isinstance(device.equipment, str):
        return (("equipment",), f"expected a map from the profile's slots to equipment: {slots}") if slots else None
    for slot in device.equipment:
        if slot not in profile.slots:
            has = f"has {slots}" if slots else "measures one piece of equipment: give its id"
            return ("equipment", slot), f"no such slot; profile {profile.profile} {has}{nearest(slot, profile.slots)}"
    return None


def _part_fault(device: Device, profile: Profile) -> tuple[KeyPath, str] | None:
    """Return what is wrong with the tables and groups that a device names."""
    named: tuple[tuple[str, Mapping[str, object], Mapping[str, object]], ...] = (
        ("rows", device.rows, profile.tables),
        ("intervals_s", device.intervals_s, profile.groups),
    )
    for field, given, known in named:
        for name in given:
            if name not in known:
                has = ", ".join(known) or "none"
                return (field, name), f"profile {profile.profile} has no such part{nearest(name, known)}; it has: {has}"
    for name, labels in device.rows.items():
        if profile.tables[name].stride is not None and not all(label.isdecimal() and int(label) for label in labels):
            return ("rows", name), "the rows of this table are plain numbers from 1"
    return None


def _points_of(device: Device, profile: Profile, allowed: Mapping[str, WritablePoint]) -> Iterator[Point]:
    called = device.name or device.id
    for key, spec in profile.points.items():
        target = device.equipment if isinstance(device.equipment, str) else device.equipment.get(spec.slot or "")
        if target is None:
            continue  # a slot that this site does not use
        quantity = profile.quantity_of(key)
        identifier = ".".join(part for part in (target, device.tag, spec.row, quantity.key) if part)
        yield Point(
            id=identifier,
            source=f"{called} {spec.row}" if spec.row else called,
            equipment=target,
            quantity=quantity.key,
            brick=quantity.brick,
            unit=quantity.unit,
            device=device.id,
            key=key,
            interval_s=_interval_s(device, profile, spec.group),
            low=spec.range[0],
            high=spec.range[1],
            writable=_writable(allowed.get(identifier)),
        )


def _interval_s(device: Device, profile: Profile, group: str | None) -> float:
    if group is None:
        return device.interval_s
    return device.intervals_s.get(group, device.interval_s * profile.groups[group])


def _writable(entry: WritablePoint | None) -> Writable | None:
    if entry is None:
        return None
    return Writable(
        entry.low,
        entry.high,
        entry.max_step,
        entry.min_interval_s,
        entry.reversion,
        entry.deadband,
        entry.writes_per_day,
    )


def _writable_faults(
    site: Site, profiles: Mapping[str, Profile], points: Mapping[str, Point]
) -> Iterator[tuple[KeyPath, str]]:
    profile_of = {device.id: profiles[device.profile].with_rows(device.rows) for device in site.devices}
    for index, entry in enumerate(site.writable):
        where = ("writable", index, "point")
        point = points.get(entry.point)
        if point is None:
            yield where, f"no point {entry.point!r} in this site{nearest(entry.point, points)}"
            continue
        spec = profile_of[point.device].points[point.key]
        low, high = spec.write_range or spec.range
        if not spec.writable:
            yield where, f"{entry.point} cannot be written: its profile does not say `writable: true`"
        elif entry.low < low or entry.high > high:
            possible = f"{low:g} to {high:g} {point.unit}"
            yield ("writable", index), f"low and high must lie within what the device can do: {possible}"


def _abnormal_faults(site: Site, points: Mapping[str, Point]) -> Iterator[tuple[KeyPath, str]]:
    """Yield inputs that are not there, or that could never tell of anything."""
    for index, entry in enumerate(site.abnormal_states):
        where: KeyPath = ("abnormal_states", index)
        point = points.get(entry.point)
        if point is None:
            yield (*where, "point"), f"no point {entry.point!r} in this site{nearest(entry.point, points)}"
            continue
        reads = f"its device reads {point.low:g} to {point.high:g} {point.unit}"
        for position, value in enumerate(entry.equals):
            if not point.low <= value <= point.high:
                yield (*where, "equals", position), f"{entry.point} is never {value:g}: {reads}"
        if entry.above is not None and entry.above >= point.high:
            yield (*where, "above"), f"{entry.point} is never above {entry.above:g}: {reads}"
