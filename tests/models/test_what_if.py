"""A plant with a unit lost, or with a limit a little looser: against the plant as it is."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from models.cooling import JointState, Mode
from models.nameplate import Crah
from models.what_if import loosened, without, worst_units
from tests.models.small_plant import hall, load, plant

MECHANICAL = JointState(Mode.MECHANICAL, 12.0, (21.0,), 1)
WARM_AIR = JointState(Mode.MECHANICAL, 12.0, (24.0,), 1)


def test_the_worst_unit_is_the_largest_of_its_group_and_single_units_have_no_group() -> None:
    large = Crah("crah-large", 12.0, 10.0, 200.0)
    small = dataclasses.replace(large, id="crah-small", rated_cooling_kw=100.0)
    one_chiller = plant(halls=(dataclasses.replace(hall(), crahs=(small, large)),), chillers=1)
    assert worst_units(one_chiller) == {f"{hall().id} crahs": ("crah-large",), "plant-1 towers": ("tower-1",)}
    assert worst_units(one_chiller, {f"{hall().id} crahs": 2, "plant-1 chillers": 1}) == {}  # one must be left to run


def test_without_a_crah_the_others_turn_faster_and_the_pumps_keep_their_size() -> None:
    whole = plant()
    lost = without(whole, whole.hall_parts[0].crahs[0].id)
    assert len(lost.hall_parts[0].crahs) == len(whole.hall_parts[0].crahs) - 1
    heat = load(np.array([150.0]))
    assert lost.evaluate(WARM_AIR, heat).fan_speed_frac[0, 0] > whole.evaluate(WARM_AIR, heat).fan_speed_frac[0, 0]
    assert without(whole, whole.chillers[0].id).room.chillers_installed == len(whole.chillers)


def test_a_looser_inlet_limit_saves_where_it_decides_the_airflow() -> None:
    whole, heat = plant(), load(np.array([240.0]))
    tight = whole.evaluate(WARM_AIR, heat)
    assert tight.binding[0].endswith("rack inlet max")
    looser = loosened(whole, str(tight.binding[0]))
    assert looser is not None and (looser.per, looser.unit) == (1.0, "K")
    assert looser.plant.evaluate(WARM_AIR, heat).overhead_kw[0] < tight.overhead_kw[0]


@pytest.mark.parametrize(("name", "unit"), [("fan speed min", "frac"), ("entering condenser water min", "K")])
def test_other_limits_loosen_in_their_own_unit(name: str, unit: str) -> None:
    whole = plant()
    looser = loosened(whole, f"{whole.halls[0]}: {name}")
    assert looser is not None and looser.unit == unit
    heat = load(np.array([40.0]), wet_bulb_degc=5.0)
    assert (
        looser.plant.evaluate(MECHANICAL, heat).overhead_kw[0] <= whole.evaluate(MECHANICAL, heat).overhead_kw[0] + 1e-9
    )


def test_what_is_no_limit_of_a_machine_has_no_looser_plant() -> None:
    assert loosened(plant(), "plant-1: leaving water") is None
