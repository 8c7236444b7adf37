"""What states of a plant take, and whether they bear it, where more of the plant room's heat comes from the racks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from operator import itemgetter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from models.bends import IntArray, neighbours
from models.cooling import Load, PlantModel, PlantResponse, Setting, answers
from models.scaled_loads import LEAST_HEAT_KW, loads_beside

if TYPE_CHECKING:
    from models.surrogate import StateTable

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# How much of the range of IT heat, and whether with direct heat; the half, where a state does not bear all.
_MORE_IT = ((1.0, True), (1.0, False), (0.5, True))


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """IT heat apart from the heat of the plant room, where tanks and heat pumps make the two differ.

    The pieces then are those of the plant room's heat at the least IT heat; each kW of IT heat more takes `slope` more in the
    fans and pumps at the racks. Between `low_kw` and `high_kw` a state bears it.
    """

    low_kw: FloatArray  # (T,)
    high_kw: FloatArray  # (T, S)
    slope: FloatArray  # (T, S)

    def power_kw(self, it_kw: FloatArray) -> FloatArray:
        """Return what IT heat (T,) adds in each state (T, S)."""
        return np.asarray(self.slope * (it_kw - self.low_kw)[:, None])


def ends_of(
    model: PlantModel, table: StateTable, forecast: Load, it_range_kw: tuple[FloatArray, FloatArray], asked: IntArray
) -> Ends:
    """Ask a plant about more IT heat at some steps, and tell of all steps.

    Parameters
    ----------
    model
        The plant.
    table
        Its states at the least IT heat.
    forecast
        Load and weather expected, T rows.
    it_range_kw
        Lowest and highest IT heat, a step (T,).
    asked
        Steps to ask about, the first and the last among them. Between two of them a state bears what it bears at both, and takes
        what lies on a straight line from one to the other. Where nobody could answer at either, each step is asked.
    """
    low_kw, high_kw = it_range_kw
    more = _More(model, table, forecast, it_range_kw)
    before, after, share = neighbours(asked)
    left, right = asked[before], asked[after]
    there = more.answerable()
    between = (left != right)[:, None] & there[left] & there[right]
    more.ask(table.available & ~between)
    part, slope = more.part, more.slope
    part = np.where(between, np.minimum(part[left], part[right]), part)
    slope = np.where(between, slope[left] + share[:, None] * (slope[right] - slope[left]), slope)
    low_kw, high_kw = it_range_kw
    return Ends(low_kw, low_kw[:, None] + part * (high_kw - low_kw)[:, None], slope)


class _More:
    """Which part of the range of IT heat each state bears at each step, and what each kW takes, as far as it has been asked."""

    def __init__(
        self, model: PlantModel, table: StateTable, forecast: Load, it_range_kw: tuple[FloatArray, FloatArray]
    ) -> None:
        self.model, self.table, self.forecast = model, table, forecast
        self.at_racks = [*model.halls, *model.loops]
        self.low_kw, self.range_kw = it_range_kw[0], it_range_kw[1] - it_range_kw[0]
        self.part, self.slope = np.zeros(table.available.shape), np.zeros(table.available.shape)
        self.refused = np.full(table.available.shape, np.inf)  # the part that racks themselves do not bear
        # Of those alike, the one that can be had most often comes first.
        often = table.available.sum(axis=0)
        self.alike = [members[np.argsort(-often[members], kind="stable")] for members in _alike_at_racks(table)]

    def answerable(self) -> BoolArray:
        """Return where a state, or one that is alike at the racks, can be had (T, S)."""
        found = np.zeros(self.table.available.shape, bool)
        for members in self.alike:
            found[:, members] = self.table.available[:, members].any(axis=1, keepdims=True)
        return found

    def ask(self, wanted: BoolArray) -> None:
        """Ask where it is wanted (T, S): in the middle of a state's range of the plant room's heat, or with nothing direct.

        Racks, coils and CDUs do not know the mode nor the stage: of states that differ in these alone, the first that answers
        does; where it does not bear it all others are asked at once, but for what racks themselves refuse.
        """
        for (part, direct), which in product(_MORE_IT, (slice(1), slice(1, None))):
            asked = [
                self._question(members, state, rows, part, direct=direct)
                for members in self.alike
                for state in members[which]
                if (rows := np.flatnonzero(wanted[:, state] & self._unborne(part)[:, state])).size
            ]
            loads = [loads_beside(self.forecast.at(one.rows), one.it_kw, one.heat_kw[:, None]) for one in asked]
            questions = [(self.table.states[one.state], load) for one, load in zip(asked, loads, strict=True)]
            for place, answer in sorted(answers(self.model, questions), key=itemgetter(0)):
                self._note(asked[place], part, answer)

    def _unborne(self, part: float) -> BoolArray:
        return np.asarray((self.part < part) & (part < self.refused) & (self.range_kw > 0.0)[:, None])

    def _question(self, members: IntArray, state: int, rows: IntArray, part: float, *, direct: bool) -> _Question:
        it_kw = self.low_kw[rows] + part * self.range_kw[rows]
        low, high = self.table.heat_min_kw[rows, state], self.table.heat_max_kw[rows, state]
        heat_kw = 0.5 * (low + high) if direct else np.clip(it_kw, low, high)
        return _Question(members, state, rows, heat_kw, it_kw)

    def _note(self, asked: _Question, part: float, answer: PlantResponse) -> None:
        """Write down what it takes where it is borne."""
        at = asked.rows, asked.state
        pieces_kw = (self.table.slope[at] * asked.heat_kw[:, None] + self.table.intercept_kw[at]).max(axis=1)
        more_kw = np.maximum(asked.it_kw - self.low_kw[asked.rows], LEAST_HEAT_KW)
        kept = answer.feasible & (self.part[at] < part)
        bears = np.ix_(asked.rows[kept], asked.members)
        self.slope[bears] = ((answer.overhead_kw - pieces_kw) / more_kw)[kept, None]
        self.part[bears] = part
        refuses = np.isin(np.strings.partition(answer.limit, ":")[0], self.at_racks)
        self.refused[np.ix_(asked.rows[refuses], asked.members)] = part


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    """A question about more IT heat in some rows, which one state answers for all that are alike at the racks."""

    members: IntArray
    state: int
    rows: IntArray
    heat_kw: FloatArray
    it_kw: FloatArray


def _alike_at_racks(table: StateTable) -> list[IntArray]:
    """Return the states of each leaving water, supply air and way of the dampers."""
    groups: dict[Setting, list[int]] = {}
    for s, state in enumerate(table.states):
        groups.setdefault(state.setting, []).append(s)
    return [np.array(members) for members in groups.values()]
