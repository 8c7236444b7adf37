"""Canonical units, and conversion into them at the edge.

Inside facility a quantity has one unit, named by its suffix (`_kw`, `_degc`, `_lps`, ...). Devices speak others; a profile
names the device's unit, and `to_canonical` converts once, when a reading is decoded.
"""

from __future__ import annotations

from facility.errors import ConfigurationError

# unit on the wire -> (canonical unit, factor, offset): canonical = wire * factor + offset
_TO_CANONICAL: dict[str, tuple[str, float, float]] = {
    "kW": ("kW", 1.0, 0.0),
    "W": ("kW", 1e-3, 0.0),
    "MW": ("kW", 1e3, 0.0),
    "ton": ("kW", 3.5168525, 0.0),
    "kWh": ("kWh", 1.0, 0.0),
    "Wh": ("kWh", 1e-3, 0.0),
    "MWh": ("kWh", 1e3, 0.0),
    "kVA": ("kVA", 1.0, 0.0),
    "VA": ("kVA", 1e-3, 0.0),
    "kvar": ("kvar", 1.0, 0.0),
    "var": ("kvar", 1e-3, 0.0),
    "A": ("A", 1.0, 0.0),
    "V": ("V", 1.0, 0.0),
    "Hz": ("Hz", 1.0, 0.0),
    "degC": ("degC", 1.0, 0.0),
    "degF": ("degC", 5 / 9, -160 / 9),
    "K": ("K", 1.0, 0.0),
    "frac": ("frac", 1.0, 0.0),
    "%": ("frac", 0.01, 0.0),
    "L/s": ("L/s", 1.0, 0.0),
    "m3/h": ("L/s", 1 / 3.6, 0.0),
    "gpm": ("L/s", 0.0630902, 0.0),
    "m3/s": ("m3/s", 1.0, 0.0),
    "cfm": ("m3/s", 4.719474e-4, 0.0),
    "kPa": ("kPa", 1.0, 0.0),
    "Pa": ("kPa", 1e-3, 0.0),
    "psi": ("kPa", 6.894757, 0.0),
    "min": ("min", 1.0, 0.0),
    "s": ("min", 1 / 60, 0.0),
    "count": ("count", 1.0, 0.0),
    "enum": ("enum", 1.0, 0.0),
}

# Moves smaller than these are within what sensors and controllers resolve; each write costs wear (canonical units).
DEADBAND = {"degC": 0.25, "frac": 0.02, "L/s": 0.1, "kW": 1.0, "count": 0.5, "enum": 0.5}

UNITS = tuple(_TO_CANONICAL)
CANONICAL_UNITS = frozenset(canonical for canonical, _, _ in _TO_CANONICAL.values())


def canonical(unit: str) -> tuple[str, float, float]:
    """Return (canonical unit, factor, offset) for a unit as a device profile names it.

    Raises
    ------
    ConfigurationError
        If the unit is not known.
    """
    try:
        return _TO_CANONICAL[unit]
    except KeyError:
        raise ConfigurationError(f"unknown unit {unit!r}; known: {', '.join(sorted(_TO_CANONICAL))}") from None


def to_canonical(value: float, unit: str) -> float:
    """Convert a value in a device's unit to the canonical unit of its quantity."""
    _, factor, offset = canonical(unit)
    return value * factor + offset


def from_canonical(value: float, unit: str) -> float:
    """Convert a canonical value to a device's unit (for writes)."""
    _, factor, offset = canonical(unit)
    return (value - offset) / factor
