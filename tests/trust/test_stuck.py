"""What rests is stuck only while its witnesses move."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.points import Point
from facility.records import Finding
from facility.site_file import LoadedSite
from facility.trust.stuck import find_stuck, points_stuck, rest_steps
from tests.trust.watched import demo

TIMES = pd.date_range("2026-07-01", periods=288, freq="5min", tz="UTC")
SLOPE = np.linspace(0.0, 1.0, 288)


@pytest.fixture
def loaded() -> LoadedSite:
    return demo()


def still(loaded: LoadedSite) -> pd.DataFrame:
    """A site on which nothing moves."""
    return pd.DataFrame({point: np.full(288, _middle(loaded.points[point])) for point in points_stuck(loaded)}, TIMES)


def _middle(point: Point) -> float:
    return 1.0 if point.quantity == "on_status" else min(0.5 * (point.low + point.high), 20.0)


def found(loaded: LoadedSite, frame: pd.DataFrame) -> list[tuple[str, str]]:
    findings: tuple[Finding, ...] = find_stuck(loaded, frame).findings
    return [(finding.point, finding.kind) for finding in findings]


def test_a_site_that_rests_altogether_is_not_stuck(loaded: LoadedSite) -> None:
    assert found(loaded, still(loaded)) == []


def test_one_of_the_racks_rests_while_the_others_move(loaded: LoadedSite) -> None:
    frame = still(loaded)
    for rack in range(1, 13):
        frame[f"a{rack:02}.inlet_temperature_degc"] += 3.0 * SLOPE
    frame.loc[TIMES[200] :, "a03.inlet_temperature_degc"] = 24.0
    assert found(loaded, frame) == []  # the others have moved by less than 1 K since
    frame.loc[TIMES[100] :, "a03.inlet_temperature_degc"] = 24.0
    assert found(loaded, frame) == [("a03.inlet_temperature_degc", "stuck")]
    assert find_stuck(loaded, frame).findings[0].since == TIMES[100]


def test_supply_air_that_its_setpoint_has_left(loaded: LoadedSite) -> None:
    measured, setpoint = "crah-1.supply_air_temperature_degc", "crah-1.supply_air_temperature_setpoint_degc"
    frame = still(loaded)
    frame.loc[TIMES[200] :, setpoint] += 2.0
    assert found(loaded, frame) == [(measured, "stuck")]
    colder = still(loaded)
    colder.loc[TIMES[200] :, setpoint] -= 2.0  # not reached: its valve may be wide open
    assert found(loaded, colder) == []
    off = frame.copy()
    off.loc[TIMES[150] :, "crah-1.on_status"] = 0.0
    assert found(loaded, off) == []
    fresh = frame.copy()
    fresh[setpoint] = 20.0
    fresh.loc[TIMES[285] :, setpoint] = 22.0  # a quarter of an hour: it may still follow
    assert found(loaded, fresh) == []


@pytest.mark.parametrize("mean_degc", [1.0, 31.0])
def test_weather_counts_in_kelvin_whatever_the_climate(loaded: LoadedSite, mean_degc: float) -> None:
    """A stuck wet bulb of a real plant at 31 degC was missed while a share of the mean was asked."""
    frame = still(loaded)
    frame["weather.outdoor_temperature_degc"] = mean_degc + 2.5 * SLOPE
    assert found(loaded, frame) == []  # on a damp day the wet bulb may read the same for hours
    frame["weather.outdoor_temperature_degc"] = mean_degc + 4.0 * SLOPE
    assert {"weather.outdoor_wet_bulb_degc", "weather.outdoor_relative_humidity_frac"} == {
        point for point, kind in found(loaded, frame) if kind == "stuck"
    }
    frame["weather.outdoor_wet_bulb_degc"] = 0.8 * mean_degc + 2.5 * SLOPE
    frame["weather.outdoor_relative_humidity_frac"] = 0.7 - 0.2 * SLOPE
    frame["weather.outdoor_temperature_degc"] = mean_degc
    assert found(loaded, frame) == [("weather.outdoor_temperature_degc", "stuck")]


def test_where_nobody_knows_what_the_setpoint_was_nothing_was_left_behind(loaded: LoadedSite) -> None:
    """It once was 2 K away, and is silent at one end of the rest; a warning would fail this test."""
    frame = still(loaded)
    setpoint = "crah-1.supply_air_temperature_setpoint_degc"
    frame.loc[TIMES[200] :, setpoint] += 2.0
    for silent in (slice(None, TIMES[150]), slice(TIMES[250], None)):
        partly = frame.copy()
        partly.loc[silent, setpoint] = np.nan
        assert found(loaded, partly) == []


def test_setpoints_and_states_may_rest(loaded: LoadedSite) -> None:
    """Whatever else moves."""
    frame = still(loaded)
    for point in frame:
        quantity = loaded.points[str(point)].quantity
        if "setpoint" not in quantity and quantity != "on_status":
            frame[point] = frame[point] * (1.0 + 0.3 * SLOPE) + 0.1 * SLOPE  # some are zero
    assert found(loaded, frame) == []


def test_a_current_at_rest_that_agrees_with_its_meter_is_right(loaded: LoadedSite) -> None:
    """Line 1 carries a constant load, lines 2 and 3 do not: power and lines agree throughout."""
    frame = still(loaded)
    volts, amperes = 230.0, (np.full(288, 8.0), 8.0 + 6.0 * SLOPE, 7.0 + 5.0 * SLOPE)
    kva = volts * np.sum(amperes, axis=0) / 1000.0
    _meter(frame, "a07", kva, volts, amperes)
    assert found(loaded, frame) == []
    _meter(
        frame, "a07", kva + volts * 8.0 * SLOPE / 1000.0, volts, amperes
    )  # line 1 moves, but its current does not say so
    assert found(loaded, frame) == [("a07.current_l1_a", "stuck")]


def test_power_at_rest_while_its_lines_move(loaded: LoadedSite) -> None:
    frame = still(loaded)
    amperes = tuple(9.0 + 4.0 * SLOPE for _ in range(3))
    _meter(frame, "a07", 230.0 * np.sum(amperes, axis=0) / 1000.0, 230.0, amperes)
    frame["a07.power_kw"] = 6.2
    assert found(loaded, frame) == [("a07.power_kw", "stuck")]


def _meter(frame: pd.DataFrame, rack: str, kva: np.ndarray, volts: float, amperes: tuple[np.ndarray, ...]) -> None:
    frame[f"{rack}.power_kw"], frame[f"{rack}.apparent_power_kva"], frame[f"{rack}.power_factor"] = (
        0.95 * kva,
        kva,
        0.95,
    )
    for line, current in enumerate(amperes, start=1):
        frame[f"{rack}.current_l{line}_a"], frame[f"{rack}.voltage_l{line}_v"] = current, volts


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), min_size=1, max_size=60), st.integers(1, 40))
def test_rest_counts_back_from_the_last_value(before: list[float], steps: int) -> None:
    last = 1e7
    values = np.array([*before, *([last] * steps)])
    assert rest_steps(values) == steps
    assert rest_steps(np.append(values, [np.nan] * 3)) == steps + 3
    assert rest_steps(np.append(values, [np.nan] * 13)) == 0
