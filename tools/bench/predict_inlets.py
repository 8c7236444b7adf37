"""Rack inlets and liquid loops an hour ahead on simulated sites, after three days of history, beside persistence.

`inlet_1h_rmse_k` is of the hours whose cause can be known when the forecast is issued: the plan's setpoints, also those too bold,
the load, a plant that falls short. What cannot be known an hour ahead is due in two kinds of hours: a CRAH trips or comes back, and
the site's protection takes turns with the plan, each some minutes long. They count within `all hours`, and their shares of its
squared error are told. Intervals answer for what is not known: `inlet_coverage_90` and the interval score are of all hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from facility.site import Hall
from models.ahead.cdus import CdusAhead, fit_cdus_ahead
from models.ahead.hot_spots import ALARM_PROBABILITY, over_limit_in_hour
from models.ahead.inlets import InletsAhead, fit_inlets_ahead
from models.ahead.innovation import Forecast
from models.ahead.protection import protected
from models.hall_air import Hall as HallAir
from models.history_rows import hall_rows
from models.nameplate import Cdu, Crah
from models.psychrometrics import air_density_frac
from models.rack_inlet import RackInlets
from tools.bench.hot_spot_score import NONE, HotSpots, score_hot_spots
from tools.bench.hour_ahead_score import HOUR, Scores
from tools.bench.inlet_days import BOLD_HOURS, LEARNED, PLANNED, PRACTICE, STEP, InletDays, simulate
from tools.bench.inlet_directions import Directions, directions
from tools.bench.lost_crah import LostCrahs
from tools.bench.rows import Row

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

SEEDS = range(21, 31)  # no choice was made on them
SITES = ("demo", "liquid_ai", "air_economizer")  # in turn
LEARNED_ROWS, PLANNED_ROW = LEARNED // STEP, (LEARNED + PRACTICE) // STEP
_GOT_AWAY_K = 1.0
_TURN_ROWS = 4  # around a reading of the protection's drive: the longest rest between two turns
_AFTER_TRIP = timedelta(hours=1)
INLET_METRICS = ("inlet_1h_rmse_k", "inlet_coverage_90", "inlet_interval_score_ratio")


@dataclass(frozen=True, slots=True, eq=False)
class HallRun:
    """A hall with what was forecast at each row, with and without knowing the plan.

    `protected` are the rows in which the site's own protection drives the CRAHs, `turns` those around them, `driven` those up to
    an hour after it does or after supply air got away from its setpoint: what racks do then is no slow matter. `tripped` are the
    rows in which a CRAH of this hall has tripped, and the hour after; `if_lost` what would be forecast if told that it will.
    """

    hall: Hall
    model: InletsAhead
    air: HallAir
    planned: Forecast
    held: Forecast
    measured: FloatArray
    protected: BoolArray
    turns: BoolArray
    driven: BoolArray
    tripped: BoolArray
    if_lost: Forecast | None


def rows(quick: bool) -> list[Row]:
    """Return the rows; `quick` takes one seed, that of the demo site."""
    return scored(SEEDS[1:2] if quick else SEEDS)


def scored(seeds: Sequence[int]) -> list[Row]:
    """Return the rows of some seeds."""
    known, whole, ordinary, held, trips, turns, supply, back = (Scores() for _ in range(8))
    slow, fast, right, lost = NONE, NONE, Directions(0, 0), LostCrahs()
    for seed in seeds:
        run = simulate(SITES[(seed - 1) % len(SITES)], seed)
        tested = slice(PLANNED_ROW, len(run.frame) - HOUR)
        bold = _while_bold(run)
        halls, loops = list(_halls(run)), _loops(run)
        for one in halls:
            held.add(one.held, one.measured, slice(LEARNED_ROWS, PLANNED_ROW - HOUR))
            known.add(one.planned, one.measured, tested, one.tripped | one.turns)
            whole.add(one.planned, one.measured, tested)
            ordinary.add(one.planned, one.measured, tested, one.tripped | bold)
            trips.add(one.planned, one.measured, tested, ~one.tripped)
            turns.add(one.planned, one.measured, tested, ~one.turns | one.tripped)
            sudden = one.tripped | one.driven
            slow += _hot_spots(one, ~sudden)
            fast += _hot_spots(one, sudden)
            if one.if_lost is not None:
                last = int(np.argmax(one.tripped)) - 1
                lost.add(one.if_lost, one.planned, one.measured, last, one.hall.limits.inlet_max_degc)
        for model in loops.values():
            forecast, measured, units = model.forecast(run.frame), _cdu_temperatures(model, run.frame), len(model.cdus)
            supply.add(_channels(forecast, slice(0, units)), measured[:, :units], tested)
            back.add(_channels(forecast, slice(units, None)), measured[:, units:], tested)
        right += directions(
            run,
            {one.hall.id: partial(_last_inlets, one) for one in halls},
            {loop: partial(_last_cdus, model) for loop, model in loops.items()},
        )
    days = len(seeds) * PLANNED / timedelta(days=1)
    return [
        *known.rows(INLET_METRICS[0], *(f"{name}: cause known" for name in INLET_METRICS[1:])),
        *whole.rows(f"{INLET_METRICS[0]}: all hours", *INLET_METRICS[1:]),
        Row("inlet_1h_squared_error_share: a CRAH trips or comes back", trips.squared_k2 / whole.squared_k2, "frac"),
        Row("inlet_1h_squared_error_share: turns of the protection", turns.squared_k2 / whole.squared_k2, "frac"),
        *ordinary.rows(*(f"{name}: plan not bold, no trip" for name in INLET_METRICS)),
        *held.rows(*(f"{name}: no plan known" for name in INLET_METRICS)),
        Row("hot_spot_recall", slow.recall, "frac"),
        Row("hot_spots", slow.passed, "count"),
        Row("hot_spot_false_alarms_per_day", slow.false_alarms / days, "1/day"),
        Row("hot_spot_alarms_met_by_protection_per_day", slow.prevented / days, "1/day"),
        Row("hot_spot_recall: sudden ones", fast.recall, "frac"),
        Row("hot_spots: sudden ones", fast.passed, "count"),
        Row("hot_spot_recall: all", (slow + fast).recall, "frac"),
        *lost.rows(),
        *supply.rows("cdu_supply_1h_rmse_k", "cdu_supply_coverage_90", "cdu_supply_interval_score_ratio"),
        *back.rows("cdu_return_1h_rmse_k", "cdu_return_coverage_90", "cdu_return_interval_score_ratio"),
        Row("setpoint_directions_right_frac", right.right / max(right.asked, 1), "frac"),
        Row("setpoint_directions", right.asked, "count"),
    ]


def _halls(run: InletDays) -> Iterator[HallRun]:
    """Fit each hall on the first three days, and forecast the whole course."""
    site = run.loaded.site
    for hall in site.halls:
        crahs = tuple(
            Crah(crah.id, crah.rated_airflow_m3ps, crah.rated_fan_kw, crah.rated_cooling_kw)
            for crah in site.crahs
            if crah.hall == hall.id
        )
        air = HallAir(
            hall.id,
            crahs,
            RackInlets.prior([rack.id for rack in hall.racks]),
            density_frac=float(air_density_frac(site.altitude_m)),
        )
        rows, measured = hall_rows(air, run.frame, _liquid_frac(hall))
        ids = [crah.id for crah in crahs]
        with_plan, without = (
            fit_inlets_ahead(hall.id, rows[:LEARNED_ROWS], measured[:LEARNED_ROWS], ids, knows_plan=known)
            for known in (True, False)
        )
        crah, driven = run.tripped[0], protected(rows, ids)
        mine = crah in ids
        yield HallRun(
            hall,
            with_plan,
            air,
            with_plan.forecast(rows, measured),
            without.forecast(rows, measured),
            measured.to_numpy(float),
            driven,
            _around(driven),
            _for_an_hour(driven | _got_away(rows, ids)),
            _around_trip(run) & mine,
            with_plan.forecast(rows, measured, lost=crah) if mine else None,
        )


def _got_away(rows: pd.DataFrame, crahs: list[str]) -> BoolArray:
    """Return where the supply air of a CRAH is much warmer than asked."""
    name = "supply_air_temperature"
    warmer = [rows[f"{crah}.{name}_degc"] > rows[f"{crah}.{name}_setpoint_degc"] + _GOT_AWAY_K for crah in crahs]
    return np.asarray(np.any(warmer, axis=0))


def _around(driven: BoolArray) -> BoolArray:
    """Return the rows up to `_TURN_ROWS` before and after those given."""
    window = 2 * _TURN_ROWS + 1
    return np.asarray(pd.Series(driven).rolling(window, min_periods=1, center=True).max().to_numpy(bool))


def _for_an_hour(begun: BoolArray) -> BoolArray:
    """Return the rows within an hour after those given."""
    return np.asarray(pd.Series(begun).rolling(HOUR + 1, min_periods=1).max().to_numpy(bool))


def _loops(run: InletDays) -> dict[str, CdusAhead]:
    """Fit each liquid loop on the first three days."""
    return {
        loop.id: fit_cdus_ahead(
            loop.id,
            run.frame[:LEARNED_ROWS],
            [
                Cdu(cdu.id, cdu.rated_heat_kw, cdu.rated_flow_lps, cdu.rated_pump_kw, cdu.approach_k, cdu.min_flow_frac)
                for cdu in loop.cdus
            ],
        )
        for loop in run.loaded.site.liquid_loops
    }


def _hot_spots(one: HallRun, counted: BoolArray) -> HotSpots:
    limit_degc = one.hall.limits.inlet_max_degc
    alarm = over_limit_in_hour(one.planned, limit_degc) >= ALARM_PROBABILITY
    tested = slice(PLANNED_ROW, None)
    return score_hot_spots(limit_degc - one.measured[tested], alarm[tested], counted[tested], one.protected[tested])


def _around_trip(run: InletDays) -> BoolArray:
    """Return the rows from a CRAH's trip until the hall has come to rest after it."""
    _, begins, ends = run.tripped
    return np.asarray((run.frame.index >= begins) & (run.frame.index < ends + _AFTER_TRIP))


def _while_bold(run: InletDays) -> BoolArray:
    """Return the rows in which the plan leads to hot spots and the site's protection against it, and the hour after."""
    begins, ends = (run.planned_from + timedelta(hours=hour - 1) for hour in BOLD_HOURS)
    return np.asarray((run.frame.index >= begins) & (run.frame.index < ends + 2 * _AFTER_TRIP))


def _last_inlets(one: HallRun, frame: pd.DataFrame) -> FloatArray:
    rows, measured = hall_rows(one.air, frame, _liquid_frac(one.hall))
    return np.asarray(one.model.forecast(rows, measured).mean[-1 - HOUR, -1])


def _last_cdus(model: CdusAhead, frame: pd.DataFrame) -> FloatArray:
    return np.asarray(model.forecast(frame).mean[-1 - HOUR, -1])


def _liquid_frac(hall: Hall) -> dict[str, float]:
    return {rack.id: rack.liquid_frac for rack in hall.racks}


def _cdu_temperatures(model: CdusAhead, frame: pd.DataFrame) -> FloatArray:
    ends = ("secondary_supply_temperature_degc", "secondary_return_temperature_degc")
    return frame[[f"{cdu.id}.{end}" for end in ends for cdu in model.cdus]].to_numpy(float)


def _channels(forecast: Forecast, which: slice) -> Forecast:
    return Forecast(forecast.mean[..., which], forecast.low[..., which], forecast.high[..., which])
