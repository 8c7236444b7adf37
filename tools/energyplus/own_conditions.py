"""Weather and work for a user who gives no files: the model's own typical year, and a load that follows day and week."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from facility.records import FloatArray
from facility.site_file import LoadedSite
from tools.closed_loop.conditions import Conditions
from tools.closed_loop.weather_files import read_weather
from tools.energyplus.mapping_file import load_mapping, mapping_path, need_mapping
from tools.energyplus.model import find_file

_NIGHT_FRAC, _DAY_FRAC, _PEAK_H = 0.35, 0.65, 15.0  # of all servers fully used, on weekdays
_WEEKEND = 0.85
_DRIFT_FRAC, _MEMORY_H = 0.03, 4.0  # what a seed changes


def own_conditions(loaded: LoadedSite, seed: int, start: datetime, end: datetime, step: timedelta) -> Conditions:
    """Return the weather of the mapping's file and a load from `start` to `end` (both aware).

    A pool that the mapping has no demand for is left to the model.

    Raises
    ------
    ConfigurationError
        If the mapping is missing or wrong, or its weather file is not found.
    """
    path = mapping_path(loaded.path)
    need_mapping(path)
    mapping, file = load_mapping(path, loaded)
    weather = read_weather(find_file(mapping.weather, file.path, "weather"), loaded.site.altitude_m)
    times = pd.date_range(start.astimezone(UTC), end.astimezone(UTC), freq=step)
    air = weather.at(times, loaded.site.zone)
    random = np.random.default_rng(seed)
    clock = times.tz_convert(loaded.site.zone)
    demand = {one.pool: _load_frac(clock) + _drift(len(clock), step, random) for one in mapping.demands}
    demand = {pool: np.clip(course, 0.0, 1.0) for pool, course in demand.items()}
    return Conditions(start, step, air.dry_bulb_degc, air.dew_point_degc, demand)


def _load_frac(clock: pd.DatetimeIndex) -> FloatArray:
    """Return a load at times of the site's clock: highest in the afternoon, less at weekends."""
    hour = clock.hour.to_numpy() + clock.minute.to_numpy() / 60.0
    middle, swing = (_DAY_FRAC + _NIGHT_FRAC) / 2.0, (_DAY_FRAC - _NIGHT_FRAC) / 2.0
    course = middle + swing * np.cos((hour - _PEAK_H) / 24.0 * 2.0 * np.pi)
    return np.asarray(course * np.where(clock.day_of_week.to_numpy() >= 5, _WEEKEND, 1.0))


def _drift(steps: int, step: timedelta, random: np.random.Generator) -> FloatArray:
    """Return a course that wanders around 0 and forgets itself in some hours (autoregressive, first order)."""
    kept = math.exp(-step / timedelta(hours=_MEMORY_H))
    news = random.normal(0.0, _DRIFT_FRAC, steps)
    news[1:] *= math.sqrt(1.0 - kept**2)
    return np.asarray(lfilter([1.0], [1.0, -kept], news))
