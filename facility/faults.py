"""What pydantic finds wrong, in words for the engineer who wrote the file: `file:line: key: expected ...; nearest right key`.

A value is repeated only where it is a short number or word that cannot be a secret's: never for a secret reference, and never
where a part was expected and something else stands.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from facility.errors import ConfigurationError
from facility.yaml_file import KeyPath, YamlFile, read_yaml

Part = TypeVar("Part", bound=BaseModel)
_SHOWN = 30
_NOT_REPEATED = frozenset({"value_error", "model_type", "model_attributes_type", "dict_type", "mapping_type"})


def refusal(file: YamlFile, faults: Iterable[tuple[KeyPath, str]]) -> ConfigurationError:
    """Return one error that lists the faults of a file; alike ones on one line (from for_each) once."""
    messages: dict[tuple[int, object, str], str] = {}
    for where, message in faults:
        last = where[-1] if where else ""
        messages.setdefault((file.line(where), last, message), file.located(where, message))
    shown = list(messages.values())[:_SHOWN]
    if len(messages) > _SHOWN:
        shown.append(f"{file.path}: and {len(messages) - _SHOWN} more")
    return ConfigurationError("\n".join(shown))


def validated(file: YamlFile, model: type[Part]) -> Part:
    """Return what a file holds, as a model has it.

    Raises
    ------
    ConfigurationError
        With every fault found: `file:line: key: what is wrong; expected; nearest right key`.
    """
    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        raise refusal(file, explain(error, model)) from None


def read_settings(path: Path, model: type[Part], wrong: Callable[[Part], Iterable[tuple[KeyPath, str]]]) -> Part:
    """Return what a file beside a site file says; the defaults where there is none. `wrong` finds what a model cannot see.

    Raises
    ------
    ConfigurationError
        With every fault found: `file:line: key: what is wrong and how to mend it`.
    """
    if not path.exists():
        return model()
    file = read_yaml(path)
    settings = validated(file, model)
    faults = list(wrong(settings))
    if faults:
        raise refusal(file, faults)
    return settings


def explain(error: ValidationError, model: type[BaseModel]) -> list[tuple[KeyPath, str]]:
    """Return what a validation found; a list that is "too short" because its entries are wrong is not said again."""
    faults = error.errors()
    parents = {fault["loc"][:length] for fault in faults for length in range(len(fault["loc"]))}
    return [_explain(fault, model) for fault in faults if fault["loc"] not in parents]


def _explain(fault: ErrorDetails, model: type[BaseModel]) -> tuple[KeyPath, str]:
    where = tuple(part for part in fault["loc"] if isinstance(part, int) or not part.startswith("<"))
    kind = fault["type"]
    if kind == "extra_forbidden":
        return where, _unknown_key(str(where[-1]), sorted(_known_keys(model, where[:-1])))
    if kind == "missing":
        return where, "this key is required and not there"
    message = fault["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    if kind in ("model_type", "model_attributes_type"):
        message = "expected a mapping of keys to values"
    if kind == "literal_error":
        message += _did_you_mean(str(fault["input"]), [word.strip("'") for word in _expected_words(fault)])
    if kind not in _NOT_REPEATED and isinstance(fault["input"], str | int | float | None):
        message += f"; got {_short(fault['input'])}"
    return where, message


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest known word, or nothing."""
    return _did_you_mean(word, sorted(known))


def _did_you_mean(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word[:60], known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _expected_words(fault: ErrorDetails) -> list[str]:
    return str(fault.get("ctx", {}).get("expected", "")).replace(" or ", ", ").split(", ")


def _unknown_key(key: str, known: list[str]) -> str:
    return "no such key" + (_did_you_mean(key, known) or f"; known: {', '.join(known) or 'none'}")


def _short(value: object) -> str:
    text = "nothing" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _known_keys(model: type[BaseModel], where: KeyPath) -> set[str]:
    inside: type[BaseModel] | None = model
    for part in where:
        if inside is not None and isinstance(part, str):
            by_key = {field.alias or name: field for name, field in inside.model_fields.items()}
            # A key that is no field is the key of a mapping, such as a profile's points: its model is already found.
            inside = _model_in(by_key[part].annotation) if part in by_key else inside
    return {field.alias or name for name, field in inside.model_fields.items()} if inside else set()


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        found = _model_in(inner)
        if found is not None:
            return found
    return None
