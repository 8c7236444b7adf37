"""Joint operating states of a cooling plant, and what a plant model answers about them.

A cooling plant here is everything that moves heat from the racks to the outside: CRAH fans and coils, CDU pumps, chilled-water
pumps, chillers, condenser pumps, towers or dry coolers, and the waterside economizer. The plan enumerates joint states, a plant
model evaluates them, `models.surrogate` turns the answers into convex pieces.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Mode(enum.IntEnum):
    """Economizer mode of a plant; the numbers are those of the `economizer_mode` points."""

    MECHANICAL = 0
    PARTIAL = 1
    FREE = 2


class Setting(NamedTuple):
    """What halls and loops see of a joint state."""

    leaving_water_degc: float
    supply_air_degc: tuple[float, ...]
    dampers_open: bool


class Stage(NamedTuple):
    """What the plant room runs in a joint state."""

    mode: Mode
    chillers_on: int


@dataclass(frozen=True, slots=True)
class JointState:
    """Setpoints of a plant and of the halls on it, held together.

    Attributes
    ----------
    mode
        Economizer mode.
    leaving_water_degc
        Setpoint of the chilled water that leaves the plant.
    supply_air_degc
        Supply-air setpoint, one a hall, in the plant model's order of halls.
    chillers_on
        Chillers running; 0 in FREE.
    dampers_open
        Whether the dampers of its halls may let outdoor air in; those whose envelope the weather leaves stay shut.
    """

    mode: Mode
    leaving_water_degc: float
    supply_air_degc: tuple[float, ...]
    chillers_on: int
    dampers_open: bool = False

    @property
    def setting(self) -> Setting:
        """What halls and loops see of it."""
        return Setting(self.leaving_water_degc, self.supply_air_degc, self.dampers_open)

    @property
    def stage(self) -> Stage:
        """What the plant room runs."""
        return Stage(self.mode, self.chillers_on)


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """What a plant has to cool, and the weather; n rows, h halls, l liquid loops.

    `it_air_kw` is IT power given to the air at the reference inlet temperature (server fans above that are the model's to add).
    `direct_kw` reaches the chilled water beside coils and CDUs, at the temperature of the return: a tank that is charged; negative:
    one that is discharged, or a heat pump on the return. None: nothing does. `breathes` marks rows in which dampers that are told
    to let outdoor air in do so, however near the edge of their envelope: it was well inside before (`models.damper_lockout`).
    """

    it_air_kw: FloatArray  # (n, h)
    it_liquid_kw: FloatArray  # (n, l)
    outdoor_degc: FloatArray  # (n,)
    wet_bulb_degc: FloatArray  # (n,)
    direct_kw: FloatArray | None = None  # (n,)
    breathes: BoolArray | None = None  # (n,); None: in none

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.wet_bulb_degc.size

    @property
    def heat_kw(self) -> FloatArray:
        """What the plant room has to remove, but for fans and pumps."""
        it_kw: FloatArray = self.it_air_kw.sum(axis=1) + self.it_liquid_kw.sum(axis=1)
        return it_kw if self.direct_kw is None else it_kw + self.direct_kw

    @classmethod
    def of(cls, loads: Sequence[Load]) -> Load:
        """Return the rows of several, one after the other."""
        first = loads[0]
        names = [name for name in cls.__match_args__ if getattr(first, name) is not None]
        return cls(**{name: np.concatenate([getattr(one, name) for one in loads]) for name in names})

    @property
    def table(self) -> FloatArray:
        """Heat by hall and loop, direct heat, outdoor temperature and wet bulb, (n, h + l + 3)."""
        direct_kw = np.zeros(self.outdoor_degc.size) if self.direct_kw is None else self.direct_kw
        return np.column_stack([self.it_air_kw, self.it_liquid_kw, direct_kw, self.outdoor_degc, self.wet_bulb_degc])

    @property
    def at_racks(self) -> FloatArray:
        """All but direct heat, which halls and loops know nothing of, a row each."""
        breathes = np.zeros(self.rows) if self.breathes is None else self.breathes
        return np.column_stack([self.it_air_kw, self.it_liquid_kw, self.outdoor_degc, self.wet_bulb_degc, breathes])

    def at(self, rows: Sequence[int] | npt.NDArray[np.int64]) -> Load:
        """Return some of its rows."""
        names = [name for name in self.__match_args__ if getattr(self, name) is not None]
        return Load(**{name: getattr(self, name)[rows] for name in names})


@dataclass(frozen=True, slots=True, eq=False)
class PlantResponse:
    """Steady answer of a plant to a state and a load; arrays have n rows.

    `limit` names, for each row, the limit that makes it infeasible ("" where feasible), else `binding` names the limit that
    decided airflow, water or staging. `half_width_kw` is half of the 90 % interval of `overhead_kw`; `beyond` is above 0 in rows
    outside the range the learned parts have seen (there the prior rules, with the wider interval).
    """

    feasible: BoolArray
    limit: npt.NDArray[np.str_]
    binding: npt.NDArray[np.str_]
    crah_fan_kw: FloatArray  # (n, h)
    cdu_pump_kw: FloatArray  # (n, l)
    chilled_pump_kw: FloatArray
    condenser_pump_kw: FloatArray
    chiller_kw: FloatArray
    tower_kw: FloatArray  # fans of towers or dry coolers
    server_fan_kw: FloatArray  # (n, h): IT power beyond that at the reference inlet
    fan_speed_frac: FloatArray  # (n, h)
    airside_kw: FloatArray  # (n, h): relief fans and humidifier of a hall that breathes outdoor air
    outdoor_air_frac: FloatArray  # (n, h): of the air that its CRAHs move
    dampers_open: BoolArray  # (n, h)
    coil_kw: FloatArray  # (n, h): heat into the chilled water
    dew_point_degc: FloatArray  # (n, h): towards which the hall's air goes; NaN where nobody follows it
    condenser_water_degc: FloatArray  # NaN where none flows
    inlet_mean_degc: FloatArray  # (n, h)
    inlet_max_degc: FloatArray  # (n, h): hottest rack inlet expected
    inlet_margin_k: FloatArray  # (n, h): upper half of the inlet model's 90 % interval
    secondary_supply_degc: FloatArray  # (n, l)
    secondary_flow_lps: FloatArray  # (n, l): of all CDUs of the loop together
    makeup_water_lps: FloatArray
    pads_wet: BoolArray  # of dry coolers
    half_width_kw: FloatArray
    beyond: FloatArray  # how far outside what was seen: 0 within, 1 where nothing of it counts any more

    @classmethod
    def of(cls, answers: Sequence[PlantResponse]) -> PlantResponse:
        """Return the rows of several, one after the other."""
        return cls(*(np.concatenate([getattr(one, name) for one in answers]) for name in cls.__match_args__))

    def at(self, rows: npt.NDArray[np.int64] | slice) -> PlantResponse:
        """Return some of its rows."""
        return PlantResponse(*(getattr(self, name)[rows] for name in self.__match_args__))

    @property
    def extrapolated(self) -> BoolArray:
        """Rows outside what the models have seen."""
        return np.asarray(self.beyond > 0.0)

    @property
    def overhead_kw(self) -> FloatArray:
        """Electrical power of everything but IT at the reference inlet, before electrical losses."""
        total: FloatArray = (
            self.crah_fan_kw.sum(axis=1)
            + self.cdu_pump_kw.sum(axis=1)
            + self.chilled_pump_kw
            + self.condenser_pump_kw
            + self.chiller_kw
            + self.tower_kw
            + self.server_fan_kw.sum(axis=1)
            + self.airside_kw.sum(axis=1)
        )
        return total


class PlantModel(Protocol):
    """What the plan needs of a plant model; nameplate and learned ones answer alike."""

    @property
    def plant_id(self) -> str:
        """Id of the plant."""
        ...

    @property
    def halls(self) -> tuple[str, ...]:
        """Ids of the halls it cools, in array order."""
        ...

    @property
    def loops(self) -> tuple[str, ...]:
        """Ids of the liquid loops it cools, in array order."""
        ...

    def states(self) -> tuple[JointState, ...]:
        """Return the joint states worth considering, from the setpoint ranges and what is in service."""
        ...

    def evaluate(self, state: JointState, load: Load) -> PlantResponse:
        """Return the steady answer, airflow and condenser water chosen best within the state."""
        ...


@runtime_checkable
class EvaluatesTogether(Protocol):
    """A plant model that shares work between questions."""

    def evaluate_all(self, asked: Sequence[tuple[JointState, Load]]) -> Iterator[tuple[int, PlantResponse]]:
        """Yield places of questions and what `evaluate` returns for them, each once, in the order that suits the model."""
        ...


def answers(model: PlantModel, asked: Sequence[tuple[JointState, Load]]) -> Iterator[tuple[int, PlantResponse]]:
    """Yield places of questions and a plant model's answers to them, as cheaply as it can: each once, in any order."""
    if isinstance(model, EvaluatesTogether):
        return model.evaluate_all(asked)
    return ((place, model.evaluate(state, load)) for place, (state, load) in enumerate(asked))


def answers_for(model: PlantModel, states: Sequence[JointState], load: Load) -> Iterator[tuple[int, PlantResponse]]:
    """Yield places of states and a plant model's answers to them for one load, in any order."""
    return answers(model, [(state, load) for state in states])
