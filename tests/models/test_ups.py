"""Loss curves from plates, UPS modules, redundant paths and eco mode, transformers."""

from __future__ import annotations

import numpy as np
import pytest

from models.electrical import LossCurve, from_efficiencies, transformer
from models.ups import UpsSystem

MODULE = LossCurve(100.0, 1.2, 0.012, 0.02)
ECO = LossCurve(100.0, 0.4, 0.004, 0.002)


def test_three_efficiencies_give_the_curve_back() -> None:
    plate = {0.25: 0.94, 0.5: 0.955, 1.0: 0.95}
    curve = from_efficiencies(500.0, plate)
    for load, efficiency in plate.items():
        assert 500 * load / curve.input_kw(500 * load) == pytest.approx(efficiency, abs=1e-9)
    assert min(curve.no_load_kw, curve.proportional_frac, curve.square_frac) > 0


def test_two_efficiencies_give_constant_and_square() -> None:
    curve = from_efficiencies(500.0, {0.5: 0.955, 1.0: 0.95})
    assert curve.proportional_frac == 0.0
    assert 250 / curve.input_kw(250.0) == pytest.approx(0.955)
    assert 500 / curve.input_kw(500.0) == pytest.approx(0.95)


def test_rounded_plates_stay_convex() -> None:
    plate = {0.25: 0.955, 0.5: 0.965, 0.75: 0.965, 1.0: 0.96}
    curve = from_efficiencies(500.0, plate)
    assert min(curve.no_load_kw, curve.proportional_frac, curve.square_frac) >= 0
    for load, efficiency in plate.items():
        assert 500 * load / curve.input_kw(500 * load) == pytest.approx(efficiency, abs=0.003)


@pytest.mark.parametrize(
    "plate", [{1.0: 0.95}, {0.5: 0.95, 1.0: 1.2}, {0.0: 0.9, 1.0: 0.95}, {50.0: 0.95, 100.0: 0.94}]
)
def test_plates_that_cannot_be_are_refused(plate: dict[float, float]) -> None:
    with pytest.raises(ValueError, match="load"):
        from_efficiencies(500.0, plate)


def test_transformer_is_best_where_iron_and_copper_losses_are_equal() -> None:
    curve = transformer(1000.0, 0.693, 7.6)  # EU 548/2014 tier 2, 1000 kVA liquid-immersed
    load = np.linspace(50, 1000, 951)
    best = load[np.argmin(curve.loss_kw(load) / load)]
    assert best == pytest.approx(1000 * np.sqrt(0.693 / 7.6), abs=1.0)
    assert 1 - curve.loss_kw(best) / best == pytest.approx(0.9954, abs=1e-4)  # 1 - 2 sqrt(P0 Pk) / S


def test_two_paths_each_run_below_half() -> None:
    single, double = UpsSystem(MODULE, 5), UpsSystem(MODULE, 5, paths=2)
    assert single.capacity_kw == double.capacity_kw == 400.0
    assert double.loss_kw(300.0, 5) == pytest.approx(2 * single.loss_kw(150.0, 5))
    assert double.loss_kw(300.0, 5) > single.loss_kw(300.0, 5)


def test_least_modules_carry_everything_with_one_lost() -> None:
    system = UpsSystem(MODULE, 5)
    np.testing.assert_array_equal(system.least_modules([0.0, 50.0, 100.0, 101.0, 400.0]), [1, 2, 2, 3, 5])


def test_best_modules_weigh_no_load_against_square_loss() -> None:
    system = UpsSystem(MODULE, 8)
    output = np.array([20.0, 150.0, 600.0])
    best = system.best_modules(output)
    for kw, count in zip(output, best, strict=True):
        losses = [float(system.loss_kw(kw, n)) for n in range(int(system.least_modules(kw)), 9)]
        assert system.loss_kw(kw, count) == pytest.approx(min(losses))
    assert (np.diff(best) >= 0).all()
    assert best[0] == 2


def test_eco_mode() -> None:
    system = UpsSystem(MODULE, 4, eco=ECO)
    efficiency = 300 / (300 + system.loss_kw(300.0, 4, "eco"))
    assert 0.985 < efficiency < 0.995  # makers give 98.5 to 99 %
    assert system.loss_kw(300.0, 4, "eco") < system.loss_kw(300.0, 4)
    with pytest.raises(ValueError, match="no eco mode"):
        UpsSystem(MODULE, 4).loss_kw(300.0, 4, "eco")


def test_as_one_curve() -> None:
    system = UpsSystem(MODULE, 4, paths=2, eco=ECO)
    load = np.array([0.0, 120.0, 390.0])
    np.testing.assert_allclose(system.as_one().loss_kw(load), system.loss_kw(load, 4))
    np.testing.assert_allclose(system.as_one("eco").loss_kw(load), system.loss_kw(load, 4, "eco"))
