"""What people and the old changeover rule do to the setpoints: mostly nothing, now and then one of them, some of them never."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from facility.site import Site
from tools.simulated_site.climate import DAY_S
from tools.simulated_site.sequences import MECHANICAL, PARTIAL
from tools.simulated_site.setpoints import Key
from tools.simulated_site.surroundings import Surroundings

ECONOMIZER_ON_DEGC, ECONOMIZER_OFF_DEGC = (
    3.0,
    5.0,
)  # wet bulb; a cautious rule that nobody has looked at since commissioning
COLD_WATER_DEGC = 10.0  # plants that cannot make water as cold as this are left alone


@dataclass(frozen=True, slots=True)
class Habit:
    """A setpoint that somebody touches on some days, on the machines of one kind together."""

    quantity: str
    equipment: tuple[str, ...]
    chance_per_day: float
    choices: tuple[float, ...]


class Operators:
    """The people on site. CDU setpoints, staging, servers, work and battery stay as commissioned."""

    def __init__(self, site: Site, seed: int) -> None:
        self._seed, self._zone = seed, site.zone
        crahs = tuple(crah.id for crah in site.crahs)
        cold = [plant for plant in site.plants if plant.leaving_water_min_degc < COLD_WATER_DEGC]
        plants = tuple(plant.id for plant in cold)
        self._plants = tuple(plant.id for plant in cold if plant.economizer is not None)
        self._habits = (
            Habit("supply_air_temperature_setpoint_degc", crahs, 0.55, (18.0, 18.5, 19.0, 19.5, 20.0, 21.0, 22.0)),
            Habit("fan_speed_setpoint_frac", crahs, 0.45, (0.75, 0.8, 0.85, 0.9, 0.95)),
            Habit("leaving_chilled_water_temperature_setpoint_degc", plants, 0.4, (7.0, 8.0, 8.5, 9.0, 10.0)),
            Habit("condenser_water_temperature_setpoint_degc", plants, 0.3, (22.0, 24.0, 25.0, 27.0)),
        )

    def changes(self, before: datetime, after: datetime, surroundings: Surroundings) -> Iterator[tuple[Key, float]]:
        """Yield what is set in (before, after]: a function of time alone, so that any step length sees the same."""
        yield from self._changeover(before, after, surroundings)
        start_s, end_s = before.timestamp(), after.timestamp()
        for day in range(math.floor(start_s / DAY_S), math.floor(end_s / DAY_S) + 1):
            for habit in self._habits:
                act = _act(habit, day, self._seed, self._zone)
                if act is not None and start_s < act[0] <= end_s:
                    yield from (((equipment, habit.quantity), act[1]) for equipment in habit.equipment)

    def _changeover(self, before: datetime, after: datetime, surroundings: Surroundings) -> Iterator[tuple[Key, float]]:
        """Look at the wet bulb once an hour, and act where it has crossed a threshold since the last look."""
        hour = math.floor(after.timestamp() / 3600.0)
        if math.floor(before.timestamp() / 3600.0) == hour:
            return
        last_degc, now_degc = (
            surroundings.outdoors(datetime.fromtimestamp(at * 3600.0, UTC)).wet_bulb_degc for at in (hour - 1, hour)
        )
        for plant in self._plants:
            if last_degc >= ECONOMIZER_ON_DEGC > now_degc:
                yield (plant, "economizer_mode_command"), float(PARTIAL)
            elif last_degc <= ECONOMIZER_OFF_DEGC < now_degc:
                yield (plant, "economizer_mode_command"), float(MECHANICAL)


@lru_cache(maxsize=64)
def _act(habit: Habit, day: int, seed: int, zone: ZoneInfo) -> tuple[float, float] | None:
    """Return when and to what a habit sets its quantity on a day (counted in UTC), if at all: at work, on weekdays."""
    draw = random.Random(f"{seed}/operators/{habit.quantity}/{day}")
    acts, hour, choice = draw.random() < habit.chance_per_day, draw.uniform(6.5, 16.5), draw.choice(habit.choices)
    time_s = day * DAY_S + hour * 3600.0
    weekday = datetime.fromtimestamp(time_s, zone).weekday() < 5
    return (time_s, choice) if acts and weekday else None
