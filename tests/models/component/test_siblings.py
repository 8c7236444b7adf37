"""Units of a kind share what they learn: an hour of one's own rows is enough where siblings have months."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.accuracy import errors
from models.component.siblings import Unit, taught_by_siblings
from models.component_power import ComponentPower
from models.serialise import dump_model, load_model

RATED_KW = {"crah_fan.a": 30.0, "crah_fan.b": 60.0, "crah_fan.c": 15.0}
OWN = {"crah_fan.a": 1.02, "crah_fan.b": 0.98, "crah_fan.c": 1.03}


def unit(name: str, rows: int, seed: int = 0) -> Unit:
    """Fans that all draw more than their law at half load than at full, and each a little more or less."""
    random = np.random.default_rng(seed + len(name) + int(RATED_KW[name]))
    share = random.uniform(0.2, 1.0, rows)
    law = RATED_KW[name] * share
    power = OWN[name] * law * (1.35 - 0.25 * share) * (1 + random.normal(0, 0.01, rows))
    times = pd.date_range("2026-03-01", periods=rows, freq="15min", tz="UTC")
    return Unit(pd.DataFrame({"prior_kw": law}, index=times), pd.Series(power, index=times), RATED_KW[name])


def kind(hours_of_c: int) -> dict[str, Unit]:
    return {"crah_fan.a": unit("crah_fan.a", 2000), "crah_fan.b": unit("crah_fan.b", 2000)} | {
        "crah_fan.c": unit("crah_fan.c", 4 * hours_of_c)
    }


def test_an_hour_of_rows_gets_the_siblings_correction() -> None:
    units = kind(1)
    young = units["crah_fan.c"]
    taught = taught_by_siblings("crah_fan.c", units)["crah_fan.c"]
    model = ComponentPower("crah_fan.c").fit(young.rows, young.power_kw, taught)
    assert model.qualified, model.card_.reason
    assert "4 own rows" in model.card_.reason
    assert "siblings" in model.card_.method
    fresh = unit("crah_fan.c", 500, seed=50)
    learned, width, beyond = model.correct(fresh.rows["prior_kw"].to_numpy(), {})
    assert errors(fresh.power_kw, learned).rmse < 0.2 * errors(fresh.power_kw, fresh.rows["prior_kw"]).rmse
    assert (beyond > 0.0).mean() < 0.05  # the siblings have seen the range
    assert (np.abs(learned - fresh.power_kw) <= width)[beyond == 0.0].mean() > 0.85
    assert load_model(dump_model(model)).card_ == model.card_


def test_without_siblings_an_hour_is_not_enough() -> None:
    young = kind(1)["crah_fan.c"]
    with pytest.raises(ValueError, match="4 whole rows may teach, 48 are needed"):
        ComponentPower("crah_fan.c").fit(young.rows, young.power_kw)
    assert taught_by_siblings("crah_fan", {"crah_fan.c": unit("crah_fan.c", 500)}) == {}
    with pytest.raises(ValueError, match="2 whole rows may teach, 4 are needed"):
        taught = taught_by_siblings("crah_fan", kind(1))["crah_fan.c"]
        ComponentPower("crah_fan.c").fit(young.rows[:2], young.power_kw[:2], taught)


def test_siblings_that_are_otherwise_are_refused_by_the_units_own_rows() -> None:
    units = kind(1)
    young = units["crah_fan.c"]
    as_its_law = pd.Series(young.rows["prior_kw"] * 1.001, young.rows.index)
    taught = taught_by_siblings("crah_fan", units)["crah_fan.c"]
    model = ComponentPower("crah_fan.c").fit(young.rows, as_its_law, taught)
    assert not model.qualified


def test_half_a_day_with_siblings_beats_half_a_day_alone() -> None:
    units = kind(14)
    own = units["crah_fan.c"]
    taught = taught_by_siblings("crah_fan", units)["crah_fan.c"]
    together = ComponentPower("crah_fan.c").fit(own.rows, own.power_kw, taught)
    alone = ComponentPower("crah_fan.c").fit(own.rows, own.power_kw)
    fresh = unit("crah_fan.c", 500, seed=50)
    miss = [errors(fresh.power_kw, model.predict(fresh.rows)).rmse for model in (together, alone)]
    assert miss[0] <= miss[1]
    assert "siblings" in together.card_.method


def test_a_units_own_rows_teach_it_nothing_by_way_of_its_siblings() -> None:
    """What judges a unit must not have been seen: whatever it measures, its siblings say the same."""
    units = kind(100)
    changed = units | {"crah_fan.c": Unit(units["crah_fan.c"].rows, 2.0 * units["crah_fan.c"].power_kw, 15.0)}
    ours, theirs = (taught_by_siblings("crah_fan", each)["crah_fan.c"] for each in (units, changed))
    np.testing.assert_array_equal(ours.table.values, theirs.table.values)


def test_one_teacher_is_believed_no_more_than_the_law() -> None:
    units = {"crah_fan.a": unit("crah_fan.a", 2000), "crah_fan.c": unit("crah_fan.c", 4)}
    taught = taught_by_siblings("crah_fan", units)
    assert list(taught) == ["crah_fan.c"]
    assert taught["crah_fan.c"].spread.half_width_kw(np.array([10.0]))[0] == pytest.approx(1.5)
