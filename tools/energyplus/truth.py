"""The judge's view of a model: its values at the end of a time step, and what has added up since the start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import numpy as np

from facility.records import FloatArray
from facility.site import Site
from tools.closed_loop.plant import Key, Truth
from tools.energyplus.mapping import EnergyPlusMapping, Source, Totals
from tools.energyplus.outputs import Answer, Outputs

_POWERS = ("power_kw", "fan_power_kw", "pump_power_kw")


class TrueValues:
    """Values without noise, and counters that begin at 0."""

    def __init__(self, site: Site, mapping: EnergyPlusMapping, outputs: Outputs) -> None:
        self._site, self._mapping, self._outputs = site, mapping, outputs
        self._chillers = [unit.id for plant in site.plants for unit in plant.chillers]
        self._sources = {(one.equipment, one.quantity): one for one in mapping.readings}
        self._hall_air = {hall.hall: hall for hall in mapping.halls}
        self._answer: Answer = ()
        self.readings: Mapping[Key, float] = {}
        self._work_server_h = self._water_l = 0.0
        self._starts = 0

    def saw(self, answer: Answer) -> None:
        """Take in the outputs at the end of a time step."""
        before, self._answer = self.readings, answer
        self.readings = {key: self._value(source) for key, source in self._sources.items()}
        if before:
            on = [(before.get((unit, "on_status"), 0.0), self._reading(unit, "on_status")) for unit in self._chillers]
            self._starts += sum(was < 0.5 < now for was, now in on)

    def begin(self) -> None:
        """Set the counters to 0: what came before was the lead-in."""
        self._work_server_h, self._water_l, self._starts = 0.0, 0.0, 0

    def pass_time(self, seconds: float) -> None:
        """Let the counters go on under the present values."""
        busy = sum(self._reading(pool.id, "utilisation_frac") * pool.servers for pool in self._site.server_pools)
        self._work_server_h += busy * seconds / 3600.0
        self._water_l += self._value(self._mapping.totals.water_lps) * seconds

    def truth(self, time: datetime) -> Truth:
        """Return everything at a time. The model does all the work that it is asked."""
        site = self._site
        total = {name: self._value(getattr(self._mapping.totals, name)) for name in Totals.model_fields}
        return Truth(
            time=time,
            facility_kw=total["facility_kw"],
            it_kw=total["it_kw"],
            cooling_kw=total["cooling_kw"],
            inlet_degc=self._array("inlet_temperature_degc", (rack.id for hall in site.halls for rack in hall.racks)),
            dew_point_degc=self._air("dew_point_degc"),
            relative_humidity_frac=self._air("relative_humidity_frac"),
            loop_supply_degc=np.empty(0),
            chillers_on=self._array("on_status", self._chillers),
            economizer_mode=self._array("economizer_mode", (plant.id for plant in site.plants)),
            leaving_water_degc=self._array(
                "leaving_chilled_water_temperature_degc", (plant.id for plant in site.plants)
            ),
            work_asked_server_h=self._work_server_h,
            work_done_server_h=self._work_server_h,
            chiller_starts=self._starts,
            water_l=self._water_l,
            power_kw=self._powers(),
        )

    def _value(self, source: Source) -> float:
        return self._outputs.value(source, self._answer)

    def _reading(self, equipment: str, quantity: str) -> float:
        return self.readings.get((equipment, quantity), 0.0)

    def _array(self, quantity: str, equipment: Iterable[str]) -> FloatArray:
        return np.array([self._reading(one, quantity) for one in equipment])

    def _air(self, name: str) -> FloatArray:
        """Return a quantity of the air in each hall; nothing unless the mapping has all halls."""
        if set(self._hall_air) != {hall.id for hall in self._site.halls}:
            return np.empty(0)
        return np.array([self._value(getattr(self._hall_air[hall.id], name)) for hall in self._site.halls])

    def _powers(self) -> dict[str, float]:
        return {equipment: value for (equipment, quantity), value in self.readings.items() if quantity in _POWERS}
