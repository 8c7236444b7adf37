"""Power of a real chiller plant: learned in one December, scored in the next March, beside three references fitted alike.

All are given the same four inputs: load, leaving chilled water, entering condenser water, chillers on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from facility.site_file import LoadedSite, load_site
from facility.trust.stuck import find_stuck
from models.accuracy import coverage_frac, errors
from models.component_power import ComponentPower
from tools.bench.chiller_plant import DRIVERS, Month, Plate, engineers_plate, read_month, read_weather
from tools.bench.rows import Row, compared
from tools.bench.shared_data import folder

FloatArray = npt.NDArray[np.float64]

_FOLDER = "chiller_plant_10min"
_DECEMBER, _MARCH = "plant_23_12.csv.gz", "plant_24_03.csv.gz"
_DECEMBER_WEATHER, _MARCH_WEATHER = "weather_23_12.csv.gz", "weather_24_03_04_05.csv.gz"
_SITE = Path(__file__).parents[2] / "site_configs" / "demo.yaml"
_BEYOND = {  # what is held out of December: (input, quantile, above it)
    "high_load": ("cooling_kw", 0.8, True),
    "low_load": ("cooling_kw", 0.2, False),
    "warm_condenser": ("entering_condenser_degc", 0.8, True),
    "cold_condenser": ("entering_condenser_degc", 0.2, False),
    "warm_leaving": ("leaving_water_degc", 0.8, True),
    "cold_leaving": ("leaving_water_degc", 0.2, False),
}
_RESTED_FROM = pd.Timestamp("2023-12-20", tz="UTC")  # the wet bulb's last change, by eye
_LOADS, _TEMPERATURES = 200, 9
_LOOK_BACK, _LOOKS_EVERY = pd.Timedelta(hours=24), pd.Timedelta(hours=6)


def rows(quick: bool) -> list[Row]:
    """Return errors of chiller and plant beside the references, coverage, errors beyond what was seen, and the stuck sensor."""
    del quick  # seconds either way
    found = folder(_FOLDER)
    if found is None:
        return []
    december, march = read_month(found / _DECEMBER), read_month(found / _MARCH)
    plate = engineers_plate(december)
    return [
        *_scores("chiller", december, march, plate),
        *_scores("plant", december, march, plate),
        _falls(december, plate),
        *_beyond(december),
        *_stuck(found),
    ]


def _scores(what: str, december: Month, march: Month, plate: Plate) -> Iterator[Row]:
    """Yield our error beside that of the best reference, and what else there is to know."""
    plant, then = what == "plant", march.running
    truth = _measured(then, plant)
    model = ComponentPower(what, DRIVERS).fit(plate.rows(december, plant=plant), _measured(december, plant))
    asked = plate.rows(then, plant=plant)
    power, width, _ = model.correct(
        asked["prior_kw"].to_numpy(float), {name: asked[name].to_numpy(float) for name in DRIVERS}
    )
    ours = errors(truth, power)
    by_name = {name: errors(truth, said).cv_rmse_frac for name, said in _references(december.running, then, plant)}
    by_name["nameplate"] = errors(truth, asked["prior_kw"]).cv_rmse_frac
    yield compared(f"{what}_cv_rmse", ours.cv_rmse_frac, "-", min(by_name.values()))
    yield Row(f"{what}_nmbe", abs(ours.nmbe_frac), "-")
    for name, error in by_name.items():
        yield Row(f"{what}_cv_rmse_{name}", error, "-")
    yield Row(f"{what}_coverage_90", coverage_frac(truth, power, width), "-")


def _references(before: Month, then: Month, plant: bool) -> Iterator[tuple[str, FloatArray]]:
    """Yield what others say of a month: gradient boosting, least squares with the terms of an EIR chiller, and their mean."""
    known, asked, target = before.inputs.to_numpy(float), then.inputs.to_numpy(float), _measured(before, plant)
    with threadpool_limits(limits=1, user_api="openmp"):
        boosted = HistGradientBoostingRegressor(random_state=0).fit(known, target).predict(asked)
    found, *_ = np.linalg.lstsq(_eir_terms(known), target.to_numpy(float))
    least_squares = _eir_terms(asked) @ found
    yield "boosting", boosted
    yield "least_squares", least_squares
    yield "stacked", (boosted + least_squares) / 2


def _eir_terms(inputs: FloatArray) -> FloatArray:
    """Return 1, load and temperatures, their squares and products: an EIR chiller's product of curves to the second order."""
    scaled = inputs[:, :3] / (1000.0, 10.0, 10.0)
    first, second = np.triu_indices(3)
    return np.column_stack([np.ones(len(inputs)), scaled, scaled[:, first] * scaled[:, second]])


def _falls(december: Month, plate: Plate) -> Row:
    """Return the share of small steps of more load, at temperatures as they were, in which learned power falls."""
    model = ComponentPower("chiller", DRIVERS).fit(plate.rows(december), december.chiller_kw)
    low, high = december.running.inputs.quantile([0.05, 0.95]).to_numpy(float)
    load = np.linspace(low[0], high[0], _LOADS)
    falls = []
    for leaving, entering in product(*np.linspace(low[1:3], high[1:3], _TEMPERATURES).T):
        inputs = dict(zip(december.inputs, (load, leaving, entering, 1.0), strict=True))
        swept = replace(december, inputs=pd.DataFrame(inputs))
        falls.append(np.diff(model.predict(plate.rows(swept))) < 0.0)
    return Row("chiller_falls_with_load", float(np.mean(falls)), "-")


def _beyond(december: Month) -> Iterator[Row]:
    """Yield errors over the nameplate's where December had no rows like these, each plate from the rows that were left."""
    squares: list[tuple[FloatArray, FloatArray]] = []
    for name, (column, quantile, above) in _BEYOND.items():
        cut = float(december.running.inputs[column].quantile(quantile))
        beyond = december.inputs[column] > cut if above else december.inputs[column] < cut
        kept, unseen = december.only(~beyond), december.only(beyond).running
        plate = engineers_plate(kept)
        model = ComponentPower("chiller", DRIVERS).fit(plate.rows(kept), kept.chiller_kw)
        asked, truth = plate.rows(unseen), unseen.chiller_kw.to_numpy(float)
        nameplate = asked["prior_kw"].to_numpy(float)
        squares.append((np.square(model.predict(asked) - truth), np.square(nameplate - truth)))
        yield _rmse_beside(f"chiller_beyond_{name}", *squares[-1])
    pooled = [np.concatenate(one) for one in zip(*squares, strict=True)]
    yield _rmse_beside("chiller_beyond_rmse", *pooled)


def _rmse_beside(metric: str, ours: FloatArray, nameplate: FloatArray) -> Row:
    return compared(metric, float(np.sqrt(ours.mean())), "kW", float(np.sqrt(nameplate.mean())))


def _stuck(found: Path) -> Iterator[Row]:
    """Yield whether the product's check names the wet bulb that rests in March, and how it does in December."""
    december = read_weather(found / _DECEMBER, found / _DECEMBER_WEATHER)
    march = read_weather(found / _MARCH, found / _MARCH_WEATHER)
    called = called_stuck(december)
    false = [time for time in called if time < _RESTED_FROM]
    after = [time for time in called if time >= _RESTED_FROM]
    yield Row("stuck_wet_bulb_found", float(bool(called_stuck(march))), "-")
    yield Row("stuck_wet_bulb_false_alarms", float(len(false)), "looks")
    if after:
        yield Row("stuck_wet_bulb_found_after_h", (after[0] - _RESTED_FROM) / pd.Timedelta(hours=1), "h")


def called_stuck(weather: pd.DataFrame) -> list[pd.Timestamp]:
    """Return when the wet bulb is called stuck, the product's check looking back a day every six hours."""
    site = load_site(_SITE)
    looks = pd.date_range(weather.index[0] + _LOOK_BACK, weather.index[-1], freq=_LOOKS_EVERY)
    return [
        at for at in looks if _names_wet_bulb(site, weather[(weather.index > at - _LOOK_BACK) & (weather.index <= at)])
    ]


def _names_wet_bulb(site: LoadedSite, window: pd.DataFrame) -> bool:
    return any(finding.point == "weather.outdoor_wet_bulb_degc" for finding in find_stuck(site, window).findings)


def _measured(month: Month, plant: bool) -> pd.Series[float]:
    return month.plant_kw if plant else month.chiller_kw
