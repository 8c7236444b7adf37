"""A backtest never sees the future: whatever comes after a time, what was known then is the same."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facility.backtest.day_plan import plan_as_of
from facility.backtest.recorded import Recorded
from facility.backtest.signals_then import Basis, SignalsThen
from facility.backtest.telemetry_then import TelemetryThen
from facility.errors import HistoryError, InfeasibleError
from facility.learn.twin import Learned
from facility.plan.inputs import PlanInputs
from facility.prepare.present import inputs_at
from facility.records import Forecast, ReadingBatch
from facility.signals.outlook import CARBON, PRICE, WET_BULB
from facility.site_file import LoadedSite
from tests.backtest.retold import UNTIL, retold
from tests.backtest.toy_days import DAY, ToyDays, environment
from tests.closed_loop.making import START
from tests.history.forecasting import STEP, WARMTH

AT = START + 5 * DAY + timedelta(hours=9)


def inputs(recorded: Recorded) -> PlanInputs:
    then = recorded.believed_then(AT)
    signals = SignalsThen(recorded, then)
    found = inputs_at(recorded.loaded, then, signals, Learned(), AT, archive=None, correlation_id="test")
    assert Basis.HINDSIGHT not in signals.basis.values()
    return found


def assert_same(one: PlanInputs, other: PlanInputs) -> None:
    for field in dataclasses.fields(PlanInputs):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        pairs = zip(mine.values(), theirs.values(), strict=True) if isinstance(mine, dict) else [(mine, theirs)]
        for left, right in pairs:
            if field.name != "plants":
                np.testing.assert_equal(left, right, err_msg=field.name)
    assert repr(one.plants) == repr(other.plants)


@pytest.mark.parametrize(("seed", "with_kept"), [(1, False), (2, True)])
def test_the_inputs_of_a_plan_do_not_depend_on_what_came_later(
    toy_days: ToyDays, tmp_path: Path, seed: int, with_kept: bool
) -> None:
    found = []
    for folder, readings in (("as it was", toy_days.readings), ("retold", retold(toy_days, AT, seed))):
        with environment(toy_days, tmp_path / folder, UNTIL, readings) as here:
            if with_kept:
                here.archive.keep([warmth(AT - STEP, 18.0)])
            if readings is not toy_days.readings:
                here.archive.keep([warmth(AT + timedelta(seconds=1), 40.0)])
            found.append(inputs(Recorded(here.loaded, here.telemetry, here.archive, here.clock.now())))
    assert_same(*found)
    assert with_kept == bool((found[0].outdoor_degc == 18.0).all())


def warmth(issued: datetime, degc: float) -> Forecast:
    times = [issued + number * STEP for number in range(192)]
    return Forecast(WARMTH, issued, times, np.full(192, degc), "a test")


def test_readings_after_a_time_are_refused(toy_days: ToyDays) -> None:
    then = TelemetryThen(toy_days.readings, toy_days.case.loaded.points, AT)
    assert len(then.read(["weather.outdoor_temperature_degc"], AT - DAY, AT)) == 24 * 12
    for ask in (then.read, then.read_rows):
        with pytest.raises(HistoryError, match="was asked for readings until"):
            ask(["weather.outdoor_temperature_degc"], AT - DAY, AT + timedelta(minutes=5))
    with pytest.raises(HistoryError, match="only read"):
        then.append(ReadingBatch([], np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.uint8), "test"))


def test_the_latest_reading_is_the_last_before_the_time(toy_days: ToyDays) -> None:
    points = toy_days.case.loaded.points
    latest = TelemetryThen(toy_days.readings, points, AT).latest()
    assert set(latest) == {point.id for point in points}
    assert {reading.time for reading in latest.values()} == {AT - timedelta(minutes=5)}
    point = "weather.outdoor_temperature_degc"
    only = TelemetryThen(toy_days.readings, points, AT).latest([point])
    raw = toy_days.readings.read([point], AT - timedelta(minutes=5), AT)
    assert only[point].value == raw[point].iloc[0] and list(only) == [point]


def then_with(days: ToyDays, folder: Path, changes: dict[str, Any]) -> tuple[SignalsThen, Recorded]:
    """Return signals as of `AT` at the toy with parts of its site file changed."""
    loaded = days.case.loaded
    changed = dataclasses.replace(loaded, site=loaded.site.model_copy(update=changes), path=folder / "site.yaml")
    with environment(days, folder / "state", UNTIL) as here:
        recorded = Recorded(changed, days.readings, here.archive, UNTIL)
    return SignalsThen(recorded, recorded.then(AT)), recorded


def with_weather_file(loaded: LoadedSite, folder: Path, issued: datetime, hot_after_h: int = 60) -> dict[str, Any]:
    times = [(hour, (issued + hour * timedelta(hours=1)).isoformat()) for hour in range(60)]
    rows = [f"{issued.isoformat()},{time},{'33.0,0.4' if hour < hot_after_h else '58.0,0.7'}" for hour, time in times]
    head = "issued,time,outdoor_temperature_degc,outdoor_relative_humidity_frac"
    (folder / "weather.csv").write_text("\n".join([head, *rows]))
    weather = loaded.site.weather.model_copy(update={"forecast": "file", "forecast_file": Path("weather.csv")})
    return {"weather": weather}


@pytest.mark.parametrize(("hours", "basis"), [(-1, Basis.ASKED_AGAIN), (1, Basis.HINDSIGHT)])
def test_a_weather_file_counts_by_its_time_of_issue_and_else_what_was_measured_stands_in(
    toy_days: ToyDays, tmp_path: Path, hours: int, basis: Basis
) -> None:
    issued = AT + timedelta(hours=hours)
    then, _ = then_with(toy_days, tmp_path, with_weather_file(toy_days.case.loaded, tmp_path, issued))
    found = then.forecast(WARMTH, AT, AT, 96, STEP)
    assert then.basis == {WARMTH: basis}
    measured = toy_days.readings.read([f"weather.{WARMTH}"], AT, AT + DAY, STEP).to_numpy(float)[:, 0]
    np.testing.assert_allclose(found.values, 33.0 if basis is Basis.ASKED_AGAIN else measured)


def test_a_window_that_a_plan_would_not_have_covered_is_refused_with_what_cut_it_short(
    toy_days: ToyDays, tmp_path: Path
) -> None:
    changes = with_weather_file(toy_days.case.loaded, tmp_path, AT - timedelta(hours=1), hot_after_h=9)
    _, recorded = then_with(toy_days, tmp_path, changes)
    assert plan_as_of(recorded, Learned(), "none", (AT, AT + timedelta(hours=6))).plan.unmet
    with pytest.raises(InfeasibleError, match=r"plant-1 .* short by .* kW"):
        plan_as_of(recorded, Learned(), "none", (AT, AT + DAY))


def test_a_file_of_prices_is_what_turned_out_and_a_tariff_is_not(toy_days: ToyDays, tmp_path: Path) -> None:
    rows = [f"{(START + hour * timedelta(hours=1)).isoformat()},{0.1 + hour / 1e3}" for hour in range(24 * 12)]
    (tmp_path / "prices.csv").write_text("\n".join(["time,price_per_kwh", *rows]))
    tariff = toy_days.case.loaded.site.tariff
    then, _ = then_with(toy_days, tmp_path, {"tariff": tariff.model_copy(update={"price_file": Path("prices.csv")})})
    then.forecast(PRICE, AT, AT, 96, STEP)
    then.forecast(CARBON, AT, AT, 96, STEP)
    then.forecast(WET_BULB, AT, AT, 96, STEP)
    assert then.basis == {PRICE: Basis.HINDSIGHT, CARBON: Basis.ASKED_AGAIN, WET_BULB: Basis.ASKED_AGAIN}
