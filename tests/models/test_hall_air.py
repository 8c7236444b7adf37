"""Air of a hall: how cold its supply may be, and what airflow is taken where much of it would make the inlets too cold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.cooling import JointState, Mode
from models.rack_inlet import KNEE_RISE_K, PROBE_ACCURACY_K
from models.servers import ServerFans
from tests.models.small_plant import hall, load, plant

LEARNED = replace(hall().inlets, seen_rise_k=(5.0, 14.0), interval_k=np.full((2, 1), PROBE_ACCURACY_K))


def test_supply_air_may_be_colder_than_the_least_inlet_by_what_history_is_sure_of() -> None:
    assert hall().supply_range_degc[0] == hall().inlet_min_degc
    known = replace(hall(), inlets=LEARNED, inlet_min_degc=20.0)
    coldest = float(LEARNED.coldest_degc(known.supply_range_degc[0], KNEE_RISE_K))
    assert known.supply_range_degc[0] < 19.0
    assert abs(coldest - 20.0) < 1e-9


def test_no_more_air_is_moved_than_keeps_the_inlets_above_their_least() -> None:
    """At one supply temperature more air brings inlets nearer to it, which pays where servers' fans are steep."""
    steep = ServerFans(fan_power_share_frac=0.45, speed_per_k=0.035, min_speed_frac=0.8, leakage_per_k=0.03)
    cold = replace(hall(), inlets=LEARNED, inlet_min_degc=20.0, server_fans=steep)
    state, work = JointState(Mode.MECHANICAL, 8.0, (18.8,), 1), load(120.0)
    bounded, free = (plant(halls=(one,)).evaluate(state, work) for one in (cold, replace(cold, inlet_min_degc=18.0)))
    assert bounded.feasible.all() and free.feasible.all()
    assert free.inlet_mean_degc[0, 0] < 20.0 <= bounded.inlet_mean_degc[0, 0]
    assert bounded.fan_speed_frac[0, 0] < free.fan_speed_frac[0, 0]
