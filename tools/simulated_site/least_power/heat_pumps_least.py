"""Heat pumps at their best: the most heat for their power, from the warmest source that there could be."""

from __future__ import annotations

import numpy as np

from facility.records import FloatArray
from facility.site import HeatContract
from tools.simulated_site.heat_pump import EVAPORATOR_RANGE_K, STANDING_FRAC, SimulatedHeatPump

LOADS = np.linspace(0.05, 1.0, 40)
BETWEEN_FRAC = 0.002  # by which a better load may lie between these


def best_cop(pump: SimulatedHeatPump, contract: HeatContract | None, source_degc: float) -> float:
    """Return the best heat over power at any load, standing power included; 1 for a pump that nobody asks."""
    if contract is None:
        return 1.0
    found: list[float] = []
    for load in LOADS.tolist():
        leaving_degc = max(source_degc - EVAPORATOR_RANGE_K * load, pump.pump.source_leaving_min_degc)
        found.append(load / (load / pump._cop(leaving_degc, contract.supply_degc) + STANDING_FRAC))
    return (1.0 + BETWEEN_FRAC) * max(found)


def cops(
    pumps: list[SimulatedHeatPump], contracts: tuple[HeatContract, ...], source_degc: dict[str, FloatArray], steps: int
) -> FloatArray:
    """Return the best COP (steps, pumps), by the warmest source of each step."""
    contract_of = {name: one for one in reversed(contracts) for name in one.heat_pumps}
    found = [
        [best_cop(pump, contract_of.get(pump.pump.id), degc) for degc in source_degc[pump.pump.source].tolist()]
        for pump in pumps
    ]
    return np.array(found).T.reshape(steps, len(pumps))
