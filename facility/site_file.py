"""Read a site file: strict YAML, repeated parts expanded, errors that name file, line, key and the fix.

A list entry with `for_each: [a01, a02]` or `for_each: a01..a20` stands for one entry an item; `{item}` and `{n}` (1, 2, ...; also
`{n+100}`) are replaced in its strings, and a string that is only `{n}` or `{n+100}` becomes a number.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from facility.errors import ConfigurationError
from facility.points import Point, PointIndex, Writable
from facility.profile import Profile, load_profile
from facility.site import Crah, Device, LiquidLoop, Site, WritablePoint

Path_ = tuple[str | int, ...]
_COUNTER = re.compile(r"\{n(?:\+(\d+))?\}")
_RANGE = re.compile(r"^([a-z][a-z0-9_-]*?)(\d+)\.\.([a-z][a-z0-9_-]*?)?(\d+)$")


@dataclass(frozen=True, slots=True, eq=False)
class LoadedSite:
    """A valid site with what follows from it: its points, profiles and revision."""

    site: Site
    points: PointIndex
    profiles: dict[str, Profile]
    revision: str
    path: Path


def load_site(path: Path) -> LoadedSite:
    """Read, expand and validate a site file.

    Raises
    ------
    ConfigurationError
        With every fault found: `file:line: key: what is wrong; expected; nearest right key`.
    """
    data, lines = _read(path)
    try:
        site = Site.model_validate(data)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_explain(path, lines, fault) for fault in error.errors())) from None
    folder = path.parent / site.profile_folder if site.profile_folder else None
    faults = list(_reference_faults(site))
    profiles: dict[str, Profile] = {}
    for index, device in enumerate(site.devices):
        try:
            profiles[device.profile] = load_profile(device.profile, folder)
        except ConfigurationError as error:
            faults.append((("devices", index, "profile"), str(error)))
    points: list[Point] = []
    if not faults:
        points, faults = _points(site, profiles)
    if faults:
        raise ConfigurationError("\n".join(_located(path, lines, where, message) for where, message in faults))
    return LoadedSite(site, PointIndex(points), profiles, _revision(site, profiles), path)


def _read(path: Path) -> tuple[Any, dict[Path_, int]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: is not UTF-8 text (byte {error.start})") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(f"{path}:{line}: not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(node, yaml.MappingNode):
        raise ConfigurationError(f"{path}:1: expected a mapping that begins with `schema: 1`")
    lines: dict[Path_, int] = {}
    return _build(node, (), lines, path), lines


def _build(node: yaml.Node, where: Path_, lines: dict[Path_, int], path: Path) -> Any:
    lines.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(node, where, lines, path)
    if isinstance(node, yaml.SequenceNode):
        return _build_sequence(node, where, lines, path)
    return _scalar(node)


def _build_mapping(node: yaml.MappingNode, where: Path_, lines: dict[Path_, int], path: Path) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = str(key_node.value)
        if key in built:
            raise ConfigurationError(f"{path}:{line}: {key}: given twice; keep one")
        lines[(*where, key)] = line
        built[key] = _build(value_node, (*where, key), lines, path)
    return built


def _build_sequence(node: yaml.SequenceNode, where: Path_, lines: dict[Path_, int], path: Path) -> list[Any]:
    built: list[Any] = []
    for child in node.value:
        here = (*where, len(built))
        value = _build(child, here, lines, path)
        if not (isinstance(value, dict) and "for_each" in value):
            built.append(value)
            continue
        template_lines = {key: line for key, line in lines.items() if key[: len(here)] == here}
        items = _items(value.pop("for_each"), f"{path}:{lines[(*here, 'for_each')]}: for_each")
        for number, item in enumerate(items, start=1):
            target = (*where, len(built))
            lines.update({(*target, *key[len(here) :]): line for key, line in template_lines.items()})
            built.append(_fill(value, item, number))
    return built


def _items(spec: object, where: str) -> list[str]:
    if isinstance(spec, list) and spec and all(isinstance(item, str) for item in spec):
        return spec
    match = _RANGE.match(spec) if isinstance(spec, str) else None
    if match is None or match[3] not in (None, match[1]) or int(match[4]) < int(match[2]):
        raise ConfigurationError(f"{where}: expected a list of ids or a range such as a01..a20")
    prefix, first, _, last = match.groups()
    return [f"{prefix}{number:0{len(first)}d}" for number in range(int(first), int(last) + 1)]


def _fill(value: Any, item: str, number: int) -> Any:
    if isinstance(value, dict):
        return {key: _fill(entry, item, number) for key, entry in value.items()}
    if isinstance(value, list):
        return [_fill(entry, item, number) for entry in value]
    if not isinstance(value, str):
        return value
    whole = _COUNTER.fullmatch(value)
    if whole:
        return number + int(whole[1] or 0)
    return _COUNTER.sub(lambda match: str(number + int(match[1] or 0)), value).replace("{item}", item)


def _scalar(node: yaml.Node) -> Any:
    if node.tag == "tag:yaml.org,2002:timestamp" or (node.tag == "tag:yaml.org,2002:int" and ":" in str(node.value)):
        return str(node.value)  # dates, and times such as 06:00 that YAML 1.1 would read as a base-60 number
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node, deep=True)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"line {node.start_mark.line + 1}: {error}") from error


def _located(path: Path, lines: dict[Path_, int], where: Path_, message: str) -> str:
    known = where
    while known not in lines:
        known = known[:-1]
    key = ".".join(str(part) for part in where) or "(top)"
    return f"{path}:{lines[known]}: {key}: {message}"


def _explain(path: Path, lines: dict[Path_, int], fault: ErrorDetails) -> str:
    where = tuple(
        part for part in fault["loc"] if isinstance(part, int) or not part.startswith(("constrained", "str", "dict"))
    )
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        known = sorted(_known_keys(where[:-1]))
        near = difflib.get_close_matches(str(where[-1]), known, n=1)
        message = f"no such key; did you mean {near[0]!r}?" if near else f"no such key; known: {', '.join(known)}"
    elif fault["type"] == "missing":
        message = "this key is required and not there"
    elif fault["type"] != "value_error" and not isinstance(fault["input"], dict | list):
        message = f"{message}; got {fault['input']!r}"
    return _located(path, lines, where, message)


def _known_keys(where: Path_) -> set[str]:
    model: type[BaseModel] | None = Site
    for part in where:
        if model is None or isinstance(part, int):
            continue
        by_key = {field.alias or name: field for name, field in model.model_fields.items()}
        model = _model_in(by_key[part].annotation) if part in by_key else None
    return {field.alias or name for name, field in model.model_fields.items()} | {"for_each"} if model else set()


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found is not None:
            return found
    return None


def _reference_faults(site: Site) -> Iterator[tuple[Path_, str]]:
    ids = [identifier for identifier, _ in site.equipment()]
    for identifier in sorted({identifier for identifier in ids if ids.count(identifier) > 1}):
        yield (), f"equipment id {identifier!r} is used more than once"
    halls, plants = {hall.id for hall in site.halls}, {plant.id for plant in site.plants}
    loops, pools = {loop.id for loop in site.liquid_loops}, {pool.id for pool in site.server_pools}
    racks = {rack.id for hall in site.halls for rack in hall.racks}
    cooled: tuple[tuple[str, Sequence[Crah | LiquidLoop]], ...] = (
        ("crahs", site.crahs),
        ("liquid_loops", site.liquid_loops),
    )
    for group, parts in cooled:
        for index, part in enumerate(parts):
            yield from _unknown((group, index, "hall"), part.hall, halls, "hall")
            yield from _unknown((group, index, "plant"), part.plant, plants, "plant")
    for index, pool in enumerate(site.server_pools):
        yield from _unknown(("server_pools", index, "hall"), pool.hall, halls, "hall")
        for rack in pool.racks:
            yield from _unknown(("server_pools", index, "racks"), rack, racks, "rack")
    for index, work in enumerate(site.deferrable_work):
        yield from _unknown(("deferrable_work", index, "pool"), work.pool, pools, "server pool")
    for index, pdu in enumerate(site.electrical.pdus):
        yield from _unknown(("electrical", "pdus", index, "hall"), pdu.hall, halls, "hall")
    for number, hall in enumerate(site.halls):
        for index, rack_ in enumerate(hall.racks):
            if rack_.liquid_loop is not None:
                where = ("halls", number, "racks", index, "liquid_loop")
                yield from _unknown(where, rack_.liquid_loop, loops, "liquid loop")
    for index, entry in enumerate(site.availability):
        yield from _unknown(("availability", index, "equipment"), entry.equipment, set(ids), "equipment")
    yield from _device_faults(site, set(ids))


def _device_faults(site: Site, ids: set[str]) -> Iterator[tuple[Path_, str]]:
    seen: set[str] = set()
    for index, device in enumerate(site.devices):
        if device.id in seen:
            yield ("devices", index, "id"), f"device id {device.id!r} is used more than once"
        seen.add(device.id)
        targets = [device.equipment] if isinstance(device.equipment, str) else list(device.equipment.values())
        for target in targets:
            yield from _unknown(("devices", index, "equipment"), target, ids, "equipment")


def _unknown(where: Path_, identifier: str, known: set[str], kind: str) -> Iterator[tuple[Path_, str]]:
    if identifier not in known:
        near = difflib.get_close_matches(identifier, sorted(known), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        yield where, f"no {kind} {identifier!r} in this site{hint}"


def _points(site: Site, profiles: dict[str, Profile]) -> tuple[list[Point], list[tuple[Path_, str]]]:
    faults: list[tuple[Path_, str]] = []
    points: dict[str, Point] = {}
    allowed = {entry.point: entry for entry in site.writable}
    for index, device in enumerate(site.devices):
        profile = profiles[device.profile]
        fault = _device_profile_fault(device, profile)
        if fault:
            faults.append((("devices", index), fault))
            continue
        for point in _points_of_device(device, profile, allowed):
            if point.id in points:
                other = points[point.id].device
                faults.append((("devices", index), f"point {point.id} comes from {other} too; give one of them a tag"))
            points[point.id] = point
    for index, entry in enumerate(site.writable):
        where = ("writable", index, "point")
        if entry.point not in points:
            faults.extend(_unknown(where, entry.point, set(points), "point"))
        elif not profiles[_profile_of(site, points[entry.point])].points[points[entry.point].key].writable:
            faults.append((where, f"{entry.point} cannot be written: its profile does not say `writable: true`"))
    return list(points.values()), faults


def _profile_of(site: Site, point: Point) -> str:
    return next(device.profile for device in site.devices if device.id == point.device)


def _device_profile_fault(device: Device, profile: Profile) -> str | None:
    if (profile.protocol == "modbus") != (device.modbus is not None):
        return f"profile {profile.profile} speaks {profile.protocol}, but the address is of the other protocol"
    if isinstance(device.equipment, str):
        return f"profile has slots {', '.join(sorted(profile.slots))}: map each to equipment" if profile.slots else None
    unknown = set(device.equipment) - profile.slots
    if unknown:
        has = ", ".join(sorted(profile.slots)) or "none"
        return f"equipment: profile {profile.profile} has no slot {', '.join(sorted(unknown))}; it has {has}"
    return None


def _points_of_device(device: Device, profile: Profile, allowed: dict[str, WritablePoint]) -> Iterator[Point]:
    for key, spec in profile.points.items():
        target = device.equipment if isinstance(device.equipment, str) else device.equipment.get(spec.slot or "")
        if target is None:
            continue  # a slot that this site does not use
        quantity = profile.quantity_of(key)
        identifier = ".".join(part for part in (target, device.tag, quantity.key) if part)
        yield Point(
            id=identifier,
            name=f"{device.name or device.id} {quantity.key.replace('_', ' ')}",
            equipment=target,
            quantity=quantity.key,
            brick=quantity.brick,
            unit=quantity.unit,
            device=device.id,
            key=key,
            interval_s=device.interval_s,
            low=spec.range[0],
            high=spec.range[1],
            writable=_writable(allowed.get(identifier)),
        )


def _writable(entry: WritablePoint | None) -> Writable | None:
    if entry is None:
        return None
    return Writable(entry.low, entry.high, entry.max_step, entry.min_interval_s, entry.reversion)


def _revision(site: Site, profiles: dict[str, Profile]) -> str:
    content = {
        "site": site.model_dump(mode="json", by_alias=True),
        "profiles": {name: profile.model_dump(mode="json") for name, profile in sorted(profiles.items())},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
