"""Whom a program, event or report is meant for. Pure."""

from __future__ import annotations

from collections.abc import Collection

from facility.respond.openadr.entities import Values
from facility.respond.openadr.settings import VenSettings

_NAMES_OF_VENS = "VEN_NAME"
_NAMES_OF_RESOURCES = "RESOURCE_NAME"


def labels_of(ven: VenSettings, granted: Collection[str] = ()) -> frozenset[str]:
    """Return all labels that mean us: our names, those of the settings, and those that the VTN has granted.

    With 3.0.1 labels have a type and are written `TYPE=value`; with 3.1 they are plain words.
    """
    if ven.standard == "3.0.1":
        names = {f"{_NAMES_OF_VENS}={ven.ven_name}", *(f"{_NAMES_OF_RESOURCES}={name}" for name in ven.resources)}
    else:
        names = {ven.ven_name, *ven.resources}
    return frozenset({*names, *ven.targets, *granted})


def flat(targets: Collection[str | Values] | None) -> frozenset[str]:
    """Return targets of either version as labels."""
    found: set[str] = set()
    for target in targets or ():
        found |= {target} if isinstance(target, str) else {f"{target.type}={value}" for value in target.values}
    return frozenset(found)


def means_us(targets: Collection[str | Values] | None, labels: Collection[str]) -> bool:
    """Tell whether targets mean us: without any they mean everybody."""
    wanted = flat(targets)
    return not wanted or not wanted.isdisjoint(labels)
