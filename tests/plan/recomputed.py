"""What a published plan does, recomputed from its named series and the site file alone: balances, stores, limits, money.

Nothing here asks `facility.plan`: an error in a case, a simulation or a check of the product cannot cancel out.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from facility.plan.inputs import PlanInputs
from facility.records import FloatArray, Plan
from facility.site import LossCurve, ServerPool

WATER_KWH_PER_M3K = 1.163
TANK_USABLE_FRAC = 0.9  # in the rest cold and warm water mix
SUPPLY_AIR, WATER = "supply_air_temperature_setpoint_degc", "leaving_chilled_water_temperature_setpoint_degc"
Finding = tuple[str, FloatArray | float]  # what, and by how much it is beyond what may be


class Recomputed:
    """A plan's series by equipment and quantity, and what follows from them."""

    def __init__(self, inputs: PlanInputs, plan: Plan) -> None:
        self.inputs, self.site, self.plan = inputs, inputs.site, plan
        self.nothing, self.hours = np.zeros(inputs.steps), inputs.step_h

    def series(self, equipment: str, quantity: str) -> FloatArray:
        """Return a series; nought where the plan has none."""
        values = self.plan.schedule.get(f"{equipment}.{quantity}")
        return self.nothing if values is None else np.array(values)

    def has(self, equipment: str, quantity: str) -> bool:
        """Tell whether the plan says something of it."""
        return f"{equipment}.{quantity}" in self.plan.schedule

    @property
    def site_kw(self) -> FloatArray:
        """Power at the meter."""
        return self.series("site", "power_kw")

    @property
    def charge_kw(self) -> FloatArray:
        """What batteries take."""
        return sum((self.series(one.id, "charge_power_setpoint_kw") for one in self.site.batteries), self.nothing)

    @property
    def lifted_kw(self) -> tuple[FloatArray, FloatArray]:
        """Heat that heat pumps deliver, and their power."""
        pumps = [one.id for one in self.site.heat_pumps]
        heat = sum((self.series(name, "heat_output_setpoint_kw") for name in pumps), self.nothing)
        return heat, sum((self.series(name, "power_kw") for name in pumps), self.nothing)

    def planned(self, pool: ServerPool) -> bool:
        """Tell whether the plan moves a pool's servers."""
        return self.has(pool.id, "awake_servers_command")

    def reference_it_kw(self) -> FloatArray | None:
        """Return IT power at the reference inlet; None where servers of several frequencies make it another sum."""
        total = sum(self.inputs.it_power_kw.values(), self.nothing)
        for pool in self.site.server_pools:
            if self.has(pool.id, "level_2_servers_command"):
                return None
            if self.planned(pool):
                now = min(round(self.inputs.awake_servers[pool.id]), pool.servers)
                woken = self.series(pool.id, "awake_servers_command") - now
                total = total + woken * (pool.idle_w - pool.sleep_w) / 1000.0
        for work in self.site.deferrable_work:
            total = total + self.series(work.id, "deferrable_power_command_kw")
        return sum((self.series(job.id, "job_power_command_kw") for job in self.inputs.jobs), total)


def balances(of: Recomputed) -> Iterator[Finding]:
    """Yield by how much energy is not conserved, from the racks to the meter and from the racks to the plants."""
    it_kw, cooling_kw = of.series("site", "it_power_kw"), of.series("site", "cooling_power_kw")
    lifted_kw, pumps_kw = of.lifted_kw
    chain, halls = of.site.electrical, len(of.inputs.it_power_kw)
    output = it_kw + sum((pdu.no_load_kw for pdu in chain.pdus), 0.0) + chain.pdus[0].proportional_frac * it_kw
    assert halls == len(chain.pdus)
    load = output + _loss_kw(chain.ups, output) + cooling_kw + pumps_kw + of.charge_kw
    load = load - of.series("site", "photovoltaic_power_kw")
    meter = load + _loss_kw(chain.transformer, load)
    yield "power at the meter", np.abs(meter - of.site_kw)
    reference = of.reference_it_kw()
    if reference is None:
        return
    overhead = sum((of.series(plant.id, "overhead_power_kw") for plant in of.site.plants), of.nothing)
    yield "server fans counted once", np.abs(overhead - (it_kw - reference) - cooling_kw)
    tanks = [plant.tank.id for plant in of.site.plants if plant.tank]
    cold = sum((of.series(name, "charge_power_setpoint_kw") for name in tanks), of.nothing)
    removed = sum((of.series(plant.id, "heat_kw") for plant in of.site.plants), of.nothing)
    yield "heat of racks, tanks and heat pumps", np.abs(reference + cold - (lifted_kw - pumps_kw) - removed)


def stores(of: Recomputed) -> Iterator[Finding]:
    """Yield by how much batteries, tanks and buffers hold other than what went in and out, or than they can."""
    for battery in of.site.batteries:
        if of.has(battery.id, "charge_power_setpoint_kw"):
            yield from _battery(of, battery.id)
    for plant in of.site.plants:
        if plant.tank is not None and of.has(plant.tank.id, "charge_power_setpoint_kw"):
            tank, charge = plant.tank, of.series(plant.tank.id, "charge_power_setpoint_kw")
            most_kw = tank.max_flow_lps * WATER_KWH_PER_M3K * 3.6 * tank.rated_range_k
            cold_frac = of.series(tank.id, "cold_frac")
            yield f"{tank.id} power", np.abs(charge) - 1.01 * most_kw
            yield f"{tank.id} cold", np.maximum(cold_frac - 1.0, -cold_frac)
            capacity_kwh = TANK_USABLE_FRAC * tank.volume_m3 * WATER_KWH_PER_M3K * tank.rated_range_k
            held = capacity_kwh * np.diff(cold_frac, prepend=of.inputs.tanks_now[tank.id].cold_frac)
            yield f"{tank.id} gains what it is not given", held - charge * of.hours
    for contract in of.site.heat_contracts:
        if contract.buffer is not None and of.has(contract.buffer.id, "stored_kwh"):
            held, lifted = of.series(contract.buffer.id, "stored_kwh"), of.lifted_kw[0]
            full = contract.buffer.volume_m3 * WATER_KWH_PER_M3K * (contract.supply_degc - contract.return_degc)
            first = of.inputs.state_of_charge_frac[contract.buffer.id] * full
            gained = (lifted - of.series(contract.id, "heat_delivered_kw")) * of.hours
            yield f"{contract.buffer.id} heat", np.maximum(held - max(full, first), -held)
            yield f"{contract.buffer.id} gains what it is not given", np.diff(held, prepend=first) - gained


def _battery(of: Recomputed, name: str) -> Iterator[Finding]:
    battery = next(one for one in of.site.batteries if one.id == name)
    charge, first = of.series(name, "charge_power_setpoint_kw"), of.inputs.state_of_charge_frac[name]
    kept = np.where(charge > 0.0, charge * battery.charge_efficiency_frac, charge / battery.discharge_efficiency_frac)
    stored = first * battery.energy_kwh + np.cumsum(kept) * of.hours
    yield f"{name} power", np.abs(charge) - battery.power_kw
    yield f"{name} energy", np.abs(stored - of.series(name, "state_of_charge_frac") * battery.energy_kwh)
    yield f"{name} full", stored - max(1.0, first) * battery.energy_kwh
    chain, it_kw = of.site.electrical, of.series("site", "it_power_kw")
    critical = it_kw * (1.0 + chain.pdus[0].proportional_frac) + sum(pdu.no_load_kw for pdu in chain.pdus)
    reserve = critical * battery.reserve_min / 60.0 / battery.discharge_efficiency_frac
    steps = np.arange(1, of.inputs.steps + 1)
    half_kw = 0.5 * battery.power_kw * battery.charge_efficiency_frac  # at which one measured below comes back
    way_up = first * battery.energy_kwh + steps * half_kw * of.hours
    yield f"{name} reserve", np.minimum(reserve, way_up) - stored
    if battery.charges_from == "photovoltaics":
        above = stored > reserve + 0.5 * battery.power_kw * of.hours
        yield f"{name} sun", np.where(above, charge - of.series("site", "photovoltaic_power_kw"), 0.0)


def limits(of: Recomputed) -> Iterator[Finding]:
    """Yield by how much a declared limit is broken."""
    chain, site = of.site.electrical, of.site
    if chain.import_limit_kw is not None:
        yield "import limit", of.site_kw - chain.import_limit_kw
    export_kw = np.inf if chain.export_limit_kw is None else chain.export_limit_kw
    yield "export", -of.site_kw - (0.0 if site.tariff.export_price_per_kwh is None else export_kw)
    if site.carbon.budget_kg_per_day is not None:
        day = of.inputs.steps * of.hours / 24.0
        yield "carbon budget", of.plan.cost.carbon_kg - site.carbon.budget_kg_per_day * day
    for promise in of.inputs.commitments if of.plan.commitments else ():
        touched = [t < promise.end and t + site.step > promise.start for t in of.inputs.times]
        if promise.penalty_per_kwh is None:
            yield promise.id, np.where(touched, of.site_kw - promise.amount_kw, 0.0)
    for hall in site.halls:
        yield f"{hall.id} inlet", of.series(hall.id, "inlet_max_degc") - hall.limits.inlet_max_degc
    yield from _setpoints(of)
    for pool in site.server_pools:
        if of.planned(pool):
            yield from _servers(of, pool)
    yield from _work(of)


def _setpoints(of: Recomputed) -> Iterator[Finding]:
    for plant in of.site.plants:
        now = of.inputs.plants_now[plant.id]
        loops = [one.rate_max_k_per_h * of.hours for one in of.site.liquid_loops if one.plant == plant.id]
        water, most_k = of.series(plant.id, WATER), min([plant.leaving_water_max_step_k, *loops])
        yield f"{plant.id} water ramp", np.abs(np.diff(water, prepend=now.leaving_water_degc)) - most_k
        span = plant.leaving_water_min_degc, plant.leaving_water_max_degc
        yield f"{plant.id} water", _leaves(water, now.leaving_water_degc, *span)
        serving = sum(of.site.in_service(one.id, of.inputs.start) for one in plant.chillers)
        yield f"{plant.id} chillers", of.series(plant.id, "chillers_staged_command") - serving
        mode_min = 0.0 if plant.economizer is None else plant.economizer.min_dwell_min
        yield f"{plant.id} dwell", _too_soon(of.series(plant.id, "economizer_mode_command"), mode_min / 60.0 / of.hours)
    for crah in of.site.crahs:
        limits = next(hall.limits for hall in of.site.halls if hall.id == crah.hall)
        model = of.inputs.plant(crah.plant)
        first = of.inputs.plants_now[crah.plant].supply_air_degc[model.halls.index(crah.hall)]
        air = of.series(crah.id, SUPPLY_AIR)
        yield f"{crah.id} ramp", np.abs(np.diff(air, prepend=first)) - limits.rate_max_k_per_h * of.hours
        yield f"{crah.id} air", _leaves(air, first, crah.supply_air_min_degc, crah.supply_air_max_degc)


def _leaves(course: FloatArray, first: float, low: float, high: float) -> FloatArray:
    """Return by how much a course goes further out of its range than it was."""
    before = np.concatenate([[first], course[:-1]])
    return np.asarray(np.maximum(course - np.maximum(high, before), np.minimum(low, before) - course))


def _too_soon(mode: FloatArray, dwell_steps: float) -> FloatArray:
    """Return by how many steps modes entered in the plan are left too early."""
    changes = np.flatnonzero(np.diff(mode) != 0.0) + 1
    return np.maximum(np.ceil(dwell_steps - 1e-9) - np.diff(changes), 0.0) if len(changes) > 1 else np.zeros(1)


def _servers(of: Recomputed, pool: ServerPool) -> Iterator[Finding]:
    awake, now = of.series(pool.id, "awake_servers_command"), min(round(of.inputs.awake_servers[pool.id]), pool.servers)
    yield f"{pool.id} whole", np.abs(awake - np.round(awake))
    yield f"{pool.id} count", np.maximum(awake - pool.servers, -awake)
    change = np.diff(awake, prepend=now)
    if pool.wakes_max_per_h is not None:
        yield f"{pool.id} boots", change - max(pool.wakes_max_per_h * of.hours, 1.0)
    step_min = of.hours * 60.0
    for way, least_min in ((1.0, pool.min_awake_min), (-1.0, pool.min_asleep_min)):
        moved = np.maximum(way * change, 0.0)
        window = int(np.ceil(least_min / step_min))
        recent = np.array([moved[max(0, end - window) : end].sum() for end in range(1, len(moved) + 1)])
        yield f"{pool.id} least time", recent - (awake if way > 0.0 else pool.servers - awake)
    known = any(one.limit == f"{pool.id} headroom" for one in of.plan.shortfalls)
    late = np.arange(len(awake)) * step_min >= pool.wake_min
    yield f"{pool.id} busy", np.where(late, of.inputs.busy_servers[pool.id] - awake, 0.0) * (not known)


def _work(of: Recomputed) -> Iterator[Finding]:
    for work in of.site.deferrable_work:
        power = of.series(work.id, "deferrable_power_command_kw")
        yield f"{work.id} power", np.maximum(power - work.max_power_kw, -power)
        yield f"{work.id} before it arrives", -of.series(work.id, "deferrable_backlog_kwh")
    late = {one.limit for one in of.plan.shortfalls}
    for job in of.inputs.jobs:
        power, ends = of.series(job.id, "job_power_command_kw"), [t + of.site.step for t in of.inputs.times]
        yield f"{job.id} power", np.maximum(power - job.power_kw, -power)
        yield f"{job.id} energy", float(power.sum()) * of.hours - job.energy_kwh
        early = [t < job.arrives and not job.running for t in of.inputs.times]
        yield f"{job.id} before it arrives", np.where(early, power, 0.0)
        if job.due <= ends[-1] and f"{job.id} due time" not in late:
            in_time = np.array([end <= job.due for end in ends])
            yield f"{job.id} due", job.energy_kwh - float(power[in_time].sum()) * of.hours


def money(of: Recomputed) -> Iterator[Finding]:
    """Yield by how much the stated costs differ from those of the series."""
    cost, bought, sold = of.plan.cost, np.maximum(of.site_kw, 0.0), np.maximum(-of.site_kw, 0.0)
    carbon_kg = float(bought @ of.inputs.carbon_gco2_per_kwh) * of.hours / 1000.0
    price_per_kg = of.site.carbon.price_per_tonne / 1000.0
    paid = of.inputs.price_per_kwh + of.inputs.carbon_gco2_per_kwh / 1000.0 * price_per_kg
    exported = of.site.tariff.export_price_per_kwh
    earned = 0.0 if exported is None else float(sold @ np.minimum(exported, paid))
    yield "energy", abs(cost.energy_kwh - float(of.site_kw.sum()) * of.hours)
    yield "energy cost", abs(cost.energy_cost - (float(bought @ of.inputs.price_per_kwh) - earned) * of.hours)
    yield "carbon", abs(cost.carbon_kg - carbon_kg)
    yield "carbon cost", abs(cost.carbon_cost - carbon_kg * price_per_kg)
    water = sum((of.series(plant.id, "makeup_water_lps") for plant in of.site.plants), of.nothing)
    yield "water", abs(cost.water_m3 - float(water.sum()) * 3.6 * of.hours)
    yield "demand cost", abs(cost.demand_cost - _demand_cost(of))
    sums = (cost.energy_cost, cost.demand_cost, cost.carbon_cost, cost.wear_cost, cost.terminal_cost, cost.water_cost,
            cost.commitment_cost, cost.heat_shortfall_cost, -cost.heat_income, cost.preference_cost)  # fmt: skip
    yield "total", abs(cost.total_cost - sum(sums))
    for contract in of.site.heat_contracts:
        if of.has(contract.id, "heat_delivered_kw"):
            given, asked = of.series(contract.id, "heat_delivered_kw"), of.inputs.heat_demand_kw[contract.id]
            yield "heat beyond what is asked for", given - asked
            yield "heat income", abs(cost.heat_income - contract.price_per_kwh * float(given.sum()) * of.hours)


def _demand_cost(of: Recomputed) -> float:
    by_window: dict[int, list[int]] = {}
    for step, time in enumerate(of.inputs.times):
        by_window.setdefault(int(time.timestamp()) // (60 * of.site.tariff.demand_window_min), []).append(step)
    demand_kw = {steps[0]: sum(float(of.site_kw[step]) for step in steps) / len(steps) for steps in by_window.values()}
    above_kw = max(demand_kw.values()) - max(of.inputs.month_peak_kw, of.inputs.expected_peak_kw)
    paid = of.site.tariff.demand_charge_per_kw_month * max(above_kw, 0.0)
    for one in of.inputs.peak_charges.values():
        held_kw = [kw for first, kw in demand_kw.items() if one.holds[first]]
        paid += one.price_per_kw * max(max(held_kw, default=0.0) - max(one.so_far_kw, one.to_come_kw), 0.0)
    return paid


def beyond(findings: Iterator[Finding], tolerance: float) -> dict[str, float]:
    """Return what is further beyond than a tolerance, and by how much at its worst; no number at all counts, too."""
    worst = {name: float(np.max(amount)) for name, amount in findings}
    return {name: amount for name, amount in worst.items() if not amount <= tolerance}


def _loss_kw(curve: LossCurve, load_kw: FloatArray) -> FloatArray:
    part = curve.proportional_frac + curve.square_frac * load_kw / curve.rated_kw
    return np.asarray(curve.no_load_kw + load_kw * part)
