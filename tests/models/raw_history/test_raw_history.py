"""Bad stretches of a history are found, named and left out; a healthy history keeps every reading."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.raw_history.clocks import find_shifted_clocks
from models.raw_history.screen import screen_history

DAYS, RACKS, CRAHS = 28, 6, 4


def healthy(seed: int = 0) -> pd.DataFrame:
    """Racks that follow one load, CRAHs that follow them, a chiller that stands half of the time, setpoints that rest."""
    noise, size = np.random.default_rng(seed), DAYS * 96
    clock = np.arange(size)
    load = 8 + 2 * np.sin(clock / 96 * 2 * np.pi) + np.repeat(noise.normal(0, 0.8, size // 4), 4)
    columns: dict[str, np.ndarray] = {}
    for k in range(RACKS):
        columns[f"a{k}.power_kw"] = (0.9 + 0.05 * k) * load + noise.normal(0, 0.05, size)
        columns[f"a{k}.inlet_temperature_degc"] = 20 + 0.2 * load + noise.normal(0, 0.1, size)
    for k in range(CRAHS):
        columns[f"crah-{k}.fan_speed_frac"] = 0.4 + 0.02 * load + noise.normal(0, 0.005, size)
        columns[f"crah-{k}.supply_air_temperature_setpoint_degc"] = np.full(size, 20.0)
    on = (clock // (96 * 5)) % 2
    columns["chiller-1.power_kw"] = np.where(on, 6 * load, 0.06) + noise.normal(0, 0.001, size)
    columns["plant-1.chilled_water_flow_lps"] = 1.5 * load + noise.normal(0, 0.1, size)
    return pd.DataFrame(columns, index=pd.date_range("2026-02-01", periods=size, freq="15min", tz="UTC"))


def spell(frame: pd.DataFrame, first_day: float, days: float) -> slice:
    return slice(int(first_day * 96), int((first_day + days) * 96))


@pytest.mark.parametrize("seed", range(5))
def test_a_healthy_history_keeps_every_reading(seed: int) -> None:
    frame = healthy(seed)
    screened = screen_history(frame)
    assert screened.doubts == ()
    assert screened.frame is frame


@pytest.mark.parametrize(
    ("column", "factor", "offset", "said"),
    [
        ("a2.power_kw", 1000.0, 0.0, "W instead of kW"),
        ("a2.power_kw", 0.001, 0.0, "kW instead of W"),
        ("a2.power_kw", 3.6, 0.0, " instead of "),  # a fortieth from tons and kW: the load hides which
        ("a1.inlet_temperature_degc", 1.8, 32.0, "°F instead of °C"),
        ("a1.inlet_temperature_degc", 1 / 1.8, -32.0 / 1.8, "°C instead of °F"),
        ("plant-1.chilled_water_flow_lps", 3.6, 0.0, "m³/h instead of L/s"),
        ("plant-1.chilled_water_flow_lps", 0.2778, 0.0, "L/s instead of m³/h"),
        ("plant-1.chilled_water_flow_lps", 15.85, 0.0, "gpm instead of L/s"),
        ("crah-1.fan_speed_frac", 100.0, 0.0, "% instead of share"),
    ],
)
@pytest.mark.parametrize("begins", [3.0, DAYS - 6.0])
def test_another_unit_is_named_and_left_out(
    column: str, factor: float, offset: float, said: str, begins: float
) -> None:
    frame = healthy()
    rows = spell(frame, begins, 6.0)
    times = frame.index[rows]
    frame.loc[times, column] = factor * frame.loc[times, column] + offset
    screened = screen_history(frame)
    (doubt,) = screened.doubts
    assert (doubt.kind, doubt.columns) == ("unit", (column,))
    assert said in doubt.evidence
    assert abs(doubt.first - frame.index[rows][0]) <= pd.Timedelta(minutes=30)
    assert abs(doubt.last - frame.index[rows][-1]) <= pd.Timedelta(minutes=30)
    assert screened.frame[column].iloc[spell(frame, begins + 0.1, 5.8)].isna().all()
    assert screened.frame.drop(columns=column).equals(frame.drop(columns=column))


@pytest.mark.parametrize("seed", range(5))
def test_a_unit_that_comes_and_goes_is_left_out_each_time(seed: int) -> None:
    frame = healthy(seed)
    for begins in (2.0, 9.0, 20.0):
        rows = spell(frame, begins, 2.0)
        frame.iloc[rows, 0] *= 1000.0
    assert [doubt.kind for doubt in screen_history(frame).doubts] == ["unit"] * 3


@pytest.mark.parametrize("times", [2.0, 3.3, 4.0])
@pytest.mark.parametrize("seed", range(5))
def test_load_that_doubles_or_a_machine_that_starts_is_no_unit(seed: int, times: float) -> None:
    frame = healthy(seed)
    frame.iloc[spell(frame, 8.0, 9.0), 0] *= times
    frame["chiller-1.power_kw"] = np.where(np.arange(len(frame)) < 1000, 0.06, 60.0)  # 1000 times, once, and no unit
    assert screen_history(frame).doubts == ()


@pytest.mark.parametrize("hours", [1.0, -1.0, 2.0])
def test_a_clock_that_is_an_hour_off_is_named(hours: float) -> None:
    frame, rows = healthy(), spell(healthy(), 6.0, 12.0)
    mine = ["a3.power_kw", "a3.inlet_temperature_degc"]
    frame.loc[frame.index[rows], mine] = frame[mine].shift(int(4 * hours)).iloc[rows]
    screened = screen_history(frame)
    (doubt,) = screened.doubts
    assert doubt.kind == "clock" and set(doubt.columns) == set(mine)
    assert f"{abs(hours):.3g} h {'later' if hours > 0 else 'earlier'} than 5 of its kind" in doubt.evidence
    assert screened.frame[mine].iloc[rows].isna().all().all()
    assert str(doubt).startswith("a3 comes")


def test_a_clock_is_compared_with_the_meter_upstream_where_one_is_given() -> None:
    frame = healthy()
    racks = [f"a{k}.power_kw" for k in range(RACKS)]
    frame["pdu.power_kw"] = frame[racks].sum(axis=1).shift(4)
    (doubt,) = find_shifted_clocks(frame, {"pdu.power_kw": racks})
    assert doubt.columns == ("pdu.power_kw",) and "1 h later" in doubt.evidence


def test_what_rests_while_its_kind_moves_is_stuck() -> None:
    frame = healthy()
    rows = spell(frame, 10.0, 2.0)
    frame.loc[frame.index[rows], "a4.inlet_temperature_degc"] = 21.5
    screened = screen_history(frame)
    (doubt,) = screened.doubts
    assert doubt.kind == "stuck" and doubt.columns == ("a4.inlet_temperature_degc",) and "21.5" in doubt.evidence
    assert screened.frame["a4.inlet_temperature_degc"].iloc[rows].isna().all()


def test_gaps_are_named_once_each() -> None:
    frame = healthy()
    frame.iloc[spell(frame, 1.0, 0.5)] = np.nan
    frame.iloc[spell(frame, 5.0, 15.0), [0, 1]] = np.nan  # a0, all of it
    frame.iloc[spell(frame, 22.0, 1.0), 3] = np.nan  # a1, its inlet only
    found = {doubt.kind: doubt for doubt in screen_history(frame).doubts}
    lines = [str(doubt) for doubt in screen_history(frame).doubts]
    assert len(lines) == 3
    assert lines[0].startswith("12 devices all missing, 2026-02-02 00:00 to 2026-02-02 11:45")
    assert found["missing"].columns == ("a0.power_kw", "a0.inlet_temperature_degc")
    assert lines[1].startswith("a0 missing, 2026-02-06")
    assert lines[2].startswith("a1.inlet_temperature_degc missing although a1 answered")
    assert screen_history(frame).about(["a1.power_kw"]) == (lines[0],)


def test_an_empty_history_has_nothing_to_doubt() -> None:
    assert screen_history(healthy().iloc[:0]).doubts == ()
