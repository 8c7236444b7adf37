"""What using machines up costs: battery throughput, chiller starts, changes of mode, moves of setpoints.

The same small prices as the product's plan uses (`facility/plan/moves.py`), written here anew so that a slip there is paid for
here. Moves are priced in hours of the plant's rated cooling as electricity, at the mean price of the run with its carbon: for
600 kW at 0.16 per kWh a start or a change of mode costs 0.19 and a kelvin 0.01. A start wears bearings and starter; makers
allow some 25,000 starts, which at 100 per kW of a 600 kW machine is 2.40 a start at most, a tenth of it if the machine is
worn out by hours first. A change of mode throttles two hydraulic circuits for some minutes. A setpoint that moves keeps valves
and fans hunting until the loop has settled.
"""

from __future__ import annotations

from statistics import fmean

from facility.site import Battery, Plant, Site
from tools.closed_loop.plant import Key

START_H = 0.002
MODE_H = 0.002
MOVE_H_PER_K = 0.0001
TEMPERATURE_SETPOINT = "temperature_setpoint_degc"


def rated_cooling_kw(plant: Plant) -> float:
    """Return what a plant is built for; one without chillers is as large as its exchanger."""
    chillers_kw = sum(chiller.rated_cooling_kw for chiller in plant.chillers)
    return chillers_kw or (plant.economizer.rated_kw if plant.economizer else 0.0)


def move_kwh_per_k(site: Site) -> dict[str, float]:
    """Return, by equipment with temperature setpoints, the wear of moving one by 1 K, in kWh to be priced.

    A hall's CRAHs move together and so do a loop's CDUs: each bears its share of one move.
    """
    plants_kwh = {plant.id: MOVE_H_PER_K * rated_cooling_kw(plant) for plant in site.plants}
    shares = dict(plants_kwh)
    halls = [crah.hall for crah in site.crahs]
    shares |= {crah.id: plants_kwh[crah.plant] / halls.count(crah.hall) for crah in site.crahs}
    for loop in site.liquid_loops:
        shares |= {cdu.id: plants_kwh[loop.plant] / len(loop.cdus) for cdu in loop.cdus}
    return shares


def move_kwh(shares: dict[str, float], key: Key, before: float | None, after: float) -> float:
    """Return the wear of one write, in kWh to be priced; only temperatures that had a value before count."""
    equipment, quantity = key
    if before is None or not quantity.endswith(TEMPERATURE_SETPOINT):
        return 0.0
    return shares.get(equipment, 0.0) * abs(after - before)


def start_kwh(site: Site) -> float:
    """Return the wear of a chiller's start, in kWh to be priced: of the mean chiller, starts being counted over all."""
    sizes = [chiller.rated_cooling_kw for plant in site.plants for chiller in plant.chillers]
    return START_H * fmean(sizes) if sizes else 0.0


def mode_kwh(site: Site) -> list[float]:
    """Return the wear of a change of mode by plant, in kWh to be priced."""
    return [MODE_H * rated_cooling_kw(plant) for plant in site.plants]


def battery_cost(site: Site, discharged_kwh: float) -> float:
    """Return the wear of energy that went in and, less the losses, out again; of the mean battery, weighted by its size."""
    size_kwh = sum(battery.energy_kwh for battery in site.batteries)
    if not size_kwh:
        return 0.0
    per_kwh = sum(battery.energy_kwh * _cost_per_discharged_kwh(battery) for battery in site.batteries) / size_kwh
    return per_kwh * discharged_kwh


def _cost_per_discharged_kwh(battery: Battery) -> float:
    round_trip_frac = battery.charge_efficiency_frac * battery.discharge_efficiency_frac
    return battery.wear_cost_per_kwh * (1.0 + 1.0 / round_trip_frac)
