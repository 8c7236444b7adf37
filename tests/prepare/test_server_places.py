"""Which servers sleep by the last plan, and whose air the racks get."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from facility.learn.twin import Learned, plant_models
from facility.plan.planner import make_plan
from facility.prepare.server_places import asleep_servers, main_crah
from facility.site_file import load_site
from facility.workload import ServerMoves
from tests.plan.test_named_servers import inputs_of
from tests.prepare.conftest import DEMO, NOW


def test_the_last_plan_says_who_sleeps_as_its_moves_come_due() -> None:
    inputs = inputs_of([6.0] * 4)
    plan = make_plan(inputs).plan
    first = plan.server_moves[0]
    later = ServerMoves("pool-1", plan.start + 2 * plan.step, (first.sleep[0],), ())
    told = replace(plan, server_moves=(first, later))
    site = inputs.site
    assert asleep_servers(site, told, plan.start)["pool-1"] == frozenset(first.sleep)
    assert asleep_servers(site, told, plan.start + 2.5 * plan.step)["pool-1"] == frozenset(first.sleep[1:])
    assert asleep_servers(site, told, plan.start - timedelta(minutes=1))["pool-1"] == frozenset()
    assert asleep_servers(site, None, plan.start) == {}


def test_the_crah_that_reaches_a_rack_best_is_its_own() -> None:
    plants = plant_models(load_site(DEMO), Learned(), NOW, {})
    hall = plants[0].hall_parts[0]
    racks, crahs = hall.inlets.racks, tuple(crah.id for crah in hall.crahs)
    reach = np.full((len(racks), len(crahs)), 0.5)
    reach[0, 1] = reach[1, 0] = 2.0
    known = replace(hall, inlets=replace(hall.inlets, crahs=crahs, reach=reach))
    plant = replace(plants[0], hall_parts=(known, *plants[0].hall_parts[1:]))
    found = main_crah([plant])
    assert (found[racks[0]], found[racks[1]]) == (crahs[1], crahs[0])
    assert set(found) == set(racks)
