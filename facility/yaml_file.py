"""Strict YAML, and where each value stands: what site files and device profiles are read with.

YAML 1.2 core scalars only, so that `no`, `06:00`, `1_000` and `2026-01-01` stay the words they are. No tags, no merge keys, no key
given twice. Aliases are allowed but bounded: size, depth and number of values are, so that no file can exhaust the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from facility.errors import ConfigurationError

KeyPath = tuple[str | int, ...]
MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 24
MAX_VALUES = 200_000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where the wheel brings it: ten times faster
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,4})?")
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}


@dataclass(frozen=True, slots=True)
class YamlFile:
    """The data of a file and the line on which each key path begins."""

    path: Path
    data: dict[str, Any]
    lines: dict[KeyPath, int]

    def line(self, where: KeyPath) -> int:
        """Return the line of a key path, or of its nearest parent that is written down."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def located(self, where: KeyPath, message: str) -> str:
        """Return `file:line: key: message`."""
        key = ".".join(str(part) for part in where) or "(top)"
        return f"{self.path}:{self.line(where)}: {key}: {message}"


def read_yaml(path: Path) -> YamlFile:
    """Read a YAML file whose top is a mapping.

    Raises
    ------
    ConfigurationError
        `file:line: what is wrong`; a value is never repeated in it, because it may be a secret.
    """
    text = _text(path)
    try:
        _refuse_unbounded(text, path)
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise ConfigurationError(_syntax_message(path, text, error)) from None
    except yaml.YAMLError as error:  # a character that YAML does not allow
        line = text[: getattr(error, "position", 0) or 0].count("\n") + 1
        raise ConfigurationError(f"{path}:{line}: not valid YAML: a control character; remove it") from None
    if node is None:
        raise ConfigurationError(f"{path}:1: the file is empty; expected a mapping of keys to values")
    if not isinstance(node, yaml.MappingNode):
        raise ConfigurationError(f"{path}:{_line(node)}: expected a mapping of keys to values at the top")
    tree = _Tree(path)
    return YamlFile(path, tree.mapping(node, ()), tree.lines)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise ConfigurationError(f"{path}: larger than {MAX_BYTES // 1024**2} MiB; a configuration is not that large")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigurationError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from None


def _refuse_unbounded(text: str, path: Path) -> None:
    depth = 0
    for event in _events(text):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise ConfigurationError(f"{path}:{_line(event)}: nested deeper than {MAX_DEPTH} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if getattr(event, "tag", None) is not None:
            raise ConfigurationError(f"{path}:{_line(event)}: tags (!...) are not allowed; quote the text")


def _events(text: str) -> Iterator[Any]:
    # In PyYAML's own words a generator; unlike compose() it does not recurse, so depth can be checked on the way.
    return iter(yaml.parse(text, Loader=_LOADER))


def _syntax_message(path: Path, text: str, error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    number = mark.line + 1 if mark else 1
    lines = text.splitlines()
    line = lines[number - 1] if number <= len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return f"{path}:{number}: a tab in the indentation; use spaces"
    problem = re.sub(r"'(?!<)[^']{2,}'", "'...'", error.problem or "wrong syntax")  # may hold a secret
    return f"{path}:{number}: not valid YAML: {problem}"


class _Tree:
    """Builds plain data from YAML nodes and notes the line of every key path."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[KeyPath, int] = {(): 1}

    def mapping(self, node: yaml.MappingNode, where: KeyPath) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = _line(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                raise ConfigurationError(f"{self.path}:{line}: expected a plain word as key")
            key = key_node.value
            if key == "<<" and not key_node.style:
                raise ConfigurationError(f"{self.path}:{line}: merge keys (<<) are not allowed; use for_each or repeat")
            if key in built:
                raise ConfigurationError(f"{self.path}:{line}: {key}: given twice; keep one")
            built[key] = self._value(value_node, (*where, key), line)
        return built

    def _value(self, node: yaml.Node, where: KeyPath, line: int) -> Any:
        self.lines[where] = line
        if len(self.lines) > MAX_VALUES or len(where) > MAX_DEPTH:
            raise ConfigurationError(f"{self.path}:{line}: too many values, or an alias inside itself")
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(child, (*where, number), _line(child)) for number, child in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return _scalar(node)


def _scalar(node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if node.style:  # quoted, literal or folded
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and len(text) <= 40:
        return float(text)
    return text


def _line(marked: Any) -> int:  # a node or an event: both carry a start mark
    return int(marked.start_mark.line) + 1
