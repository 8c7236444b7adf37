"""Linear problems of cvxpy as solvers take them: a cost, a matrix whose first rows are equations, and bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import cvxpy as cp
import numpy as np
import scipy.sparse as sp
from cvxpy.atoms.affine.binary_operators import MulExpression
from cvxpy.atoms.elementwise.abs import abs as absolute
from cvxpy.atoms.elementwise.maximum import maximum
from cvxpy.constraints import Equality, Inequality
from cvxpy.lin_ops.lin_utils import get_id

from facility.plan.affine import Affine, UnreadError, added, applied, product, stacked
from facility.plan.vertices import IntArray
from facility.records import FloatArray
from models.cooling import BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of one constraint: an expression that is nought or at most nought. What parts of costs need has an id of its own."""

    excess: Affine
    equal: bool
    shape: tuple[int, ...]
    id: int  # of the constraint


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """Minimise `cost @ x + offset` such that `matrix @ x <= most`, the first `equations` rows equal to it, between bounds."""

    variables: Sequence[Any]
    rows: Sequence[Rows]
    cost: FloatArray
    offset: float
    matrix: Any  # sparse, by columns
    most: FloatArray
    equations: int
    low: FloatArray
    high: FloatArray
    integer: BoolArray

    def worst_residual(self, values: FloatArray) -> float:
        """Return by how much values miss rows and bounds at worst, relative to the greatest term of a row where that is above 1."""
        terms = np.abs(self.matrix.data * np.repeat(values, np.diff(self.matrix.indptr)))
        size = np.maximum(np.abs(self.most), 1.0)
        np.maximum.at(size, self.matrix.indices, terms)
        over = self.matrix @ values - self.most
        over[: self.equations] = np.abs(over[: self.equations])
        beyond = np.maximum(self.low - values, values - self.high) / np.maximum(np.abs(values), 1.0)
        return float(max((over / size).max(initial=0.0), beyond.max(initial=0.0)))


def compiled(problem: Any) -> Compiled:
    """Compile a problem of cvxpy, variables and rows in the order in which cvxpy compiles them.

    Raises
    ------
    facility.plan.affine.UnreadError
        If the problem has parts of another kind than those that plans are made of.
    """
    reader = _Reader()
    aim = reader.read(problem.objective.args[0])
    for constraint in problem.constraints:
        reader.add(constraint)
    rows = sorted(reader.rows, key=lambda one: not one.equal)
    order = list(
        dict.fromkeys(number for one in (aim, *(rows.excess for rows in reader.rows)) for number in one.variables)
    )
    if not order:
        raise UnreadError("a problem without variables is not compiled")
    variables = [reader.variables[number] for number in order]
    place = _places(order, variables, reader)
    whole = stacked([one.excess for one in rows])
    size, width = len(whole.constant), len(place)
    matrix = sp.coo_array((whole.values, (whole.rows, place[whole.columns])), shape=(size, width)).tocsc()
    matrix.eliminate_zeros()
    low, high, integer = _bounds(variables)
    return Compiled(
        variables,
        rows,
        np.bincount(place[aim.columns], aim.values, width).astype(float),
        float(aim.constant.sum()),
        matrix,
        -whole.constant,
        sum(len(one.excess.constant) for one in rows if one.equal),
        low,
        high,
        integer,
    )


@dataclass(eq=False)
class _Reader:
    """Reads expressions; the rows that absolute values and positive parts need come before those of what they are part of."""

    rows: list[Rows] = field(default_factory=list)
    variables: dict[int, Any] = field(default_factory=dict)
    begins: dict[int, int] = field(default_factory=dict)  # of the columns of each variable as it was met
    _width: int = 0
    _known: dict[int, tuple[Any, Affine]] = field(
        default_factory=dict
    )  # with what was read, so that its id stays its own

    def add(self, constraint: Any) -> None:
        """Read a constraint."""
        if not isinstance(constraint, (Equality, Inequality)):
            raise UnreadError(f"{type(constraint).__name__} is of no kind that is read")
        excess = self.read(constraint.expr)
        self.rows.append(Rows(excess, isinstance(constraint, Equality), constraint.shape, constraint.id))

    def read(self, expression: Any) -> Affine:
        """Read an expression, each part of it once."""
        known = self._known.get(id(expression))
        if known is None:
            known = self._known[id(expression)] = expression, self._read(expression)
        return known[1]

    def _read(self, expression: Any) -> Affine:
        if isinstance(expression, cp.Constant):
            return Affine.of_constant(expression.value)
        if isinstance(expression, cp.Variable):
            return self._variable(expression)
        if type(expression) is MulExpression:
            return product(expression, self.read)
        parts = [self.read(arg) for arg in expression.args]
        if isinstance(expression, absolute) and parts[0].variables:
            return self._above(expression, [parts[0], parts[0].negated()])
        if isinstance(expression, maximum) and any(part.variables for part in parts):
            size = expression.size
            return self._above(
                expression,
                [part if len(part.constant) == size else part.taken(np.zeros(size, dtype=np.int64)) for part in parts],
            )
        return applied(expression, parts)

    def _variable(self, variable: Any) -> Affine:
        self.variables[variable.id], self.begins[variable.id] = variable, self._width
        self._width += variable.size
        return Affine.of_variable(variable.id, self.begins[variable.id], variable.size)

    def _above(self, expression: Any, parts: Sequence[Affine]) -> Affine:
        """Return a variable that is at least each of some expressions: as costs are made least, it is the greatest of them."""
        low, high = (np.broadcast_to(bound, expression.shape) for bound in expression.get_bounds())
        bounds = None if _tells_nothing(low, high) else [np.array(low), np.array(high)]
        greatest = self._variable(cp.Variable(expression.shape, bounds=bounds))
        self.rows.extend(
            Rows(added([part, greatest.negated()]), equal=False, shape=expression.shape, id=get_id()) for part in parts
        )
        return greatest


def _tells_nothing(low: FloatArray, high: FloatArray) -> bool:
    return bool(np.isposinf(high).all() and (np.isneginf(low) | (low == 0.0)).all())


def _places(order: Sequence[int], variables: Sequence[Any], reader: _Reader) -> IntArray:
    """Return the column of what was met as a variable's value."""
    ends = np.cumsum([variable.size for variable in variables])
    place = np.zeros(int(ends[-1]), dtype=np.int64)
    for number, variable, end in zip(order, variables, ends, strict=True):
        begin = reader.begins[number]
        place[begin : begin + variable.size] = np.arange(end - variable.size, end)
    return place


def _bounds(variables: Sequence[Any]) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return the bounds of all columns and which of them are whole numbers; of a variable some values alone may be so."""
    low, high, integer = [], [], []
    for variable in variables:
        bounds = variable.attributes["bounds"] or [-np.inf, np.inf]
        least, most = (np.broadcast_to(bound, variable.shape).astype(float).ravel(order="F") for bound in bounds)
        binary, whole = (_marked(variable.shape, places) for places in (variable.boolean_idx, variable.integer_idx))
        low.append(np.where(binary | variable.is_nonneg(), np.maximum(least, 0.0), least))
        most = np.where(binary, np.minimum(most, 1.0), most)
        high.append(np.minimum(most, 0.0) if variable.is_nonpos() else most)
        integer.append(binary | whole)
    return np.concatenate(low), np.concatenate(high), np.concatenate(integer)


def _marked(shape: tuple[int, ...], places: Sequence[IntArray]) -> BoolArray:
    """Mark values whose places are given axis by axis."""
    marked = np.zeros(shape or (1,), dtype=bool)
    if len(places):
        marked[tuple(places)] = True
    return marked.ravel(order="F")
