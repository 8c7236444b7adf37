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


@dataclass(frozen=True, slots=True)
class BatteryRange:
    """What a battery can do at best: charge between two levels, and efficiencies of charging and discharging."""

    least_kwh: float
    most_kwh: float
    charge_frac: float
    discharge_frac: float


@dataclass(frozen=True, slots=True, eq=False)
class LeastPower:
    """The least that a plant could draw, whatever its settings, as one plane for each of some steps in time.

    On average over step t, servers, all that cools them and all losses between them and the meter's own draw at least

        base_kw[t] + per_it[t] @ it_kw + per_removed[t] @ removed_kw

    `it_kw` is the power of each pool by the site file (peak, idle, sleep), which servers draw at their reference inlet
    temperature; what they draw more or less at another is in the plane, and so are racks in no pool. `removed_kw` is the heat that
    each plant takes outside beyond what arises in it; negative while its halls, loops and pipes warm up. Batteries,
    photovoltaics and heat pumps are not in it.

    Attributes
    ----------
    base_kw, per_it, per_removed
        (steps,), (steps, pools), (steps, plants): pools and plants in the order of the site file.
    base_lps, lps_per_it_kw, lps_per_removed_kw
        The same for the water that is used up, which is never less than nothing.
    takes_up_kwh, gives_up_kwh
        (plants,) Heat that halls, loops, pipes and tanks of a plant could take up at most, and give up, from where they are now.
    meter_slope, meter_kw
        (lines,) The meter shows at least `meter_slope * behind + meter_kw`, by every line, where `behind` is what all draw
        behind it, batteries and photovoltaics included: a transformer's loss is none of theirs alone.
    heat_pump_cop
        (steps, heat pumps) The most heat that each could deliver for its own power.
    batteries
        By id.
    most_kw
        The meter cannot show more.
    """

    base_kw: FloatArray
    per_it: FloatArray
    per_removed: FloatArray
    base_lps: FloatArray
    lps_per_it_kw: FloatArray
    lps_per_removed_kw: FloatArray
    takes_up_kwh: FloatArray
    gives_up_kwh: FloatArray
    meter_slope: FloatArray
    meter_kw: FloatArray
    heat_pump_cop: FloatArray
    batteries: Mapping[str, BatteryRange]
    most_kw: float


@runtime_checkable
class Tabulates(Protocol):
    """A plant that knows its least power from now on; without it bound and captured share are null.

    Its truth has the power of photovoltaics in `power_kw`.
    """

    def tabulate(
        self, dry_bulb_degc: FloatArray, dew_point_degc: FloatArray, least_it_kw: FloatArray, most_it_kw: FloatArray
    ) -> LeastPower:
        """Return the least power.

        Parameters
        ----------
        dry_bulb_degc, dew_point_degc
            (steps, moments) Outdoor air at some moments of each step; what is found holds between their extremes.
        least_it_kw, most_it_kw
            (steps, pools) Between which the power of each pool lies, at the reference inlet temperature.
        """
        ...
