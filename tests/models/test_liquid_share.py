"""A loop that takes less than its nameplate says is found, whatever one sensor says; what cannot be is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.liquid_share import HEAT, LEAST_ROWS, NOMINAL, LiquidShare, fit_liquid_share, loop_rows
from models.serialise import dump_model, load_model

CDUS = ["cdu-1", "cdu-2", "cdu-3"]
DESCRIBED, TRUE = 0.85, 0.7
DESCRIBED_FRAC = {"r1": DESCRIBED, "r2": DESCRIBED}
KJ_PER_LK = 4.186
PUMP_KW, TAKEN_KW = 2.0, 60.0


class Measured:
    """Quarters of an hour of a loop: racks draw 300 to 500 kW, a heat pump takes its part on every other day."""

    def __init__(self, rows: int = 3 * 96, share: float = TRUE, seed: int = 0, flow_lps: float = 4.0) -> None:
        self.random = np.random.default_rng(seed)
        self.times = pd.date_range("2026-03-01", periods=rows, freq="15min", tz="UTC")
        at = np.arange(rows)
        self.power_kw = 400.0 + 100.0 * np.sin(at / 96 * 2 * np.pi)
        self.taken_kw = np.where(at // 96 % 2 == 1, TAKEN_KW, 0.0)
        self.frame = self._frame(share * self.power_kw + PUMP_KW - self.taken_kw, flow_lps)

    def _frame(self, water_kw: np.ndarray, flow_lps: float) -> pd.DataFrame:
        supply_degc = 32.0
        entering = supply_degc + water_kw / (KJ_PER_LK * flow_lps * len(CDUS))
        columns = {}
        for cdu in CDUS:
            columns[f"{cdu}.secondary_flow_lps"] = self._noisy(flow_lps, 0.01)
            columns[f"{cdu}.secondary_supply_temperature_degc"] = self._noisy(supply_degc, 0.03)
            columns[f"{cdu}.secondary_return_temperature_degc"] = self._noisy(entering, 0.03)
        return pd.DataFrame(columns, index=self.times)

    def _noisy(self, value: float | np.ndarray, deviation: float) -> np.ndarray:
        return np.asarray(value + self.random.normal(0.0, deviation, len(self.times)))

    def rows(self) -> pd.DataFrame:
        nominal, taken, pump = (
            pd.Series(kw, self.times)
            for kw in (DESCRIBED * self.power_kw, self.taken_kw, np.full(len(self.times), 2.0))
        )
        return loop_rows(CDUS, self.frame, nominal, taken, pump)

    def learned(self) -> LiquidShare:
        return fit_liquid_share("loop-1", self.rows(), DESCRIBED_FRAC, len(CDUS))


def test_what_the_loop_takes_is_found_heat_pump_or_not() -> None:
    learned = Measured().learned()
    assert learned.qualified, learned.card.reason
    assert learned.liquid_frac == pytest.approx(dict.fromkeys(DESCRIBED_FRAC, TRUE), abs=0.005)
    assert learned.card.test is not None and learned.card.prior_test is not None
    assert learned.card.test.rmse < 0.1 * learned.card.prior_test.rmse
    assert learned.card.notes[0].startswith("loop-1 takes 0.70")
    assert learned.card.notes[0].endswith("the site file says 0.85")


def test_a_return_probe_that_is_off_for_good_is_outvoted() -> None:
    measured = Measured()
    measured.frame["cdu-2.secondary_return_temperature_degc"] += 3.0
    assert measured.learned().liquid_frac["r1"] == pytest.approx(TRUE, abs=0.02)


@pytest.mark.parametrize("quantity", ["secondary_flow_lps", "secondary_supply_temperature_degc"])
def test_a_spell_of_wrong_readings_does_not_move_it(quantity: str) -> None:
    measured = Measured()
    wrong = measured.frame[f"cdu-1.{quantity}"].to_numpy(float).copy()
    wrong[40:120] *= 1.8
    measured.frame[f"cdu-1.{quantity}"] = wrong
    assert measured.learned().liquid_frac["r1"] == pytest.approx(TRUE, abs=0.02)


def test_a_cdu_that_stands_does_not_count_whatever_its_probes_say() -> None:
    measured = Measured()
    water_kw = TRUE * measured.power_kw + PUMP_KW - measured.taken_kw
    for cdu in CDUS[:2]:
        measured.frame[f"{cdu}.secondary_return_temperature_degc"] = 32.0 + water_kw / (KJ_PER_LK * 8.0)
    measured.frame["cdu-3.secondary_flow_lps"] = 0.0
    measured.frame["cdu-3.secondary_return_temperature_degc"] = np.nan
    assert measured.learned().liquid_frac["r1"] == pytest.approx(TRUE, abs=0.01)


def test_coolant_that_warms_says_nothing_of_what_it_takes() -> None:
    measured = Measured()
    warming = slice(100, 140)
    measured.frame.iloc[warming] += 2.0 * np.arange(40)[:, None]
    assert not set(measured.rows().index) & set(measured.times[101:140])


def test_gaps_and_hardly_any_heat_are_left_out() -> None:
    measured = Measured()
    measured.frame.iloc[10:20, 0] = np.nan
    supplies = [f"{cdu}.secondary_supply_temperature_degc" for cdu in CDUS]
    returns = [f"{cdu}.secondary_return_temperature_degc" for cdu in CDUS]
    measured.frame.loc[measured.times[200:210], returns] = (
        measured.frame.loc[measured.times[200:210], supplies].to_numpy() + 1.0
    )
    kept = set(measured.rows().index)
    assert not kept & set(measured.times[10:20]) and not kept & set(measured.times[200:210])


def test_the_interval_holds_instruments_that_are_off_for_good() -> None:
    inside = 0
    for seed in range(60):
        measured = Measured(rows=120, seed=seed)
        for column in measured.frame:
            if str(column).endswith("_lps"):
                measured.frame[column] *= 1.0 + measured.random.normal(0.0, 0.01)
            else:
                measured.frame[column] += measured.random.normal(0.0, 0.1)
        learned = measured.learned()
        inside += abs(learned.factor - TRUE / DESCRIBED) < learned.half_width_frac
        assert learned.half_width_frac < 0.05
    assert inside >= 48  # of 60, 90 % being 54


def test_at_another_flow_probes_that_are_off_are_no_drift() -> None:
    slow, fast = Measured(), Measured(flow_lps=6.0)
    for measured in (slow, fast):
        for cdu in CDUS:
            measured.frame[f"{cdu}.secondary_return_temperature_degc"] += 0.1
    learned, rows = slow.learned(), fast.rows()
    missed_kw = float((rows[HEAT] - learned.predict_kw(rows)).mean())
    instruments_kw = 2.0 * len(CDUS) * KJ_PER_LK * 0.1  # of the flow that is more now
    assert missed_kw == pytest.approx(instruments_kw, abs=1.0)
    assert missed_kw < learned.card.half_width


def test_too_little_is_refused() -> None:
    rows = Measured().rows().iloc[: LEAST_ROWS - 1]
    with pytest.raises(ValueError, match=f"{LEAST_ROWS - 1} steady rows .* {LEAST_ROWS} are needed"):
        fit_liquid_share("loop-1", rows, DESCRIBED_FRAC, len(CDUS))


@pytest.mark.parametrize("share", [0.3, 1.1])
def test_what_no_loop_takes_is_a_meter_that_is_wrong(share: float) -> None:
    with pytest.raises(ValueError, match="look at its flows"):
        Measured(share=share).learned()


def test_a_loop_as_described_does_not_take_over_by_much() -> None:
    assert Measured(share=DESCRIBED).learned().factor == pytest.approx(1.0, abs=0.005)


def test_it_survives_storage() -> None:
    learned = Measured().learned()
    again = load_model(dump_model(learned))
    assert isinstance(again, LiquidShare)
    assert again.liquid_frac == learned.liquid_frac
    rows = pd.DataFrame({NOMINAL: [100.0], HEAT: [80.0]})
    assert again.predict_kw(rows) == pytest.approx(learned.predict_kw(rows))
