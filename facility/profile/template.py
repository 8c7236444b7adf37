"""A profile whose facts only the user has: a file with the words `fill in` where they belong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from facility.yaml_file import KeyPath, YamlFile

FILL_IN = "fill in"


@dataclass(frozen=True, slots=True)
class Template:
    """A profile to be copied and completed; nothing is polled with it as it is."""

    profile: str
    title: str
    protocol: str
    source: str
    equipment_kind: str
    points: tuple[str, ...]
    open_keys: tuple[KeyPath, ...]


def open_keys(file: YamlFile) -> tuple[KeyPath, ...]:
    """Return where a file says `fill in`."""
    return tuple(_marked(file.data, ()))


def as_template(file: YamlFile) -> Template:
    """Return what a template says about itself."""
    said = {key: str(file.data.get(key, "")) for key in ("profile", "title", "protocol", "source", "equipment_kind")}
    return Template(**said, points=tuple(file.data.get("points") or ()), open_keys=open_keys(file))


def _marked(value: Any, where: KeyPath) -> Iterator[KeyPath]:
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from _marked(entry, (*where, key))
    elif isinstance(value, list):
        for number, entry in enumerate(value):
            yield from _marked(entry, (*where, number))
    elif value == FILL_IN:
        yield where
