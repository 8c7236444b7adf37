"""The plant from its nameplates: energy balance, directions, named limits, continuity."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.chilled_by_machine import MOST_PART_LOAD_WITH_NEXT, reject_with_chillers
from models.cooling import JointState, Load, Mode, PlantResponse, answers_for
from models.heat_exchanger import WATER_KJ_PER_LK
from models.limits import LimitLog
from models.liquid_side import WARM_MARGIN_K
from models.nameplate import WatersideEconomizer
from models.outside import Weather
from models.plant_room import Demand, PlantRoom
from tests.models.small_plant import hall, load, plant

MECHANICAL = JointState(Mode.MECHANICAL, 12.0, (21.0,), 1)
FREE = JointState(Mode.FREE, 16.0, (21.0,), 0)


def test_states_follow_the_equipment() -> None:
    with_economizer, without = plant().states(), plant(economizer=None).states()
    assert {state.mode for state in with_economizer} == set(Mode)
    assert {state.mode for state in without} == {Mode.MECHANICAL}
    assert all((state.chillers_on == 0) == (state.mode is Mode.FREE) for state in with_economizer)
    water = sorted({state.leaving_water_degc for state in with_economizer})
    assert water[0] == 6.0
    assert water[-1] == 18.0
    assert np.diff(water).max() <= 2.0  # the ramp limit can be climbed step by step
    assert len(with_economizer) <= 130
    parallel = dataclasses.replace(plant().economizer, kind="non_integrated")  # type: ignore[type-var]
    assert Mode.PARTIAL not in {state.mode for state in plant(economizer=parallel).states()}


def test_vector_equals_scalar() -> None:
    air = np.array([120.0, 180.0, 240.0])
    together = plant().evaluate(MECHANICAL, load(air))
    for i, value in enumerate(air):
        alone = plant().evaluate(MECHANICAL, load(value))
        assert together.overhead_kw[i] == pytest.approx(alone.overhead_kw[0], rel=1e-9)


def test_states_asked_together_answer_as_each_alone() -> None:
    """What halls and loops share must not carry one state's limits or powers into the next."""
    asked, loads = plant().states(), load([150.0, 240.0, 700.0], 160.0, [-3.0, 10.0, 24.0])
    together = dict(answers_for(plant(), asked, loads))
    assert sorted(together) == list(range(len(asked)))
    for place, answer in together.items():
        state = asked[place]
        alone = plant().evaluate(state, loads)
        assert answer.limit.tolist() == alone.limit.tolist()
        assert answer.binding.tolist() == alone.binding.tolist()
        for name in ("overhead_kw", "half_width_kw", "inlet_max_degc", "makeup_water_lps", "extrapolated"):
            np.testing.assert_array_equal(getattr(answer, name), getattr(alone, name))


def test_overhead_is_the_sum_of_the_parts_and_all_are_positive() -> None:
    answer = plant().evaluate(MECHANICAL, load(200.0))
    parts = [
        answer.crah_fan_kw, answer.cdu_pump_kw, answer.chilled_pump_kw, answer.condenser_pump_kw,
        answer.chiller_kw, answer.tower_kw, answer.server_fan_kw,
    ]  # fmt: skip
    assert all((part > 0).all() for part in parts)
    assert answer.overhead_kw[0] == pytest.approx(sum(float(part.sum()) for part in parts))


def test_heat_in_is_heat_out() -> None:
    """What the tower rejects is IT, fans and pumps inside the water's loop, and the compressor; make-up follows it."""
    answer = plant().evaluate(MECHANICAL, load(200.0))
    inside = 200 + 160 + answer.server_fan_kw.sum() + answer.crah_fan_kw.sum() + answer.cdu_pump_kw.sum()
    rejected = inside + answer.chilled_pump_kw[0] + answer.chiller_kw[0]
    evaporated = rejected * 0.85 / 2430.0
    assert answer.makeup_water_lps[0] == pytest.approx(1.5 * evaporated, rel=0.02)


@pytest.mark.parametrize("state", [MECHANICAL, JointState(Mode.PARTIAL, 16.0, (21.0,), 1), FREE])
def test_power_rises_with_heat_and_wet_bulb_without_jumps(state: JointState) -> None:
    by_heat = plant().evaluate(state, load(np.linspace(120, 240, 121), wet_bulb_degc=8.0))
    assert by_heat.feasible.all()
    step = np.diff(by_heat.overhead_kw)
    assert (step > -1e-6).all()
    assert step.max() < 0.02 * by_heat.overhead_kw.max()
    weather = plant().evaluate(state, load(160.0, wet_bulb_degc=np.linspace(0, 20, 81)))
    power = weather.overhead_kw[weather.feasible]
    assert power.size > 20
    assert np.diff(power).min() > -0.05


def test_rack_inlets_keep_their_limit_with_margin() -> None:
    answer = plant().evaluate(JointState(Mode.MECHANICAL, 10.0, (24.0,), 1), load(np.linspace(100, 480, 60)))
    held = answer.feasible
    assert held.any()
    assert (answer.inlet_max_degc + answer.inlet_margin_k)[held].max() <= 27.0 + 1e-6
    assert not held.all()
    assert set(answer.limit[~held]) == {"hall-1: rack inlet max"}
    assert (np.diff(answer.fan_speed_frac[held, 0]) >= -1e-9).all()


def test_warmer_water_asks_more_of_fans_and_pumps() -> None:
    def movers(water: float) -> float:
        answer = plant().evaluate(JointState(Mode.MECHANICAL, water, (21.0,), 1), load(230.0))
        return float(answer.crah_fan_kw[0, 0] + answer.chilled_pump_kw[0])

    chilled = [
        plant().evaluate(JointState(Mode.MECHANICAL, water, (21.0,), 1), load(230.0)).chiller_kw[0]
        for water in (8.0, 16.0)
    ]
    assert movers(18.0) > movers(16.0) > movers(12.0)
    assert chilled[1] < chilled[0]


@pytest.mark.parametrize(
    ("state", "conditions", "name"),
    [
        (FREE, load(200.0, wet_bulb_degc=16.0), "plant-1: economizer too warm"),
        (JointState(Mode.MECHANICAL, 18.0, (18.0,), 1), load(200.0), "hall-1: coil capacity"),
        (JointState(Mode.MECHANICAL, 10.0, (26.0,), 1), load(200.0), "hall-1: rack inlet max"),
        (MECHANICAL, load(200.0, liquid_kw=330.0), "loop-1: CDU capacity"),
        (JointState(Mode.MECHANICAL, 12.0, (21.0,), 2), load(40.0, liquid_kw=30.0), "plant-1: chiller part load min"),
        (MECHANICAL, load(200.0, wet_bulb_degc=36.0), "plant-1: tower capacity"),
    ],
)  # fmt: skip
def test_limits_are_named(state: JointState, conditions: object, name: str) -> None:
    answer = plant().evaluate(state, conditions)  # type: ignore[arg-type]
    assert list(answer.limit) == [name]
    assert list(answer.binding) == [""]
    assert np.isfinite(answer.overhead_kw).all()


def test_an_economizer_that_its_own_control_shuts_leaves_all_to_the_chillers() -> None:
    state = JointState(Mode.PARTIAL, 8.0, (21.0,), 1)
    shut, alone = (
        plant().evaluate(dataclasses.replace(state, mode=mode), load(200.0, wet_bulb_degc=22.0))
        for mode in (Mode.PARTIAL, Mode.MECHANICAL)
    )
    assert shut.feasible.all()
    np.testing.assert_allclose(shut.chiller_kw, alone.chiller_kw, rtol=1e-6)


def test_a_mode_without_its_economizer_is_named_and_counts_as_mechanical() -> None:
    """An economizer is locked out while it runs: what is measured and what the plan said are asked about all the same."""
    locked, conditions = plant(economizer=None), load([150.0, 240.0])
    mechanical = locked.evaluate(MECHANICAL, conditions)
    for mode, chillers_on in ((Mode.PARTIAL, 1), (Mode.FREE, 0)):
        answer = locked.evaluate(dataclasses.replace(MECHANICAL, mode=mode, chillers_on=chillers_on), conditions)
        assert answer.limit.tolist() == ["plant-1: economizer in service"] * 2
        np.testing.assert_array_equal(answer.overhead_kw, mechanical.overhead_kw)


def test_too_small_a_chiller_is_named() -> None:
    small = dataclasses.replace(plant().chillers[0], rated_cooling_kw=250.0)
    answer = dataclasses.replace(plant(), chillers=(small,)).evaluate(MECHANICAL, load(200.0))
    assert list(answer.limit) == ["plant-1: chiller capacity"]


def test_condenser_water_near_freezing_is_named() -> None:
    wide = plant(economizer=WatersideEconomizer("wse-1", 500.0, approach_k=5.0))
    answer = wide.evaluate(JointState(Mode.FREE, 6.0, (21.0,), 0), load(140.0, 140.0, -5.0))
    assert list(answer.limit) == ["plant-1: condenser water frost limit"]


def test_a_loop_too_warm_is_named() -> None:
    cool_loop = dataclasses.replace(plant().loop_parts[0], supply_max_degc=17.5)
    answer = dataclasses.replace(plant(), loop_parts=(cool_loop,)).evaluate(
        JointState(Mode.MECHANICAL, 16.0, (21.0,), 1), load(200.0, liquid_kw=300.0)
    )
    assert list(answer.limit) == ["loop-1: secondary supply max"]


def test_the_secondary_stays_clear_of_the_dew_point() -> None:
    humid = dataclasses.replace(plant().loop_parts[0], dew_point_degc=19.0, supply_max_degc=22.0)
    answer = dataclasses.replace(plant(), loop_parts=(humid,)).evaluate(MECHANICAL, load(200.0))
    assert answer.secondary_supply_degc[0, 0] == pytest.approx(21.0)


def test_losing_crahs_costs_fan_power() -> None:
    state = JointState(Mode.MECHANICAL, 10.0, (24.0,), 1)
    few = plant(halls=(hall(crahs=5),)).evaluate(state, load(300.0))
    many = plant().evaluate(state, load(300.0))
    assert few.feasible.all()
    assert few.crah_fan_kw[0, 0] > many.crah_fan_kw[0, 0]


def test_fans_of_liquid_cooled_servers_are_a_share_of_all_their_power() -> None:
    liquid = dataclasses.replace(hall(), it_over_air=4.0)
    many, few = (plant(halls=(one,)).evaluate(MECHANICAL, load(100.0)) for one in (liquid, hall()))
    assert many.server_fan_kw[0, 0] == pytest.approx(4.0 * few.server_fan_kw[0, 0], rel=0.1)
    assert many.chiller_kw[0] > few.chiller_kw[0]  # what they draw warms the air


def test_two_halls() -> None:
    two = plant(halls=(hall("hall-1", 3), hall("hall-2", 3)))
    state = JointState(Mode.MECHANICAL, 12.0, (21.0, 21.0), 1)
    answer = two.evaluate(state, load(200.0, halls=2))
    alone = plant().evaluate(MECHANICAL, load(200.0))
    assert answer.crah_fan_kw.shape == (1, 2)
    assert answer.overhead_kw[0] == pytest.approx(alone.overhead_kw[0], rel=1e-6)
    assert {len(state.supply_air_degc) for state in two.states()} == {2}


def test_a_plant_for_liquid_only() -> None:
    answer = plant(halls=()).evaluate(
        JointState(Mode.FREE, 18.0, (), 0),
        dataclasses.replace(load(0.0), it_air_kw=np.zeros((1, 0)), wet_bulb_degc=np.array([10.0])),
    )
    assert answer.feasible.all()
    assert answer.crah_fan_kw.shape == (1, 0)


def test_economizer_precools_in_partial_mode() -> None:
    room, limits = plant().room, LimitLog(1)
    heat, flow = np.array([350.0]), np.array([14.0])
    demand = Demand(np.array([16.0]), heat, flow, Weather(np.array([17.0]), np.array([12.0])))
    partial = reject_with_chillers(room, Mode.PARTIAL, 1, demand, limits)
    mechanical = reject_with_chillers(room, Mode.MECHANICAL, 1, demand, limits)
    assert limits.feasible.all()
    assert partial.economizer_kw[0] > 100.0
    assert partial.chiller_kw[0] < mechanical.chiller_kw[0]
    drop = partial.economizer_kw[0] / (WATER_KJ_PER_LK * flow[0])
    assert demand.return_degc[0] - drop > partial.condenser_water_degc[0]  # never colder than what cools it
    assert partial.rejected_kw[0] == pytest.approx(350.0 + partial.chiller_kw[0])


def test_frost_says_extrapolated_and_widens() -> None:
    cold = plant().evaluate(FREE, load(200.0, wet_bulb_degc=-8.0))
    mild = plant().evaluate(FREE, load(200.0, wet_bulb_degc=4.0))
    assert cold.extrapolated.all()
    assert not mild.extrapolated.any()
    assert cold.half_width_kw[0] / cold.overhead_kw[0] > 0


def test_unseen_air_is_marked() -> None:
    inlets = dataclasses.replace(hall().inlets, seen_rise_k=(5.0, 12.0), seen_supply_degc=(20.0, 23.0))
    learned = plant(halls=(dataclasses.replace(hall(), inlets=inlets),))
    assert not learned.evaluate(
        JointState(Mode.FREE, 14.0, (21.0,), 0), load(150.0, wet_bulb_degc=5.0)
    ).extrapolated.any()
    assert learned.evaluate(JointState(Mode.FREE, 12.0, (18.0,), 0), load(150.0, wet_bulb_degc=5.0)).extrapolated.all()


def test_the_secondary_is_fed_warm_and_then_takes_little_facility_water() -> None:
    loop = plant().loop_parts[0]
    cool = dataclasses.replace(loop, supply_max_degc=26.0)
    warm, cooler = (
        dataclasses.replace(plant(), loop_parts=(one,)).evaluate(MECHANICAL, load(300.0, liquid_kw=300.0))
        for one in (loop, cool)
    )
    assert warm.secondary_supply_degc[0, 0] == pytest.approx(loop.supply_max_degc - WARM_MARGIN_K)
    assert warm.chilled_pump_kw[0] < cooler.chilled_pump_kw[0]


@pytest.mark.parametrize(("may_be_set_degc", "set_degc"), [(39.0, 37.0), (36.0, 36.0), (30.0, 30.0)])
def test_the_secondary_is_fed_no_warmer_than_may_be_set_and_its_margin_is_that_of_the_servers(
    may_be_set_degc: float, set_degc: float
) -> None:
    loop = dataclasses.replace(plant().loop_parts[0], supply_max_degc=40.0, setpoint_max_degc=may_be_set_degc)
    answer = dataclasses.replace(plant(), loop_parts=(loop,)).evaluate(MECHANICAL, load(300.0, liquid_kw=300.0))
    assert answer.secondary_supply_degc[0, 0] == pytest.approx(set_degc)


def test_fans_keep_a_hall_short_of_a_knee_that_nobody_has_seen_as_far_as_they_can() -> None:
    inlets = dataclasses.replace(hall().inlets, seen_rise_k=(5.0, 9.0), seen_supply_degc=(17.0, 24.0), knee_k=9.0)
    cold = JointState(Mode.MECHANICAL, 8.0, (18.0,), 1)
    plain, careful = (
        dataclasses.replace(plant(), hall_parts=(one,)).evaluate(cold, load(250.0))
        for one in (hall(), dataclasses.replace(hall(), inlets=inlets))
    )
    assert careful.feasible.all()
    assert careful.fan_speed_frac[0, 0] > 1.1 * plain.fan_speed_frac[0, 0]


def test_heat_beside_the_coils_reaches_the_chillers_and_no_fan() -> None:
    plain = plant().evaluate(MECHANICAL, load(200.0))
    charged = plant().evaluate(MECHANICAL, dataclasses.replace(load(200.0), direct_kw=np.array([80.0])))
    given = plant().evaluate(MECHANICAL, dataclasses.replace(load(200.0), direct_kw=np.array([-80.0])))
    assert charged.crah_fan_kw.sum() == given.crah_fan_kw.sum() == plain.crah_fan_kw.sum()
    assert charged.chiller_kw[0] > plain.chiller_kw[0] + 5.0
    assert given.chiller_kw[0] < plain.chiller_kw[0] - 5.0
    assert given.chilled_pump_kw[0] == pytest.approx(
        plain.chilled_pump_kw[0]
    )  # the tank's water goes through the coils too


def test_rows_that_differ_in_direct_heat_alone_are_answered_as_each_by_itself() -> None:
    states = [MECHANICAL, dataclasses.replace(MECHANICAL, leaving_water_degc=14.0)]
    heats_kw = [np.repeat([150.0, 200.0, 150.0], [3, 1, 2]), np.array([80.0, 0.0, -80.0, 40.0, 40.0, 0.0])]
    rows = [
        dataclasses.replace(load(it_kw), direct_kw=np.array([direct_kw]))
        for it_kw, direct_kw in zip(*heats_kw, strict=True)
    ]
    together = dict(answers_for(plant(), states, Load.of(rows)))
    for place, state in enumerate(states):
        alone = PlantResponse.of([plant().evaluate(state, row) for row in rows])
        for name in PlantResponse.__match_args__:
            np.testing.assert_array_equal(getattr(together[place], name), getattr(alone, name))


def test_more_cannot_be_taken_out_of_the_water_than_is_in_it() -> None:
    emptied = plant().evaluate(MECHANICAL, dataclasses.replace(load(200.0), direct_kw=np.array([-900.0])))
    assert not emptied.feasible[0]
    assert emptied.limit[0] == "plant-1: heat left to remove"


def test_a_chiller_carries_its_whole_capacity_only_where_no_other_could_start() -> None:
    heat = np.linspace(100.0, 700.0, 601)
    as_many = np.ones_like(heat)
    demand = Demand(10.0 * as_many, heat, 25.0 * as_many, Weather(25.0 * as_many, 20.0 * as_many))

    def most_kw(room: PlantRoom) -> float:
        limits = LimitLog(heat.size)
        reject_with_chillers(room, Mode.MECHANICAL, 1, demand, limits)
        return float(heat[limits.feasible].max())

    room = plant().room
    alone_kw = most_kw(dataclasses.replace(room, chillers=room.chillers[:1]))
    assert most_kw(room) == pytest.approx(MOST_PART_LOAD_WITH_NEXT * alone_kw, rel=0.01)
