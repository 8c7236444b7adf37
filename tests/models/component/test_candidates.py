"""Candidates on top of a law: drawn towards it by little data, free with much; trees see all rare conditions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.component.candidates import CANDIDATES, CURVED, SCALE, STRAIGHT, TREES
from models.component.rehearsal import rehearse
from models.component.rows import TrainingRows
from models.component.thinning import thinned

LAW_SD = 0.08


DRIVERS = ("warm_degc",)


def rows(size: int, shape: str = "level", noise_kw: float = 1.0, seed: int = 0) -> TrainingRows:
    random = np.random.default_rng(seed)
    features = np.column_stack([random.uniform(20, 100, size), random.uniform(20, 30, size)])
    law, warm = features.T
    ratio = {
        "level": np.full(size, 1.15),
        "trend": 1.0 + 0.02 * (warm - 25.0),
        "bend": 0.9 + 0.01 * (warm - 25.0) ** 2,
        "stage": np.where(law > 60.0, 1.2, 1.0),
        "standing": 1.0 + 4.0 / law,
    }[shape]
    times = pd.date_range("2026-03-01", periods=size, freq="15min", tz="UTC")
    return TrainingRows(times, features, law * ratio + random.normal(0, noise_kw, size), DRIVERS)


def test_a_few_loud_rows_hardly_move_the_law_and_many_decide() -> None:
    where = np.array([[60.0, 25.0]])
    few = CANDIDATES[SCALE](rows(8, noise_kw=20.0), LAW_SD)(where)[0]
    many = CANDIDATES[SCALE](rows(3000, noise_kw=20.0), LAW_SD)(where)[0]
    assert abs(few - 1.0) < 0.08
    assert many == pytest.approx(1.15, abs=0.01)


@pytest.mark.parametrize(
    ("shape", "best"), [("trend", STRAIGHT), ("standing", STRAIGHT), ("bend", CURVED), ("stage", TREES)]
)
def test_each_finds_what_it_is_for(shape: str, best: str) -> None:
    known, fresh = rows(3000, shape), rows(1000, shape, noise_kw=0.0, seed=9)
    miss = {
        name: np.abs(fit(known, LAW_SD)(fresh.features) * fresh.base_kw - fresh.power_kw).mean()
        for name, fit in CANDIDATES.items()
    }
    assert miss[best] < 0.5 * miss[SCALE]
    assert best in rehearse(known, LAW_SD).names


def test_a_law_that_is_far_off_does_not_hold_its_correction_back() -> None:
    """A tower whose fans take ten times what the law says at little load, and twice at much: three days show it."""
    known = rows(288)
    law = 0.01 * known.features[:, 0]
    features = np.column_stack([law, known.features[:, 1]])
    noise_kw = np.random.default_rng(1).normal(0.0, 0.1, law.size)
    taught = TrainingRows(known.times, features, 1.5 + 2.0 * law + noise_kw, DRIVERS)
    said_kw = CANDIDATES[STRAIGHT](taught, LAW_SD)(features) * law
    assert np.abs(said_kw - (1.5 + 2.0 * law)).mean() < 0.05


def test_a_setpoint_that_hardly_moved_has_no_trend_of_its_own() -> None:
    """Water is a little colder for an hour after a second chiller starts: what that saves is not the colder water's."""
    random = np.random.default_rng(2)
    second = random.uniform(size=600) < 0.1
    load = np.where(second, 0.28, 0.47) + random.normal(0, 0.03, 600)
    water = 18.0 - np.where(second, 1.5, 0.0) + random.normal(0, 0.05, 600)
    features = np.column_stack([random.uniform(20, 35, 600), load, water])
    power = features[:, 0] * (0.9 - 0.08 * second + random.normal(0, 0.02, 600))
    times = pd.date_range("2026-07-01", periods=600, freq="15min", tz="UTC")
    taught = TrainingRows(times, features, power, ("part_load_frac", "leaving_water_degc"))
    ratio = CANDIDATES[STRAIGHT](taught, LAW_SD)
    colder, as_seen = ratio(np.array([[27.0, 0.47, 14.0], [27.0, 0.47, 18.0]]))
    assert colder > as_seen - 0.1  # the law says that four degrees take a tenth more
    assert abs(ratio(features) - power / features[:, 0]).mean() < 0.025


def test_near_equals_serve_together_and_poor_ones_do_not() -> None:
    assert set(rehearse(rows(3000, noise_kw=3.0), LAW_SD).names) == {SCALE, STRAIGHT, CURVED, TREES}
    assert SCALE not in rehearse(rows(3000, "bend"), LAW_SD).names


def test_what_a_day_can_teach_is_little() -> None:
    assert set(rehearse(rows(96, "stage"), LAW_SD).names) <= {SCALE, STRAIGHT}


def test_rehearsals_know_nothing_of_later_rows() -> None:
    before = rows(1000, "trend")
    power = before.power_kw.copy()
    power[800:] *= 5.0
    other = TrainingRows(before.times, before.features, power, DRIVERS)
    ours, theirs = rehearse(before, LAW_SD), rehearse(other, LAW_SD)
    same = set(ours.names) & set(theirs.names)
    assert same
    one = [
        CANDIDATES[name](each.part(slice(0, 800)), LAW_SD)(before.features) for name in same for each in (before, other)
    ]
    np.testing.assert_array_equal(one[0], one[1])


def test_thinning_keeps_the_rare_and_the_weights() -> None:
    random = np.random.default_rng(3)
    common = random.normal(50.0, 1.0, (50_000, 2))
    rare = random.uniform(90.0, 100.0, (30, 2))
    features = np.concatenate([common, rare])
    taken, weight = thinned(features, 5000)
    assert taken.size <= 5000
    assert (taken >= 50_000).sum() == 30
    assert weight.sum() == pytest.approx(len(features))
    everything, ones = thinned(features[:100], 5000)
    assert everything.size == ones.sum() == 100
