"""An exact memory of a running site in the same process, taken and put back in about a millisecond.

`snapshot` is the slower, readable memory for files; this one goes by the objects themselves, private ones included, so that it
cannot forget what some part keeps to itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

PACKAGE = __name__.rpartition(".")[0]


class Recollection:
    """Takes and puts back the memory of the objects that hang together with one."""

    def __init__(self, root: object) -> None:
        self._holders = [(holder, _names(holder)) for holder in _holders(root, set())]

    def take(self) -> list[list[Any]]:
        """Return copies of all that can change."""
        return [[_copy(getattr(holder, name)) for name in names] for holder, names in self._holders]

    def put_back(self, memory: list[list[Any]]) -> None:
        """Make everything as it was; dictionaries and lists keep their identity, for others may hold them."""
        for (holder, names), kept in zip(self._holders, memory, strict=True):
            for name, value in zip(names, kept, strict=True):
                _put(holder, name, value)


def _put(holder: object, name: str, value: Any) -> None:
    if isinstance(value, _Generator):
        getattr(holder, name).bit_generator.state = value.state
        return
    copied = _copy(value)
    if isinstance(value, dict):
        current = getattr(holder, name)
        if isinstance(current, dict):
            current.clear()
            current.update(copied)
            return
    setattr(holder, name, copied)


class _Generator:
    """The state of a random generator, which is put back rather than replaced."""

    __slots__ = ("state",)

    def __init__(self, state: Any) -> None:
        self.state = state


def _copy(value: Any) -> Any:
    kind = type(value)
    if kind is np.ndarray:
        return value.copy()
    if kind is list:
        return [_copy(item) for item in value] if value and type(value[0]) in _CONTAINERS else value.copy()
    if kind is dict:
        return {key: _copy(item) for key, item in value.items()}
    if kind is np.random.Generator:
        return _Generator(value.bit_generator.state)
    return value


_CONTAINERS = (list, dict, np.ndarray)


def _holders(found: object, seen: set[int]) -> Iterator[object]:
    """Yield the changeable objects of the simulated site that hang together with one, itself first."""
    if id(found) in seen:
        return
    seen.add(id(found))
    if isinstance(found, (list, tuple)):
        for item in found:
            yield from _holders(item, seen)
    elif isinstance(found, dict):
        for item in found.values():
            yield from _holders(item, seen)
    elif type(found).__module__.startswith(PACKAGE):
        if not _frozen(found):
            yield found
        for name in _all_names(found):
            yield from _holders(getattr(found, name), seen)


def _frozen(found: object) -> bool:
    parameters = getattr(found, "__dataclass_params__", None)
    return parameters is not None and bool(parameters.frozen)


def _all_names(found: object) -> list[str]:
    slots = [name for kind in type(found).__mro__ for name in getattr(kind, "__slots__", ())]
    return [name for name in (*slots, *getattr(found, "__dict__", ())) if hasattr(found, name)]


def _names(holder: object) -> list[str]:
    """Return the attributes that may change: what refers to the rest of the site stays where it is."""
    return [name for name in _all_names(holder) if not _is_structure(getattr(holder, name))]


def _is_structure(value: object) -> bool:
    if isinstance(value, (str, tuple)) or callable(value):
        return True
    if isinstance(value, (list, dict)):
        items = value if isinstance(value, list) else list(value.values())
        return bool(items) and all(_holds(item) for item in items)
    return _holds(value)


def _holds(value: object) -> bool:
    """Tell whether something is a changeable object of the simulated site, which keeps its identity."""
    return type(value).__module__.startswith(PACKAGE) and not _frozen(value)
