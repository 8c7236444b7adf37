"""Whatever is measured: no correction leaves its range, or passes a limit further than the plan does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.track.correct import Tracker, with_servers
from facility.track.inputs import TrackInputs
from facility.track.problem import Moves
from facility.track.verify import TOLERANCE, excesses
from tests.track.making import STEPS, air, course, grid, hour, pool, store, work

TRACKER = Tracker()


@st.composite
def hours(draw: st.DrawFn) -> TrackInputs:
    def number(low: float, high: float) -> float:
        return draw(st.floats(low, high))

    battery = store(number(-200.0, 200.0), number(0.0, 420.0), planned_end_kwh=number(0.0, 400.0))
    battery = replace(battery, reserve_kwh=number(0.0, 200.0), lever=replace(battery.lever, free=draw(st.booleans())))
    waiting = work(number(0.0, 36.0), due_kwh=np.minimum(number(0.0, 3.0) * np.arange(1, STEPS + 1), 30.0))
    meter = grid(number(-100.0, 900.0), cap_kw=course(number(300.0, 900.0)), cap_names=("import limit",) * STEPS)
    meter = replace(meter, demand_kw=draw(st.sampled_from([np.inf, 520.0])))
    return hour(
        meter,
        stores=(battery,),
        works=(waiting,),
        pools=(pool(number(50.0, 200.0), number(0.0, 300.0)),),
        halls=(air(number(-3.0, 4.0)),),
    )


@settings(max_examples=60, deadline=None)
@given(hours())
def test_limits_hold_or_are_named_and_nothing_is_made_worse(inputs: TrackInputs) -> None:
    found = TRACKER.correct(inputs)
    levers = {
        lever.targets: lever
        for lever in (
            *(one.lever for one in inputs.stores),
            *(one.lever for one in inputs.works),
            *(one.lever for one in inputs.pools),
            *(lever for one in inputs.halls for lever in (one.supply, one.fans)),
        )
    }
    for one in found.corrections:
        lever = levers[one.targets]
        assert lever.free
        assert lever.low <= one.value <= lever.high
        assert one.value != one.planned
        assert one.reason
    served, _ = with_servers(inputs)
    planned = excesses(served, Moves.none(served))
    left = {
        one.limit: one for one in found.shortfalls if one.limit not in inputs.grid.window_names
    }  # demand has a price
    worse = [one for one in left.values() if one.amount > max(planned[one.limit].amount, 0.0) + TOLERANCE[one.unit]]
    better = [one for one in planned.values() if one.amount > TOLERANCE[one.unit] and one.limit not in left]
    eased = [one for one in left.values() if one.amount < planned[one.limit].amount - TOLERANCE[one.unit]]
    assert not worse or better or eased  # a reserve and a cap may be at odds
    assert not [one for one in worse if "inlet" in one.limit]
