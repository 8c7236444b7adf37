"""States asked together are answered as each would be alone, whatever the order, the stages asked for and the rows."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from models.cooling import JointState, Mode, Setting, answers
from models.limits import LimitLog
from models.rows import at_rows
from models.settings import Settings, alike_at_racks, together
from tests.models.small_plant import load, plant

WATER, AIR = (8.0, 12.0), (20.0, 22.0)
SETTINGS = tuple(itertools.product(WATER, AIR))


def state(setting: tuple[float, float], mode: Mode, chillers: int) -> JointState:
    return JointState(mode, setting[0], (setting[1],), chillers)


def mixed() -> list[JointState]:
    """Stages that differ from setting to setting, so that those of one stage do not lie side by side."""
    one = [state(setting, Mode.MECHANICAL, 1) for setting in SETTINGS]
    two = [state(setting, Mode.MECHANICAL, 2) for setting in (SETTINGS[3], SETTINGS[0])]
    free = [state(setting, Mode.FREE, 0) for setting in (SETTINGS[2], SETTINGS[0])]
    return [*two, *one, *free]


def test_together_is_as_alone() -> None:
    there, work = plant(), load([120.0, 180.0, 260.0])
    told = dict(answers(there, [(one, work) for one in mixed()]))
    assert sorted(told) == list(range(len(mixed())))
    for place, one in enumerate(mixed()):
        alone = there.evaluate(one, work)
        assert told[place].limit.tolist() == alone.limit.tolist()
        assert told[place].overhead_kw == pytest.approx(alone.overhead_kw, rel=1e-12)
        assert told[place].makeup_water_lps == pytest.approx(alone.makeup_water_lps, rel=1e-12)


def test_halls_are_asked_once_for_all_stages() -> None:
    work = load([120.0, 180.0])
    (block,) = together([(one, work) for one in mixed()])
    assert len(block.settings.each) == len(SETTINGS)
    assert sorted(place for part in block.parts for place in part.places) == list(range(len(mixed())))


def test_rows_side_by_side_are_a_slice_and_copy_nothing() -> None:
    work = load([120.0, 180.0])
    (block,) = together([(state(setting, Mode.MECHANICAL, 1), work) for setting in SETTINGS])
    whole = block.settings.rows_of([1, 2])
    assert whole == slice(2, 6)
    assert np.shares_memory(at_rows(block.load, whole).wet_bulb_degc, block.load.wet_bulb_degc)
    apart = block.settings.rows_of([0, 3])
    assert not isinstance(apart, slice)
    assert apart.tolist() == [0, 1, 6, 7]


def test_an_answer_at_some_rows_keeps_its_limits_apart() -> None:
    log = LimitLog(3)
    log.require([True, False, True], "first")
    some = at_rows(log, slice(1, 3))
    assert some.names.tolist() == ["first", ""]
    some.copy().require([False, False], "second")
    assert log.names.tolist() == ["", "first", ""]
    with pytest.raises(TypeError, match="holds no rows"):
        at_rows("a word", slice(0, 1))


def test_rows_alike_at_the_racks_are_known_across_questions_of_one_setting() -> None:
    """Stages are asked at other rows each: a row that another question has, too, is asked of the racks once."""
    warm = Setting(12.0, (21.0,), dampers_open=False)
    cold = Setting(10.0, (21.0,), dampers_open=False)
    heat_kw = np.array([200.0, 200.0, 240.0, 240.0, 200.0, 200.0])
    of_rows = dataclasses.replace(load(heat_kw), direct_kw=np.arange(6.0))
    own, like = alike_at_racks(Settings((warm, warm, cold), (3, 2, 1)), of_rows)
    assert own.tolist() == [True, False, True, False, False, True]
    assert like.tolist() == [0, 0, 1, 1, 0, 2]
