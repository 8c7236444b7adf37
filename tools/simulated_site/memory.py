"""Everything that a simulated site remembers, as plain data for a state file; `recollection` is the fast way within a process."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from tools.simulated_site import snapshot
from tools.simulated_site.faults import Active, Call, Fault

if TYPE_CHECKING:
    from tools.simulated_site.plant import SimulatedPlant
    from tools.simulated_site.simulation import SimulatedSite


def memory_of(site: SimulatedSite) -> dict[str, Any]:
    """Return everything that a site remembers."""
    called = site.faults.called.items()
    return {
        "site": site.site.id,
        "seed": site.seed,
        "time": site.time.isoformat(),
        "setpoints": [[*key, value] for key, value in site.setpoints.values().items()],
        "held": [[*key, until_s] for key, until_s in site.held_until_s.items()],
        "stuck": [[*key, value] for key, value in site.sensors.held.items()],
        "faults": [[target, one.call.fault.value, one.call.amount, one.began_s] for target, one in called],
        "out": sorted(site.outages.out),
        "rack_energy_kwh": site.metering.rack_energy_kwh.tolist(),
        "heat_demand_kw": dict(site.reuse.demand_kw),
        "water_l": site.water_l,
        "rng": site.rng.bit_generator.state,
        "parts": {name: snapshot.dump(state) for name, state in _parts(site).items()},
    }


def recall(site: SimulatedSite, memory: dict[str, Any]) -> None:
    """Bring a site back to what `memory_of` returned.

    Raises
    ------
    tools.simulated_site.snapshot.SnapshotError
        If it is the memory of another site or seed.
    """
    parts = _parts(site)
    if (memory.get("site"), memory.get("seed")) != (site.site.id, site.seed) or set(memory["parts"]) != set(parts):
        raise snapshot.SnapshotError("the state file is of another site or seed; delete it to start anew")
    for name, state in parts.items():
        snapshot.restore(state, memory["parts"][name])
    for equipment, quantity, value in memory["setpoints"]:
        site.setpoints.set((equipment, quantity), value)
    site.held_until_s = {(equipment, quantity): until_s for equipment, quantity, until_s in memory["held"]}
    site.sensors.held = {(equipment, quantity): value for equipment, quantity, value in memory["stuck"]}
    site.faults.called.clear()
    site.faults.called |= {
        target: Active(Call(Fault(fault), amount), began_s) for target, fault, amount, began_s in memory["faults"]
    }
    site.outages.out = frozenset(memory["out"])
    site.metering.rack_energy_kwh = np.array(memory["rack_energy_kwh"])
    site.reuse.demand_kw |= memory["heat_demand_kw"]
    site.water_l = memory["water_l"]
    site.rng.bit_generator.state = memory["rng"]
    site.time = datetime.fromisoformat(memory["time"])
    site.faults.step(site.time.timestamp())
    site.recall_surroundings()


def _parts(site: SimulatedSite) -> dict[str, Any]:
    """Return the states of all parts by name."""
    parts: dict[str, Any] = {"workload": site.workload.state, "electrical": site.metering.chain.state}
    parts |= {f"queue {name}": state for name, state in site.workload.queue_states.items()}
    parts |= {f"hall {hall.hall_id}": hall.state for hall in site.halls}
    parts |= {f"loop {loop.loop.id}": loop.state for loop in site.loops}
    parts |= {name: state for plant in site.plants for name, state in _plant_parts(plant).items()}
    parts |= {f"heat pump {pump.pump.id}": pump.state for pump in site.heat_pumps}
    parts["heat counters"] = site.reuse.counters
    parts |= {f"photovoltaics {array.array.id}": array.state for array in site.photovoltaics}
    return parts | {f"battery {battery.battery.id}": battery.state for battery in site.batteries}


def _plant_parts(plant: SimulatedPlant) -> dict[str, Any]:
    name = plant.plant.id
    parts: dict[str, Any] = {
        f"plant {name}": plant.state,
        f"sequence {name}": plant.sequence_state,
        f"chilled pumps {name}": plant.chilled.state,
    }
    if plant.condenser is not None and plant.outside is not None:
        parts |= {f"condenser pumps {name}": plant.condenser.state, f"outside {name}": plant.outside.state}
    if plant.tank is not None:
        parts[f"tank {name}"] = plant.tank.state
    return parts | {f"chiller {one.nameplate.id}": one.state for one in plant.bank.machines}
