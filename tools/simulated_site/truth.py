"""What is so at the simulated site now, for the judge of a comparison; cheap, for it is asked every simulated minute."""

from __future__ import annotations

import numpy as np

from tools.closed_loop.plant import Truth
from tools.simulated_site.physics.constants import SECONDS_PER_HOUR
from tools.simulated_site.simulation import SimulatedSite


def truth_of(site: SimulatedSite) -> Truth:
    """Return what is so now, in the order of the site file."""
    workload, heat = site.workload, site.reuse.counters
    queues = workload.queue_states.values()
    available, needed = _units(site)
    return Truth(
        time=site.time,
        facility_kw=site.metering.chain.state.supply_kw,
        it_kw=site.metering.it_kw,
        cooling_kw=site.metering.cooling_kw,
        inlet_degc=np.concatenate([hall.true_inlet_degc for hall in site.halls]),
        dew_point_degc=np.array([hall.dew_point_degc for hall in site.halls]),
        relative_humidity_frac=np.array([hall.relative_humidity_frac for hall in site.halls]),
        loop_supply_degc=np.concatenate([np.zeros(0), *(loop.supply_degc for loop in site.loops)]),
        chillers_on=np.array([on for plant in site.plants for on in plant.chillers_on]),
        economizer_mode=np.array([float(plant.mode) for plant in site.plants]),
        units_available_kw=available,
        units_needed_kw=needed,
        work_asked_server_h=workload.state.asked_server_h,
        work_done_server_h=workload.state.done_server_h,
        deferrable_kwh=sum(queue.done_kwh for queue in queues),
        deadline_misses_kwh=sum(queue.late_kwh for queue in queues),
        chiller_starts=sum(plant.starts for plant in site.plants),
        heat_asked_kwh=heat.asked_kwh,
        heat_delivered_kwh=heat.delivered_kwh,
        water_l=site.water_l,
        battery_throughput_kwh=sum(battery.state.discharged_kwh for battery in site.batteries),
        stored_kwh=_stored_kwh(site),
        power_kw=site.metering.power_kw(),
        leaving_water_degc=np.array([plant.chilled_degc for plant in site.plants]),
    )


def _units(site: SimulatedSite) -> tuple[dict[str, list[float]], dict[str, float]]:
    groups = {f"{hall.hall_id}/crahs": hall.units() for hall in site.halls}
    groups |= {f"{loop.loop.id}/cdus": loop.units() for loop in site.loops}
    groups |= {f"{plant.plant.id}/{group}": units for plant in site.plants for group, units in plant.units().items()}
    return {name: units for name, (units, _) in groups.items()}, {name: kw for name, (_, kw) in groups.items()}


def _stored_kwh(site: SimulatedSite) -> dict[str, float]:
    stored = {battery.battery.id: battery.state.charge_kwh for battery in site.batteries}
    stored |= {plant.plant.tank.id: plant.tank_kwh for plant in site.plants if plant.plant.tank is not None}
    thermal_kj = sum(hall.stored_kj() for hall in site.halls) + sum(loop.stored_kj() for loop in site.loops)
    thermal_kj += sum(plant.stored_kj() - (plant.tank.stored_kj() if plant.tank else 0.0) for plant in site.plants)
    stored["thermal_mass"] = thermal_kj / SECONDS_PER_HOUR
    stored["backlog"] = sum(queue.backlog_kwh for queue in site.workload.queues.values())
    return stored
