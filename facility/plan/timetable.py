"""A simulated schedule as named series: setpoints as `equipment.quantity`, and the results that follow from them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from facility.plan.case import ItCase
from facility.plan.decisions import (
    CONDENSER_WATER,
    EXPECTED_IT,
    FAN_SPEED,
    PADS,
    SECONDARY_FLOW,
    SECONDARY_SUPPLY,
    WORK_VALUE,
    cdus_of,
    coolers_of,
    crahs_of,
    schedule_of,
)
from facility.plan.simulate import PlantRun, Simulation
from facility.records import FloatArray
from models.cooling import PlantModel


def timetable(it: ItCase, run: Simulation, work_value_per_kwh: float) -> dict[str, tuple[float, ...]]:
    """Return one value a step of every setpoint and result.

    `site.power_ratio` is facility power over IT power in the step; `site.interim_pue` the ratio of their energies since the
    start; `site.interim_erf` and `site.interim_ere` are the energy reuse factor and effectiveness (ISO/IEC 30134-6, The Green
    Grid), since the start as well. None is a figure of a year, as the standards ask.
    """
    series = schedule_of(it.inputs, run.decisions)
    for plant in it.inputs.plants:
        series |= dict(_plant_series(it, plant, run.plants[plant.plant_id]))
    series |= dict(_site_series(it, run))
    series |= dict(_stored_series(it, run))
    series[WORK_VALUE] = np.full(it.inputs.steps, work_value_per_kwh)
    return {key: tuple(np.asarray(values, dtype=float).tolist()) for key, values in series.items()}


def _plant_series(it: ItCase, plant: PlantModel, run: PlantRun) -> Iterator[tuple[str, FloatArray]]:
    name, response = plant.plant_id, run.response
    if np.isfinite(response.condenser_water_degc).all():
        yield f"{name}.{CONDENSER_WATER}", response.condenser_water_degc
    yield from ((f"{cooler}.{PADS}", response.pads_wet.astype(float)) for cooler in coolers_of(it.inputs, name))
    yield f"{name}.heat_kw", run.heat_kw
    yield f"{name}.overhead_power_kw", response.overhead_kw
    yield f"{name}.overhead_half_width_kw", response.half_width_kw
    yield f"{name}.makeup_water_lps", response.makeup_water_lps
    for index, hall in enumerate(plant.halls):
        yield f"{hall}.inlet_max_degc", response.inlet_max_degc[:, index]
        if it.inputs.breathes(hall):
            yield f"{hall}.outdoor_air_frac", response.outdoor_air_frac[:, index]
            yield f"{hall}.dew_point_degc", run.air.dew_point_degc[:, index]
            yield f"{hall}.relative_humidity_frac", run.air.relative_humidity_frac[:, index]
        yield from (
            (f"{crah.id}.{FAN_SPEED}", response.fan_speed_frac[:, index]) for crah in crahs_of(it.inputs, plant, hall)
        )
    for index, loop_id in enumerate(plant.loops):
        for cdu, share in cdus_of(it.inputs, loop_id):
            yield f"{cdu.id}.{SECONDARY_SUPPLY}", response.secondary_supply_degc[:, index]
            yield f"{cdu.id}.{SECONDARY_FLOW}", response.secondary_flow_lps[:, index] * share


def _site_series(it: ItCase, run: Simulation) -> Iterator[tuple[str, FloatArray]]:
    drawn_kw, delivered_kw = it.thermal.drawn_kw(run.decisions), it.thermal.delivered_kw(run.decisions)
    facility_kw = run.it_kw + run.cooling_kw + run.chain.loss_kw + it.inputs.other_kw + drawn_kw
    yield "site.power_kw", run.site_kw
    yield "site.it_power_kw", run.it_kw
    yield "site.cooling_power_kw", run.cooling_kw
    yield "site.electrical_loss_kw", run.chain.loss_kw
    yield "site.power_half_width_kw", run.half_width_kw
    yield "site.power_ratio", facility_kw / run.it_kw
    yield "site.interim_pue", np.cumsum(facility_kw) / np.cumsum(run.it_kw)
    if it.inputs.site.photovoltaics:
        yield "site.photovoltaic_power_kw", it.solar_kw(run.decisions.array_limit_kw)
    if it.thermal.contracts:
        yield "site.heat_delivered_kw", delivered_kw
        yield "site.interim_erf", np.cumsum(delivered_kw) / np.cumsum(facility_kw)
        yield "site.interim_ere", np.cumsum(facility_kw - delivered_kw) / np.cumsum(run.it_kw)
    yield "site.price_per_kwh", it.inputs.price_per_kwh
    yield "site.carbon_intensity_gco2_per_kwh", it.inputs.carbon_gco2_per_kwh
    yield "site.outdoor_temperature_degc", it.inputs.outdoor_degc
    yield "site.outdoor_wet_bulb_degc", it.inputs.wet_bulb_degc
    for hall, kw in it.inputs.it_power_kw.items():
        yield f"{hall}.{EXPECTED_IT}", kw


def _stored_series(it: ItCase, run: Simulation) -> Iterator[tuple[str, FloatArray]]:
    for name, battery in it.batteries.items():
        yield (
            f"{name}.state_of_charge_frac",
            battery.course_kwh(run.decisions.charge_kw[name]) / battery.battery.energy_kwh,
        )
        yield f"{name}.terminal_value_per_kwh", np.full(it.inputs.steps, battery.value_per_kwh)
    for name, tank in it.thermal.tanks.items():
        yield f"{name}.cold_frac", tank.course_kwh(run.decisions.cold_kw[name]) / tank.capacity_kwh
        yield f"{name}.terminal_value_per_kwh", np.full(it.inputs.steps, tank.value_per_kwh)
    for name, pump in it.thermal.pumps.items():
        yield f"{name}.power_kw", pump.power_kw(run.decisions.heat_kw[name])
    for name, contract in it.thermal.contracts.items():
        delivered, held = contract.delivered_kw(it.thermal.contract_heat_kw(name, run.decisions))
        yield f"{name}.heat_demand_kw", contract.demand_kw
        yield f"{name}.heat_delivered_kw", delivered
        if contract.contract.buffer is not None:
            yield f"{contract.contract.buffer.id}.stored_kwh", held
            yield (
                f"{contract.contract.buffer.id}.terminal_value_per_kwh",
                np.full(it.inputs.steps, contract.value_per_kwh),
            )
    for name, work in it.works.items():
        done = np.cumsum(run.decisions.work_kw[name]) * work.step_h
        yield f"{name}.deferrable_backlog_kwh", work.available_kwh - done
