"""Affine expressions of cvxpy as numbers: the entries of the matrix by which variables enter, and a constant.

cvxpy compiles a problem through a chain of copies of its tree, for any solver and any cone. Ours are linear, with absolute values
and positive parts among the costs, and read in one pass at a fifth of that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from cvxpy.atoms import affine as atoms
from cvxpy.atoms.affine.index import special_index

from facility.plan.vertices import IntArray
from facility.records import FloatArray


class UnreadError(Exception):
    """Internal to the plan: an expression of a kind that is not read here."""


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """Values of an expression, flattened column by column: entries (row, column of the variables, value) and a constant.

    Entries may name a place more than once: they add up. `variables` are those of the expression in the order of its tree.
    """

    rows: IntArray
    columns: IntArray
    values: FloatArray
    constant: FloatArray
    variables: Mapping[int, None]

    @classmethod
    def of_constant(cls, value: Any) -> Affine:
        """Return a constant; sparse ones become dense."""
        dense: Any = value.toarray() if sp.issparse(value) else np.asarray(value)  # type: ignore[attr-defined]
        nothing = np.zeros(0, dtype=np.int64)
        return cls(nothing, nothing, np.zeros(0), dense.ravel(order="F").astype(float), {})

    @classmethod
    def of_variable(cls, number: int, begins: int, size: int) -> Affine:
        """Return a variable whose columns begin somewhere."""
        at = np.arange(size)
        return cls(at, begins + at, np.ones(size), np.zeros(size), {number: None})

    def scaled(self, by: FloatArray) -> Affine:
        """Return it with each value multiplied."""
        return Affine(self.rows, self.columns, self.values * by[self.rows], self.constant * by, self.variables)

    def negated(self) -> Affine:
        """Return its negative."""
        return Affine(self.rows, self.columns, -self.values, -self.constant, self.variables)

    def times(self, matrix: Any) -> Affine:
        """Return a sparse matrix times it."""
        entries = matrix.tocoo()
        which, entry = self._entries_of(entries.col)
        values = entries.data[which] * self.values[entry]
        constant = matrix @ self.constant
        return Affine(entries.row[which].astype(np.int64), self.columns[entry], values, constant, self.variables)

    def taken(self, places: IntArray) -> Affine:
        """Return some of its values, by place; any may be taken more than once."""
        which, entry = self._entries_of(places)
        return Affine(which, self.columns[entry], self.values[entry], self.constant[places], self.variables)

    def summed(self, into: IntArray, size: int) -> Affine:
        """Return sums of its values: which one each of them counts to."""
        constant: FloatArray = np.bincount(into, self.constant, size).astype(float)
        return Affine(into[self.rows], self.columns, self.values, constant, self.variables)

    def _entries_of(self, rows: IntArray) -> tuple[IntArray, IntArray]:
        """Return the entries of some rows one after the other: which of the rows asked for, and which entry."""
        count = np.bincount(self.rows, minlength=len(self.constant))
        begins = np.cumsum(count) - count
        asked = count[rows]
        which = np.repeat(np.arange(len(rows)), asked)
        within = np.arange(len(which)) - np.repeat(np.cumsum(asked) - asked, asked)
        order = np.argsort(self.rows, kind="stable")
        return which, order[begins[rows][which] + within]


def added(parts: Sequence[Affine]) -> Affine:
    """Return the sum of expressions of one shape."""
    return Affine(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.sum([part.constant for part in parts], axis=0),
        {number: None for part in parts for number in part.variables},
    )


def stacked(parts: Sequence[Affine]) -> Affine:
    """Return the values of expressions one after the other."""
    if len(parts) == 1:
        return parts[0]
    sizes = np.array([len(part.constant) for part in parts], dtype=np.int64)
    above: IntArray = np.repeat(np.cumsum(sizes) - sizes, [len(part.rows) for part in parts])
    return Affine(
        np.concatenate([part.rows for part in parts]) + above,
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.constant for part in parts]),
        {number: None for part in parts for number in part.variables},
    )


def applied(expression: Any, parts: Sequence[Affine]) -> Affine:
    """Return what an affine atom of cvxpy makes of its arguments, which have been read.

    Raises
    ------
    UnreadError
        If it is of another kind than those that plans are made of.
    """
    if not any(part.variables for part in parts):
        shaped = [part.constant.reshape(arg.shape, order="F") for part, arg in zip(parts, expression.args, strict=True)]
        return Affine.of_constant(expression.numeric(shaped))
    how = _ATOMS.get(type(expression))
    if how is None:
        raise UnreadError(f"{type(expression).__name__} is of no kind that is read")
    return how(expression, parts)


def _sum(expression: Any, parts: Sequence[Affine]) -> Affine:
    shape, size = expression.args[0].shape, max(expression.size, 1)
    axis = tuple(range(len(shape))) if expression.axis is None else expression.axis
    kept = np.sum(np.zeros(shape), axis=axis, keepdims=True).shape
    into = np.broadcast_to(np.arange(size).reshape(kept, order="F"), shape)
    return parts[0].summed(into.ravel(order="F"), size)


def _rearranged(expression: Any, parts: Sequence[Affine]) -> Affine:
    """Read what only moves values: the atom itself is asked where it takes each from."""
    ends = np.cumsum([len(part.constant) for part in parts])
    places = [
        np.arange(end - len(part.constant), end).reshape(arg.shape, order="F")
        for end, part, arg in zip(ends, parts, expression.args, strict=True)
    ]
    taken = np.asarray(expression.numeric(places)).astype(np.int64).ravel(order="F")
    return stacked(parts).taken(taken)


def _multiplied(_expression: Any, parts: Sequence[Affine]) -> Affine:
    one, other = parts
    if one.variables and other.variables:
        raise UnreadError("a product of two expressions with variables is not affine")
    return one.scaled(other.constant) if one.variables else other.scaled(one.constant)


def _divided(_expression: Any, parts: Sequence[Affine]) -> Affine:
    if parts[1].variables:
        raise UnreadError("a division by an expression with variables is not affine")
    return parts[0].scaled(1.0 / parts[1].constant)


def product(expression: Any, read: Callable[[Any], Affine]) -> Affine:
    """Read a matrix product; its constant is taken as it is, sparse where it is sparse."""
    left, right = expression.args
    if left.is_constant():
        value: Any = left.value
        matrix: Any = value if sp.issparse(value) else sp.csr_array(np.atleast_2d(value))
        columns = right.shape[1] if right.ndim > 1 else 1
        return read(right).times(matrix if columns == 1 else sp.kron(sp.eye_array(columns), matrix))
    if not right.is_constant():
        raise UnreadError("a product of two expressions with variables is not affine")
    value = right.value
    matrix = sp.csr_array(value if right.ndim > 1 else value[:, None])
    rows = left.shape[0] if left.ndim > 1 else 1
    return read(left).times(sp.kron(matrix.T, sp.eye_array(rows)))


_Read = Callable[[Any, Sequence[Affine]], Affine]
_ATOMS: dict[type, _Read] = {
    atoms.add_expr.AddExpression: lambda _, parts: added(parts),
    atoms.unary_operators.NegExpression: lambda _, parts: parts[0].negated(),
    atoms.binary_operators.multiply: _multiplied,
    atoms.binary_operators.DivExpression: _divided,
    atoms.sum.Sum: _sum,
    **dict.fromkeys(
        (
            atoms.index.index,
            special_index,
            atoms.promote.Promote,
            atoms.broadcast_to.broadcast_to,
            atoms.reshape.reshape,
            atoms.transpose.transpose,
            atoms.hstack.Hstack,
            atoms.vstack.Vstack,
            atoms.concatenate.Concatenate,
        ),
        _rearranged,
    ),
}
