"""Does what a site says about heat fit together: sources, contracts, and water no warmer than the liquid loops bear."""

from __future__ import annotations

from collections.abc import Iterator

from facility.site import HeatContract, Site
from facility.site_file.findings import Fault, unknown
from facility.yaml_file import KeyPath

# Warmest facility water at a CDU (ASHRAE TC 9.9, 2021); W+ is warmer than 45 C, by agreement.
WARMEST_WATER_DEGC = {"W17": 17.0, "W27": 27.0, "W32": 32.0, "W40": 40.0, "W45": 45.0}


def heat_faults(site: Site) -> Iterator[Fault]:
    """Yield what does not fit, with its key path."""
    sources = {loop.id for loop in site.liquid_loops} | {plant.id for plant in site.plants}
    served = {name for contract in site.heat_contracts for name in contract.heat_pumps}
    for index, pump in enumerate(site.heat_pumps):
        yield from unknown(("heat_pumps", index, "source"), pump.source, sources, "liquid loop or plant")
        if pump.id not in served:
            yield ("heat_pumps", index, "id"), f"nobody takes heat from {pump.id!r}; name it in a heat contract"
    yield from _pumps_of_contracts(site)
    for index, contract in enumerate(site.heat_contracts):
        yield from _contract_faults(("heat_contracts", index), contract)
    yield from _water_class_faults(site)


def _pumps_of_contracts(site: Site) -> Iterator[Fault]:
    pumps = {pump.id for pump in site.heat_pumps}
    serving: dict[str, str] = {}
    for index, contract in enumerate(site.heat_contracts):
        for position, name in enumerate(contract.heat_pumps):
            where = ("heat_contracts", index, "heat_pumps", position)
            yield from unknown(where, name, pumps, "heat pump")
            if name in contract.heat_pumps[:position]:
                yield where, f"{name!r} stands here twice; keep one"
            elif serving.setdefault(name, contract.id) != contract.id:
                yield where, f"{name!r} serves {serving[name]} already; one contract a heat pump"


def _contract_faults(where: KeyPath, contract: HeatContract) -> Iterator[Fault]:
    if contract.demand_file is None and contract.demand_kw == 0.0:
        yield (*where, "demand_kw"), f"{contract.id} asks for no heat; give demand_kw or demand_file"
    if contract.demand_file is not None and contract.demand_kw > 0.0:
        yield (*where, "demand_kw"), "give either demand_kw or demand_file"
    if contract.priority == "firm" and contract.shortfall_cost_per_kwh == 0.0:
        yield (
            (*where, "priority"),
            "firm heat that costs nothing when it is short is not firm; give shortfall_cost_per_kwh",
        )


def _water_class_faults(site: Site) -> Iterator[Fault]:
    plants = {plant.id: plant for plant in site.plants}
    for index, loop in enumerate(site.liquid_loops):
        warmest_degc = WARMEST_WATER_DEGC.get(loop.facility_water_class or "")
        plant = plants.get(loop.plant)
        if warmest_degc is not None and plant is not None and plant.leaving_water_max_degc > warmest_degc:
            yield (
                ("liquid_loops", index, "facility_water_class"),
                f"{plant.id} may deliver water of {plant.leaving_water_max_degc:g} C, but {loop.facility_water_class} bears "
                f"{warmest_degc:g} C; lower its leaving_water_max_degc, or name a warmer class",
            )
