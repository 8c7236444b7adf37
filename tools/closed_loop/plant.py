"""The plant's side of the closed loop: what a plant must offer to take part, and what it may.

A plant is named by its factory, `module:factory`, which is called as `factory(loaded, conditions, seed, start)`: the site as
its file describes it, what happens to it, the seed of whatever the file does not say, and when it begins. Equipment ids and
quantities are those of the site file and of `facility.points`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

import numpy as np

from facility.records import FloatArray
from facility.site_file import LoadedSite
from tools.closed_loop.conditions import Conditions

Key = tuple[str, str]  # equipment id, quantity


class RefusedError(ValueError):
    """A setpoint that the plant does not have, or a value that its controller does not accept."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What is so at one moment, whatever the sensors say. Powers are instantaneous; counters begin with the plant.

    Arrays are in the order of the site file: racks hall by hall, halls, CDUs loop by loop, chillers and economizers plant by
    plant. What a plant does not have or does not know is empty or 0.

    Attributes
    ----------
    facility_kw
        At the utility meter; negative while exporting.
    cooling_kw
        All that moves or makes cold: chillers, towers, dry coolers, pumps, CRAH fans, humidifiers; not heat pumps.
    inlet_degc
        Air that enters each rack.
    dew_point_degc, relative_humidity_frac
        Of the air in each hall.
    loop_supply_degc
        Technology loop supply at each CDU.
    leaving_water_degc
        Chilled (or facility) water that leaves each plant; for pictures.
    units_available
        By `owner/group` (`hall-1/crahs`, `plant-1/chillers`, groups as in `facility.site.Redundancy`): the rated capacity [kW]
        of each unit that runs or could at once; tripped and locked-out ones are left out.
    units_needed_kw
        By the same names: the capacity that the present load takes.
    work_asked_server_h, work_done_server_h
        Counters of the work that cannot wait, in hours of fully used servers.
    deferrable_kwh, deadline_misses_kwh
        Counters of deferrable work done, and of what was done (or is still waiting) after it was due.
    chiller_starts
        Counter over all chillers.
    heat_asked_kwh, heat_delivered_kwh, water_l, battery_throughput_kwh
        Counters; throughput is energy discharged.
    stored_kwh
        By what holds it: electricity in batteries (`battery-1`), cold in tanks (`tank-1`, more is colder), and heat in halls,
        loops and pipes together (`thermal_mass`, above 0 degC), deferrable work not done (`backlog`).
    """

    time: datetime
    facility_kw: float
    it_kw: float
    cooling_kw: float
    inlet_degc: FloatArray
    dew_point_degc: FloatArray
    relative_humidity_frac: FloatArray
    loop_supply_degc: FloatArray
    chillers_on: FloatArray
    economizer_mode: FloatArray
    units_available_kw: Mapping[str, Sequence[float]] = field(default_factory=dict)
    units_needed_kw: Mapping[str, float] = field(default_factory=dict)
    work_asked_server_h: float = 0.0
    work_done_server_h: float = 0.0
    deferrable_kwh: float = 0.0
    deadline_misses_kwh: float = 0.0
    chiller_starts: int = 0
    heat_asked_kwh: float = 0.0
    heat_delivered_kwh: float = 0.0
    water_l: float = 0.0
    battery_throughput_kwh: float = 0.0
    stored_kwh: Mapping[str, float] = field(default_factory=dict)
    power_kw: Mapping[str, float] = field(default_factory=dict)  # by equipment, for pictures; may be empty
    leaving_water_degc: FloatArray = field(default_factory=lambda: np.zeros(0))


class Plant(Protocol):
    """A plant that can be driven."""

    @property
    def time(self) -> datetime:
        """The plant's clock, UTC."""
        ...

    def set(self, equipment: str, quantity: str, value: float) -> None:
        """Put a setpoint in force, in canonical units.

        Raises
        ------
        RefusedError
            If there is no such setpoint, or its controller does not accept the value.
        """
        ...

    def step(self, seconds: float) -> None:
        """Let time pass."""
        ...

    def measured(self) -> Mapping[Key, float]:
        """Return what the sensors say now: NaN where one is silent. All that an arm may see."""
        ...

    def truth(self) -> Truth:
        """Return what is so now. Only the judge may see it."""
        ...

    def close(self) -> None:
        """Let go of processes and files."""
        ...


class PlantFactory(Protocol):
    """Makes a plant in its state at `start`, under its own as-commissioned setpoints."""

    def __call__(self, loaded: LoadedSite, conditions: Conditions, seed: int, start: datetime) -> Plant:
        """Return the plant."""
        ...


@runtime_checkable
class Rewindable(Protocol):
    """A plant that can go back; one that cannot is made anew and driven through its past again."""

    def memory(self) -> Any:
        """Return everything that the plant remembers."""
        ...

    def recall(self, memory: Any) -> None:
        """Go back to what `memory` returned, of this plant or another of the same site, seed and conditions."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class LeastPower:
    """The least power that a plant could ever draw to carry a heat load, whatever its settings, as a table.

    `overhead_kw[w, h]`: everything but IT power at the reference (all cooling, losses, house load, and what server fans draw
    above their least), at weather `w` and IT load `it_kw[h]`. No state of the plant, steady or passing, may draw less for
    longer than the heat it borrows from `thermal_kwh`.
    """

    dry_bulb_degc: FloatArray  # (w,)
    wet_bulb_degc: FloatArray  # (w,)
    it_kw: FloatArray  # (h,)
    overhead_kw: FloatArray  # (w, h)
    thermal_kwh: float  # most heat that halls, loops and pipes can take up between their limits


@runtime_checkable
class Tabulates(Protocol):
    """A plant that knows its least power; without it bound and captured share are null."""

    def tabulate(self, dry_bulb_degc: FloatArray, wet_bulb_degc: FloatArray, it_kw: FloatArray) -> LeastPower:
        """Return the least power at pairs of weather and IT loads at the reference inlet temperature."""
        ...
