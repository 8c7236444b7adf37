"""The least power of a whole site over the steps of a run: halls and loops by plant, chain, heat pumps, water."""

from __future__ import annotations

import numpy as np

from facility.records import FloatArray
from tools.closed_loop.plant import BatteryRange, LeastPower
from tools.simulated_site.battery import EMPTY_FRAC, FULL_FRAC
from tools.simulated_site.faults import Fault
from tools.simulated_site.least_power.boxes import boxes_of
from tools.simulated_site.least_power.heat_pumps_least import cops
from tools.simulated_site.least_power.site_least import LeastSite
from tools.simulated_site.least_power.stores_least import store_kwh
from tools.simulated_site.simulation import SimulatedSite

LEVELS = 16  # of each pool's least power over the run, rounded down to
RETURN_DEGC = 45.0  # warmest water that comes back to a plant


def tabulate(
    site: SimulatedSite,
    dry_bulb_degc: FloatArray,
    dew_point_degc: FloatArray,
    least_it_kw: FloatArray,
    most_it_kw: FloatArray,
) -> LeastPower:
    """Return the least power from now on, as `tools.closed_loop.plant.Tabulates` has it."""
    boxes = boxes_of(dry_bulb_degc, dew_point_degc, site.outdoors.pressure_kpa)
    levels = _rounded_down(least_it_kw)
    least = LeastSite(site, levels.mean(axis=0), may_stand_of(site))
    rows = [least.step(box, level, most) for box, level, most in zip(boxes, levels, most_it_kw, strict=True)]
    stores = [store_kwh(site, plant) for plant in site.plants]
    sources = {plant.plant.id: np.full(len(boxes), RETURN_DEGC) for plant in site.plants}
    sources |= {loop.loop.id: least.return_degc(loop.loop.id, most_it_kw) for loop in site.loops}
    return LeastPower(
        base_kw=np.array([row.base_kw for row in rows]),
        per_it=np.array([row.per_it for row in rows]),
        per_removed=np.array([row.per_removed for row in rows]),
        base_lps=np.array([row.base_lps for row in rows]),
        lps_per_it_kw=np.array([row.lps_per_it_kw for row in rows]),
        lps_per_removed_kw=np.array([row.lps_per_removed_kw for row in rows]),
        takes_up_kwh=np.array([up for up, _ in stores]),
        gives_up_kwh=np.array([down for _, down in stores]),
        meter_slope=least.chain.meter_slope,
        meter_kw=least.chain.meter_kw,
        heat_pump_cop=cops(site.heat_pumps, site.site.heat_contracts, sources, len(boxes)),
        batteries=_batteries(site),
        most_kw=_most_kw(site, most_it_kw),
    )


def may_stand_of(site: SimulatedSite) -> frozenset[str]:
    """Return what is out of order now or will be at some time; of the main meter: the utility."""
    coming = {one.target for one in site.faults._spells if one.call.fault is Fault.TRIP}
    return frozenset(coming | site.faults.tripped)


def _rounded_down(least_it_kw: FloatArray) -> FloatArray:
    low, high = least_it_kw.min(axis=0), least_it_kw.max(axis=0)
    step = np.maximum((high - low) / LEVELS, 1e-6)
    return np.asarray(low + step * np.floor((least_it_kw - low) / step))


def _batteries(site: SimulatedSite) -> dict[str, BatteryRange]:
    return {
        one.battery.id: BatteryRange(
            EMPTY_FRAC * one.capacity_kwh, FULL_FRAC * one.capacity_kwh, one._charge_frac, one._discharge_frac
        )
        for one in site.batteries
    }


def _most_kw(site: SimulatedSite, most_it_kw: FloatArray) -> float:
    """Return far more than could ever be drawn: it keeps a program finite while prices are negative."""
    plants = [one.plant for one in site.plants]
    machines_kw = [chiller.rated_cooling_kw / chiller.rated_cop for plant in plants for chiller in plant.chillers]
    machines_kw += [pump.rated_kw for plant in plants for pump in plant.pumps]
    machines_kw += [tower.rated_fan_kw for plant in plants for tower in plant.towers]
    machines_kw += [cooler.rated_fan_kw for plant in plants for cooler in plant.dry_coolers]
    machines_kw += [crah.rated_fan_kw for crah in site.site.crahs]
    machines_kw += [cdu.rated_pump_kw for loop in site.site.liquid_loops for cdu in loop.cdus]
    machines_kw += [pump.rated_heat_kw for pump in site.site.heat_pumps]
    machines_kw += [battery.power_kw for battery in site.site.batteries]
    racks_kw = sum(rack.rated_kw for hall in site.site.halls for rack in hall.racks)
    return 2.0 * (sum(machines_kw) + racks_kw + float(most_it_kw.sum(axis=1).max()))
