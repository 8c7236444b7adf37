"""From a command line to cases: site, conditions and market, and what of them was known beforehand."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pandas as pd

from facility.errors import ConfigurationError
from facility.respond.settings import BaselineTerms
from facility.site_file import LoadedSite, load_site
from tools.closed_loop.arguments import Options, parse_start
from tools.closed_loop.call_baselines import terms_of
from tools.closed_loop.case import HORIZON, Case
from tools.closed_loop.conditions import Conditions, Failure
from tools.closed_loop.course_files import read_load, read_market
from tools.closed_loop.failure_files import read_failures
from tools.closed_loop.forecast_error import ForecastWithError
from tools.closed_loop.grid_calls import GridCall, read_calls
from tools.closed_loop.prologue import SETTLING, plant_factory
from tools.closed_loop.weather_files import WeatherSeries, read_weather

CONDITIONS_STEP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """A case, the forecasts that one would have had, and notes for who reads the outcome."""

    case: Case
    signals: ForecastWithError
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Short, for tables and progress."""
        local = self.case.start.astimezone(self.case.loaded.site.zone)
        day = f"{local:%Y-%m-%d}" if local.hour == local.minute == 0 else f"{local:%Y-%m-%dT%H:%M}"
        return f"{self.case.loaded.site.id} {day} seed {self.case.seed}"


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What is read once for all cases."""

    loaded: LoadedSite
    weather: WeatherSeries | None
    failures: tuple[Failure, ...]
    calls: tuple[GridCall, ...]
    terms: BaselineTerms


def read_settings(options: Options) -> list[Setting]:
    """Return the cases that are asked for, starts by seeds.

    Raises
    ------
    facility.errors.FacilityError
        If an argument or a file is wrong; the message says what to do.
    tools.closed_loop.prologue.PlantNameError
        If there is no such plant.
    """
    loaded = load_site(options.site)
    plant_factory(options.plant)
    starts = [parse_start(text, loaded.site.zone).astimezone(UTC) for text in options.starts]
    given = Given(
        loaded,
        None if options.weather is None else read_weather(options.weather, loaded.site.altitude_m),
        () if options.failures is None else read_failures(options.failures, loaded),
        () if options.events is None else read_calls(options.events),
        terms_of(options.baseline, loaded),
    )
    return [_setting(options, given, start, seed) for start in dict.fromkeys(starts) for seed in options.seeds]


def _setting(options: Options, given: Given, start: datetime, seed: int) -> Setting:
    loaded, weather, failures = given.loaded, given.weather, given.failures
    begin, end = start - options.history - SETTLING, start + timedelta(days=options.days) + HORIZON
    market = read_market(loaded, begin, end, options.prices, options.carbon)
    own = _own(options.plant, loaded, seed, begin, end)
    conditions = replace(_conditions(options, given, own, begin, end), failures=failures)
    until = start + timedelta(days=options.days)
    case = Case(
        loaded=loaded,
        plant=options.plant,
        start=start,
        days=options.days,
        seed=seed,
        conditions=conditions,
        market=market.market,
        replan=options.replan,
        plans_alone=options.plans_alone,
        calls=tuple(one for one in given.calls if one.told >= start and one.end <= until),
        ramp=options.ramp,
        terms=given.terms,
        history=options.history,
    )
    notes = [*(weather.notes if weather is not None else ())]
    if failures and not any(one.begins < case.end and one.ends > begin for one in failures):
        notes.append(f"{options.failures}: nothing of it happens in this case")
    if given.calls and not case.calls:
        notes.append(f"{options.events}: nothing of it is told and over in this case")
    return Setting(case, ForecastWithError.of(case, market, weather), tuple(notes))


def _conditions(options: Options, given: Given, own: Conditions | None, begin: datetime, end: datetime) -> Conditions:
    """Return weather and work from `begin` to before `end`: of the files, and where there are none the plant's own."""
    loaded = given.loaded
    times = pd.date_range(begin, end, freq=CONDITIONS_STEP, inclusive="left")
    if given.weather is None:
        if own is None:
            raise ConfigurationError(
                f"--weather is missing: plant {options.plant} has no weather of its own (own_conditions); "
                "give an EPW or CSV file"
            )
        conditions = own
    else:
        air = given.weather.at(times, loaded.site.zone)
        conditions = Conditions(
            start=begin,
            step=CONDITIONS_STEP,
            dry_bulb_degc=air.dry_bulb_degc,
            dew_point_degc=air.dew_point_degc,
            demand_frac={} if own is None else own.demand_frac,
            heat_demand_kw={} if own is None else own.heat_demand_kw,
        )
    if options.load is not None:
        demand = read_load(options.load, loaded.site, times)
        conditions = replace(conditions, demand_frac={**conditions.demand_frac, **demand})
    return conditions


def _own(plant: str, loaded: LoadedSite, seed: int, begin: datetime, end: datetime) -> Conditions | None:
    """Return the conditions that a plant's module makes up, if it does."""
    offered = getattr(importlib.import_module(plant.partition(":")[0]), "own_conditions", None)
    if offered is None:
        return None
    found: Conditions = offered(loaded, seed, begin, end - CONDITIONS_STEP, CONDITIONS_STEP)
    return found
