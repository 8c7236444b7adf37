"""Which values of the standard mean what to the site, and in which units they may come. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from facility.grid_event import GridEventKind
from facility.respond.openadr.entities import PayloadDescriptor, Values
from facility.respond.openadr.layout import UnreadableEventError


@dataclass(frozen=True, slots=True)
class Kind:
    """What a type of payload is to the site: its kind, the units it may be told in, and whether it may be left out."""

    kind: GridEventKind
    units: frozenset[str | None]
    several: bool = False  # one value after another shares the interval
    may_be_negative: bool = False


_KW = frozenset({"KW"})
_PER_KWH = frozenset({"KWH", None})
KINDS: Mapping[str, Kind] = {
    "SIMPLE": Kind(GridEventKind.LEVEL, frozenset({None})),
    "PRICE": Kind(GridEventKind.PRICE, _PER_KWH, several=True, may_be_negative=True),
    "GHG": Kind(GridEventKind.CARBON, frozenset({"GHG", "KWH", None}), several=True),
    "DISPATCH_SETPOINT": Kind(GridEventKind.SETPOINT, _KW),
    "DISPATCH_SETPOINT_RELATIVE": Kind(GridEventKind.REDUCTION, _KW, may_be_negative=True),
    "IMPORT_CAPACITY_LIMIT": Kind(GridEventKind.IMPORT_CAP, _KW),
    "EXPORT_CAPACITY_LIMIT": Kind(GridEventKind.EXPORT_CAP, _KW),
    "IMPORT_CAPACITY_SUBSCRIPTION": Kind(GridEventKind.IMPORT_SUBSCRIBED, _KW),
    "IMPORT_CAPACITY_RESERVATION": Kind(GridEventKind.IMPORT_RESERVED, _KW),
}
LEVELS = (0, 1, 2, 3)


@dataclass(frozen=True, slots=True)
class Terms:
    """What the site has agreed, beside the standard."""

    currency: str
    relative_setpoint: str | None  # "change", "reduction", or not agreed


def reader(payload: str, descriptor: PayloadDescriptor | None, terms: Terms) -> Callable[[Values], list[float]]:
    """Return what reads the values of a type of payload, in the site's units.

    Raises
    ------
    UnreadableEventError
        If the site does nothing with the type, or not in these units or this currency.
    """
    known = KINDS.get(payload)
    if known is None:
        raise UnreadableEventError(f"the site does nothing with {payload}")
    units = descriptor.units if descriptor is not None else None
    if units not in known.units:
        wanted = ", ".join(sorted(unit for unit in known.units if unit) or ["none"])
        raise UnreadableEventError(f"{payload} in {units or 'no unit'}; expected {wanted}")
    currency = descriptor.currency if descriptor is not None else None
    if known.kind is GridEventKind.PRICE and currency != terms.currency:
        raise UnreadableEventError(f"{payload} in {currency or 'no currency'}; the site reckons in {terms.currency}")
    if known.kind is GridEventKind.REDUCTION and terms.relative_setpoint is None:
        raise UnreadableEventError(f"{payload}: say in the settings which way it counts: relative_setpoint")
    sign = -1.0 if known.kind is GridEventKind.REDUCTION and terms.relative_setpoint == "change" else 1.0
    return lambda values: [sign * value for value in _numbers(known, values)]


def _numbers(known: Kind, values: Values) -> list[float]:
    if not values.values or (len(values.values) > 1 and not known.several):
        raise UnreadableEventError(f"{values.type} with {len(values.values)} values")
    numbers = [
        float(value) for value in values.values if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    if len(numbers) < len(values.values) or not all(abs(number) < 1e9 for number in numbers):
        raise UnreadableEventError(f"{values.type}: expected finite numbers")
    if known.kind is GridEventKind.LEVEL and not all(number in LEVELS for number in numbers):
        raise UnreadableEventError(f"{values.type}: expected one of {', '.join(map(str, LEVELS))}")
    if not known.may_be_negative and min(numbers) < 0:
        raise UnreadableEventError(f"{values.type}: a negative value")
    return numbers
