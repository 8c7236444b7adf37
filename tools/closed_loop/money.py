"""What a run costs: energy, demand, carbon, work not served, heat not delivered, and what it leaves behind."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence

import numpy as np

from facility.records import FloatArray
from facility.site import Site, Tariff
from tools.closed_loop.case import Case
from tools.closed_loop.plant import Truth

COOLING_COP = 5.0  # by which cold and heat left behind become electricity: a chiller with its pumps, tower and fans
THERMAL_MASS, BACKLOG = "thermal_mass", "backlog"


def energy_cost(tariff: Tariff, meter_kwh: FloatArray, price_per_kwh: FloatArray) -> float:
    """Return what energy bought costs, less what energy sold earns (nothing without an export price)."""
    bought, sold = np.maximum(meter_kwh, 0.0), np.maximum(-meter_kwh, 0.0)
    return float(bought @ price_per_kwh) - float(sold.sum()) * (tariff.export_price_per_kwh or 0.0)


def carbon_kg(meter_kwh: FloatArray, gco2_per_kwh: FloatArray) -> float:
    """Return the carbon of energy bought; energy sold takes nothing off."""
    return float(np.maximum(meter_kwh, 0.0) @ gco2_per_kwh) / 1000.0


def demand_charge(case: Case, ends_s: FloatArray, seconds: FloatArray, meter_kwh: FloatArray, paid_kw: float) -> float:
    """Return the charge for the demand above what the month has seen already, for the run's share of the month.

    Demand is the mean over the tariff's windows, which begin at whole multiples of their length; a window that the run
    covers less than whole is no demand.
    """
    tariff = case.loaded.site.tariff
    window_s = tariff.demand_window_min * 60.0
    numbers = np.floor((ends_s - seconds) / window_s + 1e-6).astype(int)
    windows, index = np.unique(numbers, return_inverse=True)
    covered_s = np.bincount(index, seconds, len(windows))
    means_kw = np.bincount(index, meter_kwh, len(windows)) / (window_s / 3600.0)
    peak_kw = float(means_kw[covered_s > 0.999 * window_s].max(initial=0.0))
    local = case.start.astimezone(case.loaded.site.zone)
    share = case.days / calendar.monthrange(local.year, local.month)[1]
    return tariff.demand_charge_per_kw_month * max(peak_kw - paid_kw, 0.0) * share


def sla_cost(site: Site, begin: Truth, end: Truth) -> float:
    """Return what work not served, work done late and heat not delivered cost.

    Counters are over all pools, classes of work and contracts: prices are means, weighted by servers, energy a day and
    demand. Heat not delivered costs the price that it would have earned, and the shortfall's where the contract is firm.
    """
    unserved_server_h = end.work_asked_server_h - begin.work_asked_server_h
    unserved_server_h -= end.work_done_server_h - begin.work_done_server_h
    late_kwh = end.deadline_misses_kwh - begin.deadline_misses_kwh
    short_kwh = end.heat_asked_kwh - begin.heat_asked_kwh - (end.heat_delivered_kwh - begin.heat_delivered_kwh)
    per_server_h = _mean([(pool.servers, pool.unserved_cost_per_server_h) for pool in site.server_pools])
    per_late_kwh = _mean([(work.energy_kwh_per_day, work.late_cost_per_kwh) for work in site.deferrable_work])
    return (
        max(unserved_server_h, 0.0) * per_server_h
        + max(late_kwh, 0.0) * per_late_kwh
        + max(short_kwh, 0.0) * heat_price_per_kwh(site)
    )


def heat_price_per_kwh(site: Site) -> float:
    """Return what a kWh of heat that was asked for and not delivered costs, over all contracts."""
    return _mean(
        [
            (
                contract.demand_kw or 1.0,
                contract.price_per_kwh + (contract.shortfall_cost_per_kwh if contract.priority == "firm" else 0.0),
            )
            for contract in site.heat_contracts
        ]
    )


def final_state_cost(site: Site, begin: Truth, end: Truth, price_per_kwh: float, pue: float) -> float:
    """Return what the state at the end costs against the beginning, at one price of electricity.

    Charge missing from batteries is bought again; cold missing from tanks and heat left in halls, loops and pipes are
    cooled away at `COOLING_COP`; work left undone takes its energy with the site's overhead.
    """
    batteries = {battery.id for battery in site.batteries}
    owed_kwh = 0.0
    for name in {*begin.stored_kwh, *end.stored_kwh}:
        gained_kwh = end.stored_kwh.get(name, 0.0) - begin.stored_kwh.get(name, 0.0)
        if name in batteries:
            owed_kwh -= gained_kwh
        elif name == THERMAL_MASS:
            owed_kwh += gained_kwh / COOLING_COP
        elif name == BACKLOG:
            owed_kwh += gained_kwh * pue
        else:
            owed_kwh -= gained_kwh / COOLING_COP
    return owed_kwh * price_per_kwh


def check_stores(site: Site, stored_kwh: Mapping[str, float]) -> None:
    """Refuse a store that the site does not have: its worth at the end would be anybody's guess.

    Raises
    ------
    ValueError
        Naming it and those that are known.
    """
    known = [battery.id for battery in site.batteries]
    known += [plant.tank.id for plant in site.plants if plant.tank is not None]
    unknown = set(stored_kwh) - {*known, THERMAL_MASS, BACKLOG}
    if unknown:
        names = ", ".join([*known, THERMAL_MASS, BACKLOG])
        raise ValueError(f"stored_kwh: {', '.join(sorted(unknown))} is no battery or tank of the site; known: {names}")


def _mean(weighted: Sequence[tuple[float, float]]) -> float:
    weight = sum(one for one, _ in weighted)
    return sum(one * value for one, value in weighted) / weight if weight else 0.0
