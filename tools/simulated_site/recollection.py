"""An exact memory of a running site, taken and put back in about a millisecond, also in another process.

`snapshot` is the slower, readable memory for files; this one goes by the objects themselves, private ones included, so that it
cannot forget what some part keeps to itself. It holds what can change and nothing else: numbers, times, arrays, and lists and
dictionaries of them. What refers to other parts, to the site file or to functions is the same at every site of one file, seed
and conditions, and stays where it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

PACKAGE = __name__.rpartition(".")[0]


class ForeignMemoryError(ValueError):
    """A memory of a site that is built in another way."""


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What was so; it can be pickled."""

    shape: str  # which attributes of which parts it holds
    values: list[list[Any]]


class Recollection:
    """Takes and puts back the memory of the objects that hang together with one."""

    def __init__(self, root: object) -> None:
        self._holders = [(holder, _names(holder)) for holder in _holders(root, set())]
        parts = [f"{type(holder).__qualname__} {' '.join(names)}" for holder, names in self._holders]
        self._shape = hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def take(self) -> Memory:
        """Return copies of all that can change."""
        return Memory(
            self._shape, [[_copy(getattr(holder, name)) for name in names] for holder, names in self._holders]
        )

    def put_back(self, memory: Memory) -> None:
        """Make everything as it was; dictionaries keep their identity, for others may hold them.

        Raises
        ------
        ForeignMemoryError
            If it is the memory of another site.
        """
        if memory.shape != self._shape:
            raise ForeignMemoryError("this memory is of a site with other parts: another site file, or other code")
        for (holder, names), kept in zip(self._holders, memory.values, strict=True):
            for name, value in zip(names, kept, strict=True):
                _put(holder, name, value)


def _put(holder: object, name: str, value: Any) -> None:
    if isinstance(value, _Generator):
        getattr(holder, name).bit_generator.state = value.state
    elif isinstance(value, dict):
        current = getattr(holder, name)
        current.clear()
        current.update(_copy(value))
    else:
        setattr(holder, name, _copy(value))


@dataclass(frozen=True, slots=True, eq=False)
class _Generator:
    """The state of a random generator, which is put back rather than replaced."""

    state: Any


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
_PLAIN = (type(None), bool, int, float, datetime, np.ndarray, np.random.Generator, frozenset, set)


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
    """Return the attributes that may change."""
    return [name for name in _all_names(holder) if _changeable(getattr(holder, name))]


def _changeable(value: object) -> bool:
    """Tell whether a value is plain; what of the site is frozen may be replaced as a whole, and counts as plain."""
    if isinstance(value, list):
        return all(_changeable(item) or isinstance(item, str) for item in value)
    if isinstance(value, dict):
        return all(_changeable(item) for item in value.values())
    return isinstance(value, _PLAIN) or (type(value).__module__.startswith(PACKAGE) and _frozen(value))
