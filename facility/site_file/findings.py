"""What the checks of a site file find: where, and what is wrong there."""

from __future__ import annotations

from collections.abc import Iterator

from facility.faults import nearest
from facility.yaml_file import KeyPath

Fault = tuple[KeyPath, str]


def unknown(where: KeyPath, identifier: str, known: set[str], kind: str) -> Iterator[Fault]:
    """Yield a fault if an id is not among those known, with the nearest that is."""
    if identifier not in known:
        yield where, f"no {kind} {identifier!r} in this site{nearest(identifier, known)}"
