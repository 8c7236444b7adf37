"""The meters of a site: which points are one device's power, voltages and currents, and the power that follows from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from facility.points import Point
from facility.site_file import LoadedSite

POWERS = ("power_kw", "output_power_kw", "it_power_kw")
LINES = (1, 2, 3)
OUTLET_POWER = "outlet_power_kw"
OTHERS = {
    "apparent_power_kva": "apparent",
    "power_factor": "factor",
    "energy_kwh": "energy",
    "input_power_kw": "input",
}
PHASES = tuple(f"{kind}_l{line}_{unit}" for kind, unit in (("current", "a"), ("voltage", "v")) for line in LINES)


@dataclass(slots=True)
class Meter:
    """One device that measures electric power; `name` is `equipment` or `equipment.tag`, the others are point ids."""

    name: str
    equipment: str
    power: str | None = None
    apparent: str | None = None
    factor: str | None = None
    energy: str | None = None
    input: str | None = None  # of a UPS or transformer: what goes in
    currents: dict[int, str] = field(default_factory=dict)  # by line
    voltages: dict[int, str] = field(default_factory=dict)
    outlets: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[int]:
        """The lines whose current and voltage are both measured."""
        return sorted(self.currents.keys() & self.voltages.keys())

    @property
    def points(self) -> list[str]:
        """Every point of it."""
        single = [
            point for point in (self.power, self.apparent, self.factor, self.energy, self.input) if point is not None
        ]
        return [*single, *self.currents.values(), *self.voltages.values(), *self.outlets]


def meters_of(loaded: LoadedSite) -> list[Meter]:
    """Return the devices that measure power, each with what else it measures of the same lines."""
    found: dict[str, Meter] = {}
    for point in loaded.points:
        if point.quantity in (*POWERS, *OTHERS, *PHASES, OUTLET_POWER):
            name = _name(point)
            _sort_in(found.setdefault(name, Meter(name, point.equipment)), point)
    return [meter for meter in found.values() if meter.power is not None]


def _name(point: Point) -> str:
    """Return the point's id without quantity and outlet."""
    parts = point.id.removesuffix(f".{point.quantity}").split(".")
    return ".".join(part for part in parts if not (point.quantity == OUTLET_POWER and part.startswith("outlet-")))


def _sort_in(meter: Meter, point: Point) -> None:
    quantity = point.quantity
    if quantity in POWERS:
        meter.power = point.id
    elif quantity in OTHERS:
        setattr(meter, OTHERS[quantity], point.id)
    elif quantity == OUTLET_POWER:
        meter.outlets.append(point.id)
    elif quantity.startswith("current"):
        meter.currents[int(quantity[len("current_l")])] = point.id
    else:
        meter.voltages[int(quantity[len("voltage_l")])] = point.id


def phase_kva(frame: pd.DataFrame, currents: Sequence[str], voltages: Sequence[str]) -> pd.Series:
    """Return the sum of volts times amperes over lines [kVA], NaN where a line has no reading."""
    lines = [
        frame[volts].to_numpy(float) * frame[amperes].to_numpy(float)
        for volts, amperes in zip(voltages, currents, strict=True)
    ]
    return pd.Series(np.sum(lines, axis=0) / 1000.0, index=frame.index)


def meter_kva(frame: pd.DataFrame, meter: Meter) -> pd.Series | None:
    """Return the apparent power of a device's lines [kVA]; None where it has none, or where a line never reads.

    A line that never reads is not wired (profiles name three); it is left out.
    """
    lines = [line for line in meter.lines if _reads(frame, meter, line)]
    if not lines:
        return None
    return phase_kva(frame, [meter.currents[one] for one in lines], [meter.voltages[one] for one in lines])


def power_factor(frame: pd.DataFrame, meter: Meter) -> pd.Series:
    """Return the power factor, 1 where it is not measured."""
    if meter.factor is None:
        return pd.Series(1.0, index=frame.index)
    return frame[meter.factor].abs()


def _reads(frame: pd.DataFrame, meter: Meter, line: int) -> bool:
    amperes, volts = (frame[point].to_numpy(float) for point in (meter.currents[line], meter.voltages[line]))
    return bool((np.isfinite(amperes) & np.isfinite(volts)).any())
