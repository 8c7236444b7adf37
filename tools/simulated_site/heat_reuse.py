"""Who asks for heat and who gets it: contracts share their demand among their heat pumps, which take it from loops and plants."""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from facility.site import HeatContract, Site
from tools.simulated_site.heat_pump import SimulatedHeatPump
from tools.simulated_site.liquid import SimulatedLoop
from tools.simulated_site.physics.constants import SECONDS_PER_HOUR
from tools.simulated_site.physics.exchanger import water_kwpk
from tools.simulated_site.plant import SimulatedPlant
from tools.simulated_site.setpoints import Key
from tools.simulated_site.surroundings import Surroundings


@dataclass(slots=True)
class HeatCounters:
    """Heat asked for and delivered since the beginning, over all contracts."""

    asked_kwh: float = 0.0
    delivered_kwh: float = 0.0


class HeatReuse:
    """The heat pumps of a site and the contracts they serve."""

    def __init__(
        self, site: Site, pumps: Sequence[SimulatedHeatPump], surroundings: Surroundings, folder: Path
    ) -> None:
        buffered = [contract.id for contract in site.heat_contracts if contract.buffer is not None]
        if buffered:
            raise ValueError(
                f"{', '.join(buffered)}: buffers of heat contracts are not simulated; leave the buffer out"
            )
        self.pumps = pumps
        self._contracts = site.heat_contracts
        self._contract_of = {pump: one for one in reversed(site.heat_contracts) for pump in one.heat_pumps}
        self._surroundings = surroundings
        self._own = {contract.id: _own_course(contract, folder) for contract in site.heat_contracts}
        self._left_kw: dict[str, float] = {}
        self.demand_kw: dict[str, float] = {contract.id: 0.0 for contract in site.heat_contracts}
        self.counters = HeatCounters()

    def ask(self, dt_s: float, time: datetime) -> None:
        """Take in what the contracts ask for in this step."""
        for contract in self._contracts:
            given = self._surroundings.heat(contract.id, time)
            self.demand_kw[contract.id] = kw = max(self._own[contract.id](time) if given is None else given, 0.0)
            self._left_kw[contract.id] = kw
            self.counters.asked_kwh += kw * dt_s / SECONDS_PER_HOUR

    def take_from_loop(self, dt_s: float, loop: SimulatedLoop) -> float:
        """Let the heat pumps on a loop run; return the heat [kW] they take from its return, never below what its supply may be."""
        taken_kw = 0.0
        for pump in self.pumps:
            if pump.pump.source == loop.loop.id:
                coolest_degc = max(min(loop.state.setpoint_degc), pump.pump.source_leaving_min_degc)
                kwpk = water_kwpk(sum(loop.state.flow_lps))
                available_kw = kwpk * max(loop.return_degc - coolest_degc, 0.0) - taken_kw
                taken_kw += self._run(pump, dt_s, loop.return_degc, max(available_kw, 0.0))
        return taken_kw

    def take_from_plant(self, dt_s: float, plant: SimulatedPlant, heat_kw: float) -> float:
        """Let the heat pumps on a plant's return run; return the heat [kW] they take of the `heat_kw` that comes back."""
        taken_kw = 0.0
        for pump in self.pumps:
            if pump.pump.source == plant.plant.id:
                taken_kw += self._run(pump, dt_s, plant.return_degc, max(heat_kw - taken_kw, 0.0))
        return taken_kw

    def _run(self, pump: SimulatedHeatPump, dt_s: float, source_degc: float, available_kw: float) -> float:
        contract = self._contract_of.get(pump.pump.id)
        if contract is None:
            return 0.0
        pump.step(dt_s, source_degc, available_kw, self._left_kw.get(contract.id, 0.0), contract)
        delivered_kw = pump.state.heat_kw
        self._left_kw[contract.id] = max(self._left_kw.get(contract.id, 0.0) - delivered_kw, 0.0)
        self.counters.delivered_kwh += min(delivered_kw, self.demand_kw[contract.id]) * dt_s / SECONDS_PER_HOUR
        return pump.state.source_kw

    def values(self) -> dict[Key, float]:
        """Return what each contract asks for."""
        return {(contract, "heat_demand_kw"): kw for contract, kw in self.demand_kw.items()}


def _own_course(contract: HeatContract, folder: Path) -> Callable[[datetime], float]:
    """Return what the site file says that a contract asks for: a constant, or its file, each row until the next."""
    if contract.demand_file is None:
        return lambda _time: contract.demand_kw
    with (folder / contract.demand_file).open(encoding="utf-8", newline="") as file:
        rows = sorted((_seconds(row["time"], contract), float(row["heat_kw"])) for row in csv.DictReader(file))
    times_s, powers_kw = [time_s for time_s, _ in rows], [kw for _, kw in rows]
    return lambda time: powers_kw[max(bisect_right(times_s, time.timestamp()) - 1, 0)]


def _seconds(text: str, contract: HeatContract) -> float:
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{contract.demand_file}: {text}: a time needs its offset, such as {text}+01:00")
    return time.timestamp()
