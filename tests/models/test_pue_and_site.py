"""The whole from its parts, and the names of ratios."""

from __future__ import annotations

import numpy as np
import pytest

from models.cooling import JointState, Mode
from models.electrical import LossCurve
from models.pue import BalanceError, PowerBalance, balance_from_meters, energy_ratio
from models.site_model import ElectricalChain, SiteModel
from tests.models.small_plant import load, plant

CHAIN = ElectricalChain(
    transformer=LossCurve(1000.0, 1.7, 0.0, 0.009),
    ups=LossCurve(600.0, 7.0, 0.012, 0.022),
    pdus={"hall-1": LossCurve(560.0, 1.2, 0.0, 0.012)},
)


def balance(it: list[float], cooling: list[float], half_width: float = 0.0) -> PowerBalance:
    size = len(it)
    return PowerBalance(
        np.array(it), np.array(cooling), np.full(size, 10.0), np.zeros(size), np.full(size, half_width), np.zeros(size)
    )


def test_a_ratio_of_sums_is_not_a_mean_of_ratios() -> None:
    uneven = balance([100.0, 300.0], [50.0, 30.0])
    ratio = energy_ratio(uneven, step_h=0.5)
    assert ratio.value == pytest.approx((160 + 340) / 400)
    assert ratio.value != pytest.approx(uneven.power_ratio.mean())


def test_only_a_year_earns_the_name() -> None:
    day = energy_ratio(balance([100.0] * 24, [20.0] * 24), step_h=1.0)
    assert not day.is_pue
    assert day.name == "interim PUE"
    year = energy_ratio(balance([100.0] * 8760, [20.0] * 8760), step_h=1.0)
    assert year.name == "PUE"
    assert year.value == pytest.approx(1.3)


def test_intervals_propagate() -> None:
    ratio = energy_ratio(balance([100.0, 100.0], [20.0, 20.0], half_width=5.0), step_h=0.25)
    assert (ratio.high - ratio.low) == pytest.approx(2 * 0.05)
    now = balance([100.0], [20.0], half_width=5.0)
    assert now.power_ratio_half_width == pytest.approx(0.05)


def test_meters_must_add_up() -> None:
    metered = balance_from_meters([200.0], [150.0], [30.0], [12.0])
    assert metered.other_kw == pytest.approx(8.0)
    assert metered.facility_kw == pytest.approx(200.0)
    with pytest.raises(BalanceError, match="exceed the facility's power by up to 5 kW"):
        balance_from_meters([200.0], [150.0], [40.0], [15.0])
    with pytest.raises(BalanceError, match="no IT energy"):
        energy_ratio(balance([0.0], [5.0]), 1.0)
    assert np.isnan(balance([0.0], [5.0]).power_ratio).all()


def test_a_site_closes_its_balance_by_hand() -> None:
    model, state = SiteModel((plant(),), CHAIN, {"loop-1": "hall-1"}), JointState(Mode.MECHANICAL, 12.0, (21.0,), 1)
    conditions = load([180.0, 220.0])
    found = model.balance([state], [conditions], other_kw=6.0)
    answer = plant().evaluate(state, conditions)
    it = conditions.it_air_kw[:, 0] + 160.0 + answer.server_fan_kw[:, 0]
    np.testing.assert_allclose(found.it_kw, it)
    output = it + CHAIN.pdus["hall-1"].loss_kw(it)
    secondary = CHAIN.ups.input_kw(output) + found.cooling_kw + 6.0
    np.testing.assert_allclose(found.facility_kw, CHAIN.transformer.input_kw(secondary))
    np.testing.assert_allclose(found.cooling_kw + answer.server_fan_kw[:, 0], answer.overhead_kw)
    assert (found.power_ratio > 1.05).all()
    assert (found.half_width_kw > answer.half_width_kw).all()
    np.testing.assert_allclose(found.check_against(found.facility_kw + 3.0), 3.0)


def test_more_server_power_lowers_the_ratio_and_raises_the_bill() -> None:
    """Why the ratio is reported and never minimised."""
    model, state = SiteModel((plant(),), CHAIN, {"loop-1": "hall-1"}), JointState(Mode.MECHANICAL, 12.0, (21.0,), 1)
    found = model.balance([state], [load([150.0, 260.0])])
    assert found.power_ratio[1] < found.power_ratio[0]
    assert found.facility_kw[1] > found.facility_kw[0]
