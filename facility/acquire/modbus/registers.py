"""Registers of a Modbus answer to raw numbers, all points of a block at once. Pure.

Points of the same type and order are one class: their registers are gathered by an index, and numpy reads them as that type.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from facility.acquire.decode import number_in
from facility.acquire.encode import FORMATS, order
from facility.acquire.requests import ModbusRequest
from facility.profile import Place
from facility.records import FloatArray

Registers = npt.NDArray[np.uint16]  # big-endian, as on the wire
Positions = npt.NDArray[np.intp]


class _Numbers(NamedTuple):
    """Points of one numeric type."""

    at: Positions  # of the points
    registers: Positions  # (points, width): which registers, the most significant first
    swapped: bool
    dtype: np.dtype[np.generic]


class _Bits(NamedTuple):
    """Points that are a part of a register, or an entry of a table of bits."""

    at: Positions
    registers: Positions
    swapped: bool
    shift: npt.NDArray[np.uint16]
    mask: npt.NDArray[np.uint16]


class _Text(NamedTuple):
    """A number written out in characters."""

    at: int
    registers: Positions
    swapped: bool


class Block:
    """Decodes the answer to one read request."""

    def __init__(self, request: ModbusRequest, places: Mapping[str, Place], position: Mapping[str, int]) -> None:
        self.request = request
        self.at = np.array([position[key] for key in request.keys], np.intp)
        found = [(position[key], places[key]) for key in request.keys]
        self._numbers = tuple(_numbers(found, request.address))
        self._bits = tuple(_bits(found, request.address))
        self._texts = tuple(
            _Text(at, _registers(place, request.address), place.byte_order == "little")
            for at, place in found
            if place.type == "string"
        )

    def decode(self, registers: Registers, raw: FloatArray) -> None:
        """Put what the registers hold at the positions of their points in `raw`."""
        for numbers in self._numbers:
            words = _swapped(registers[numbers.registers], numbers.swapped)
            raw[numbers.at] = words.view(numbers.dtype)[:, 0]
        for bits in self._bits:
            words = _swapped(registers[bits.registers], bits.swapped)
            raw[bits.at] = words.astype(np.uint16) >> bits.shift & bits.mask
        for text in self._texts:
            raw[text.at] = number_in(characters(registers[text.registers], swapped=text.swapped))


def characters(registers: Registers, *, swapped: bool) -> bytes:
    """Return the bytes that registers hold, two each."""
    return _swapped(registers, swapped).tobytes()


def _swapped(registers: Registers, swapped: bool) -> Registers:
    return registers.byteswap() if swapped else registers


def _registers(place: Place, start: int) -> Positions:
    return (place.address or 0) - start + np.array(order(place), np.intp)


def _classes(found: Sequence[tuple[int, Place]]) -> dict[tuple[str, bool], list[tuple[int, Place]]]:
    classes: dict[tuple[str, bool], list[tuple[int, Place]]] = {}
    for at, place in found:
        classes.setdefault((place.type, place.byte_order == "little"), []).append((at, place))
    return classes


def _numbers(found: Sequence[tuple[int, Place]], start: int) -> Iterator[_Numbers]:
    for (kind, swapped), members in _classes([each for each in found if each[1].type in FORMATS]).items():
        registers = np.array([_registers(place, start) for _, place in members])
        yield _Numbers(_positions(members), registers, swapped, np.dtype(">" + FORMATS[kind]))


def _bits(found: Sequence[tuple[int, Place]], start: int) -> Iterator[_Bits]:
    for (_, swapped), members in _classes([each for each in found if each[1].type in ("bit", "bits")]).items():
        places = [place for _, place in members]
        yield _Bits(
            _positions(members),
            np.array([(place.address or 0) - start for place in places], np.intp),
            swapped,
            np.array([place.bit or 0 for place in places], np.uint16),
            np.array([(1 << (place.bits or 1)) - 1 for place in places], np.uint16),
        )


def _positions(members: Iterable[tuple[int, Place]]) -> Positions:
    return np.array([at for at, _ in members], np.intp)
