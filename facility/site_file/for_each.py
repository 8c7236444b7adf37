"""Repeated parts of a site file.

A list entry with `for_each: [a01, a02]` or `for_each: a01..a20` stands for one entry an item; `{item}` and `{n}` (1, 2, ...; also
`{n+100}`) are replaced in its strings, and a string that is only `{n}` or `{n+100}` becomes a number. An inner `for_each` is
expanded first, with its own items.
"""

from __future__ import annotations

import re
from typing import Any

from facility.errors import ConfigurationError
from facility.yaml_file import MAX_VALUES, KeyPath, YamlFile

MAX_ITEMS = 10_000
_COUNTER = re.compile(r"\{n(?:\+([0-9]{1,6}))?\}")
_RANGE = re.compile(r"([a-z][a-z0-9_-]*?)([0-9]{1,6})\.\.([a-z][a-z0-9_-]*?)?([0-9]{1,6})")


def expand(file: YamlFile) -> YamlFile:
    """Return the file with every `for_each` entry written out; expanded parts keep the line of their template."""
    expansion = _Expansion(file)
    return YamlFile(file.path, expansion.value(file.data, (), ()), expansion.lines)


class _Expansion:
    """One walk over the data: `old` is the path in the file as written, `new` the path in the expanded data."""

    def __init__(self, file: YamlFile) -> None:
        self._file = file
        self.lines: dict[KeyPath, int] = {}

    def value(self, value: Any, old: KeyPath, new: KeyPath) -> Any:
        self.lines[new] = self._file.line(old)
        if len(self.lines) > MAX_VALUES:
            raise ConfigurationError(f"{self._file.path}:{self._file.line(old)}: too many values after for_each")
        if isinstance(value, dict):
            return {key: self.value(entry, (*old, key), (*new, key)) for key, entry in value.items()}
        if isinstance(value, list):
            return self._sequence(value, old, new)
        return value

    def _sequence(self, entries: list[Any], old: KeyPath, new: KeyPath) -> list[Any]:
        built: list[Any] = []
        for index, entry in enumerate(entries):
            if not (isinstance(entry, dict) and "for_each" in entry):
                built.append(self.value(entry, (*old, index), (*new, len(built))))
                continue
            template = {key: part for key, part in entry.items() if key != "for_each"}
            for number, item in enumerate(self._items(entry["for_each"], (*old, index, "for_each")), start=1):
                built.append(_fill(self.value(template, (*old, index), (*new, len(built))), item, number))
        return built

    def _items(self, spec: object, where: KeyPath) -> list[str]:
        if isinstance(spec, list) and spec and all(isinstance(item, str) for item in spec):
            return spec
        match = _RANGE.fullmatch(spec) if isinstance(spec, str) else None
        if match is None or match[3] not in (None, match[1]) or int(match[4]) < int(match[2]):
            message = "expected a list of words such as [a01, a02], or a range such as a01..a20"
            raise ConfigurationError(self._file.located(where, message))
        prefix, first, _, last = match.groups()
        if int(last) - int(first) >= MAX_ITEMS:
            raise ConfigurationError(self._file.located(where, f"more than {MAX_ITEMS:,} items; is the range right?"))
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
