"""An EnergyPlus model as a plant of the closed loop: setpoints go to actuators, outputs come back as readings."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from facility.site_file import LoadedSite
from facility.yaml_file import YamlFile
from tools.closed_loop.conditions import Conditions
from tools.closed_loop.plant import Key, RefusedError, Truth
from tools.energyplus.complaints import complaint
from tools.energyplus.engine import Engine, UnknownNamesError
from tools.energyplus.listing import look_up
from tools.energyplus.mapping import Actuator, EnergyPlusMapping
from tools.energyplus.mapping_file import load_mapping, mapping_path, need_mapping
from tools.energyplus.model import changed, find_file, read_model
from tools.energyplus.outdoors import outdoor_values
from tools.energyplus.outputs import Outputs
from tools.energyplus.truth import TrueValues

Mapped = tuple[EnergyPlusMapping, YamlFile]
_DAYS = 366  # of the run period: longer than any comparison; the run ends when the plant is closed


def factory(loaded: LoadedSite, conditions: Conditions, seed: int, start: datetime) -> EnergyPlusPlant:
    """Return the plant of a site whose mapping file stands beside its site file.

    Raises
    ------
    ConfigurationError
        If the mapping is missing or wrong, if it names what the model does not have, or if EnergyPlus is not installed.
    """
    path = mapping_path(loaded.path)
    need_mapping(path)
    return EnergyPlusPlant(loaded, load_mapping(path, loaded), conditions, seed, start)


class EnergyPlusPlant:
    """A running model. It does a zone time step when time reaches it; until the next its values stand still."""

    def __init__(self, loaded: LoadedSite, mapped: Mapped, conditions: Conditions, seed: int, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("start must be an aware datetime")
        self._mapping, self._file = mapping, file = mapped
        self._conditions = conditions
        self._random = random.Random(seed)
        self._settings = {(one.equipment, one.quantity): one for one in mapping.settings}
        self._in_force = {key: one.initial for key, one in self._settings.items()}
        self._outputs = Outputs(mapping)
        self._true = TrueValues(loaded.site, mapping, self._outputs)
        self._step = timedelta(hours=1) / mapping.steps_per_hour
        self._time = start.astimezone(UTC)
        self._reached = _standard_midnight(loaded, self._time - timedelta(hours=mapping.lead_in_h))
        local = self._reached.astimezone(_standard_zone(loaded, self._reached))
        self._model = changed(read_model(find_file(mapping.model, file.path, "model")), mapping, local.date(), _DAYS)
        self._weather = find_file(mapping.weather, file.path, "weather")
        self._engine = self._started()
        while self._reached < self._time:
            self._advance()
        self._true.begin()

    @property
    def time(self) -> datetime:
        """The plant's clock, UTC."""
        return self._time

    @property
    def engine(self) -> Engine:
        """The run behind it."""
        return self._engine

    def set(self, equipment: str, quantity: str, value: float) -> None:
        """Put a setpoint in force, from the model's next time step on."""
        setting = self._settings.get((equipment, quantity))
        if setting is None:
            raise RefusedError(f"{equipment}.{quantity}: the mapping has no such setting")
        if not setting.low <= value <= setting.high:
            raise RefusedError(f"{equipment}.{quantity}: {value:g} is outside {setting.low:g}..{setting.high:g}")
        self._in_force[equipment, quantity] = value

    def step(self, seconds: float) -> None:
        """Let time pass."""
        until = self._time + timedelta(seconds=seconds)
        while self._time < until:
            if self._reached <= self._time:
                self._advance()
            end = min(until, self._reached)
            self._true.pass_time((end - self._time).total_seconds())
            self._time = end

    def measured(self) -> Mapping[Key, float]:
        """Return the readings with their noise, and the setpoints in force."""
        noise = {(one.equipment, one.quantity): one.noise for one in self._mapping.readings}
        noisy = {key: value + self._random.gauss(0.0, noise[key]) for key, value in self._true.readings.items()}
        return {**noisy, **self._in_force}

    def truth(self) -> Truth:
        """Return the model's values as they are."""
        return self._true.truth(self._time)

    def close(self) -> None:
        """End the engine and remove its files."""
        self._engine.close()

    def _started(self) -> Engine:
        steps = 24 * self._mapping.steps_per_hour
        day = [self._row(self._reached + index * self._step) for index in range(steps)]
        return Engine(self._model, self._weather, self._outputs.wanted(self._mapping), day)

    def _advance(self) -> None:
        try:
            answer = self._engine.advance(self._row(self._reached))
        except UnknownNamesError as error:
            names = look_up(self._model, self._weather)
            raise complaint(error, names, self._mapping, self._outputs, self._file) from None
        self._true.saw(answer)
        self._reached += self._step

    def _row(self, begin: datetime) -> list[float | None]:
        """Return the actuator values of the time step that begins then: the weather at its end, settings, demand."""
        row = outdoor_values(self._conditions.air(begin + self._step))
        for key, setting in self._settings.items():
            row += [_actuated(actuator, self._in_force[key]) for actuator in setting.actuators]
        for demand in self._mapping.demands:
            asked = self._conditions.demand(demand.pool, begin + self._step)
            row += [None if asked is None else _actuated(actuator, asked) for actuator in demand.actuators]
        return row + [_actuated(one.actuator, one.value) for one in self._mapping.held]


def _actuated(actuator: Actuator, value: float) -> float:
    return value * actuator.scale + actuator.offset


def _standard_zone(loaded: LoadedSite, time: datetime) -> tzinfo:
    """Return the site's time zone without its summer time: the model's clock."""
    local = time.astimezone(loaded.site.zone)
    return timezone((local.utcoffset() or timedelta(0)) - (local.dst() or timedelta(0)))


def _standard_midnight(loaded: LoadedSite, time: datetime) -> datetime:
    local = time.astimezone(_standard_zone(loaded, time))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
