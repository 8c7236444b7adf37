"""The example sites carry their peak with a unit of each group to spare, and their electricity has room for it."""

from __future__ import annotations

from collections.abc import Iterator

from facility.site import Hall, Plant, Site
from tests.site.examples import SITES, each

FAN_HEAT_FRAC = 1.08  # CRAH fans and what servers draw more at a warm inlet, over the IT power at its peak


def peak_kw(site: Site, hall: Hall) -> float:
    return sum(pool.servers * pool.peak_w / 1000.0 for pool in site.server_pools if pool.hall == hall.id)


def liquid_peak_kw(site: Site, hall: Hall) -> float:
    rated = sum(rack.rated_kw for rack in hall.racks)
    return peak_kw(site, hall) * sum(rack.rated_kw * rack.liquid_frac for rack in hall.racks) / rated


def air_peak_kw(site: Site, hall: Hall) -> float:
    return (peak_kw(site, hall) - liquid_peak_kw(site, hall)) * FAN_HEAT_FRAC


def plant_peak_kw(site: Site, plant: Plant) -> float:
    cooled = {crah.hall for crah in site.crahs if crah.plant == plant.id}
    air = sum(air_peak_kw(site, hall) for hall in site.halls if hall.id in cooled)
    loops = {loop.hall for loop in site.liquid_loops if loop.plant == plant.id}
    return air + sum(liquid_peak_kw(site, hall) for hall in site.halls if hall.id in loops)


def but_one(ratings: Iterator[float]) -> float:
    """Return what is left of a group without its largest unit."""
    found = list(ratings)
    return sum(found) - max(found)


@each
def test_a_unit_of_each_group_is_to_spare_at_peak(name: str) -> None:
    site = SITES[name].site
    for hall in site.halls:
        able = but_one(crah.rated_cooling_kw for crah in site.crahs if crah.hall == hall.id)
        assert able >= air_peak_kw(site, hall), hall.id
    for loop in site.liquid_loops:
        hall = next(hall for hall in site.halls if hall.id == loop.hall)
        assert but_one(cdu.rated_heat_kw for cdu in loop.cdus) >= liquid_peak_kw(site, hall), loop.id
    for plant in site.plants:
        peak = plant_peak_kw(site, plant)
        if plant.dry_coolers:  # their exchanger carries it; chillers only trim
            assert but_one(cooler.rated_rejection_kw for cooler in plant.dry_coolers) >= peak, plant.id
            assert plant.economizer is not None and plant.economizer.rated_kw >= peak
        else:
            assert but_one(chiller.rated_cooling_kw for chiller in plant.chillers) >= peak, plant.id


@each
def test_power_has_room(name: str) -> None:
    site = SITES[name].site
    it_kw = sum(peak_kw(site, hall) for hall in site.halls)
    for pdu in site.electrical.pdus:
        assert pdu.rated_kw >= next(peak_kw(site, hall) for hall in site.halls if hall.id == pdu.hall), pdu.id
    assert {pdu.hall for pdu in site.electrical.pdus} == {hall.id for hall in site.halls}
    for hall in site.halls:
        assert sum(rack.rated_kw for rack in hall.racks) >= peak_kw(site, hall), hall.id
    assert it_kw < site.electrical.ups.rated_kw < site.electrical.transformer.rated_kw
    assert site.electrical.import_limit_kw is not None
    assert 1.2 * it_kw < site.electrical.import_limit_kw <= site.electrical.transformer.rated_kw


@each
def test_work_that_may_wait_fits_beside_the_rest(name: str) -> None:
    site = SITES[name].site
    for work in site.deferrable_work:
        pool = next(pool for pool in site.server_pools if pool.id == work.pool)
        flexible_kw = pool.servers * (pool.peak_w - pool.idle_w) / 1000.0
        assert work.max_power_kw <= 0.5 * flexible_kw, work.id
        assert work.energy_kwh_per_day <= 0.6 * 24.0 * work.max_power_kw, work.id
