"""Which air reaches which rack: the plenum, what neighbours leave over, and hot air that leaks back.

CRAHs blow a plenum that carries part of each one's air to the floor near it and mixes the rest. A rack that is given more
than its servers draw leaves some to its row; one that is given less draws hot air, round the end of the row and over the top,
its own exhaust first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from facility.site import Crah
from tools.simulated_site.noise import Hidden
from tools.simulated_site.physics.exchanger import LEAST_KWPK
from tools.simulated_site.racks import Racks

SPILL_POSITIONS = 2.5  # how far along a row the air that a rack leaves over gets
BALANCING = 30  # rounds in which tiles were once set until each rack had its share


@dataclass(frozen=True, slots=True, eq=False)
class AirPaths:
    """The ways of the air in one hall; capacity rates in kW/K.

    Attributes
    ----------
    reach
        (racks, CRAHs) Where each CRAH's air goes; columns add up to 1.
    spill
        (racks, racks) Where air goes that a rack leaves over; columns add up to less than 1, the rest rises to the return.
    leak_frac
        (racks,) Hot air in a rack's inlet when it is given just what it draws.
    own_frac
        (racks,) How much of the hot air is its own exhaust.
    """

    reach: FloatArray
    spill: FloatArray
    leak_frac: FloatArray
    own_frac: FloatArray

    def supplied(
        self, crah_kwpk: Sequence[float], crah_degc: Sequence[float], back_kwpk: Sequence[float]
    ) -> tuple[FloatArray, FloatArray]:
        """Return the air that reaches each rack, and its temperature.

        `back_kwpk` is the air that flows back to the return through CRAHs that stand, as far as there is some; it is taken from
        where that CRAH used to blow.
        """
        carried = [kwpk * degc for kwpk, degc in zip(crah_kwpk, crah_degc, strict=True)]
        given_kwpk = self.reach.dot(np.array(crah_kwpk))
        degc = self.reach.dot(np.array(carried)) / np.maximum(given_kwpk, LEAST_KWPK)
        if any(back_kwpk):
            given_kwpk = given_kwpk - np.minimum(self.reach.dot(np.array(back_kwpk)), 0.5 * given_kwpk)
        return given_kwpk, degc

    def cold_air(
        self, given_kwpk: FloatArray, given_degc: FloatArray, drawn_kwpk: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return how much of what each rack draws is cold air, and how cold: its own supply and what its row leaves over."""
        more_kwpk = given_kwpk - drawn_kwpk
        spare_kwpk = np.maximum(more_kwpk, 0.0)
        short_kwpk = spare_kwpk - more_kwpk
        offered_kwpk = self.spill.dot(spare_kwpk)
        offered_degc = self.spill.dot(spare_kwpk * given_degc) / np.maximum(offered_kwpk, LEAST_KWPK)
        taken_kwpk = np.minimum(short_kwpk, offered_kwpk)
        own_kwpk = np.minimum(given_kwpk, drawn_kwpk)
        cold_kwpk = np.maximum(own_kwpk + taken_kwpk, LEAST_KWPK)
        cold_degc = (own_kwpk * given_degc + taken_kwpk * offered_degc) / cold_kwpk
        tightness = np.minimum(np.maximum(drawn_kwpk / np.maximum(given_kwpk, LEAST_KWPK), 0.3), 2.0)
        cold_frac = (1.0 - self.leak_frac * tightness) * (cold_kwpk / np.maximum(drawn_kwpk, LEAST_KWPK))
        return cold_frac, cold_degc

    def inlet_degc(
        self, cold_frac: FloatArray, cold_degc: FloatArray, hot_degc: float, rack_degc: FloatArray, effectiveness: float
    ) -> FloatArray:
        """Return the air that enters each rack: cold air, its own exhaust, and the hall's hot air.

        The exhaust is the inlet on its way to the temperature of the rack's mass, so the inlet stands on both sides; solved.
        """
        hot_frac = 1.0 - cold_frac
        own = hot_frac * self.own_frac
        fixed = cold_frac * cold_degc + own * (effectiveness * rack_degc) + (hot_frac - own) * hot_degc
        return np.asarray(fixed / (1.0 - own * (1.0 - effectiveness)))


def air_paths(racks: Racks, where: slice, crahs: tuple[Crah, ...], hidden: Hidden) -> AirPaths:
    """Return the ways of the air between the CRAHs of a hall and its racks."""
    ids = racks.ids[where]
    rows, positions = racks.rows[where], racks.positions[where]
    own = [hidden.between(f"{rack}.own_exhaust", 0.45, 0.8) for rack in ids]
    return AirPaths(
        reach=_reach(racks, where, crahs, hidden),
        spill=_spill(rows, positions, hidden.between(f"{ids[0]}.aisle", 0.5, 0.8)),
        leak_frac=_leaks(ids, rows, positions, hidden),
        own_frac=np.array(own),
    )


def crah_positions(crahs: tuple[Crah, ...], positions: FloatArray) -> FloatArray:
    """Return where along the rows each CRAH blows: as the site file says, otherwise evenly spaced."""
    first, last = float(positions.min()) - 0.5, float(positions.max()) + 0.5
    pitch = (last - first) / len(crahs)
    even = [first + (index + 0.5) * pitch for index in range(len(crahs))]
    return np.array([even[index] if crah.position is None else crah.position for index, crah in enumerate(crahs)])


def _reach(racks: Racks, where: slice, crahs: tuple[Crah, ...], hidden: Hidden) -> FloatArray:
    """Return the plenum: near jets and a common mix, its tiles once set so that each rack gets what it needs, then disturbed."""
    ids, positions, tile = racks.ids[where], racks.positions[where], racks.rated_air_kwpk[where]
    tile = tile / tile.sum()
    airflow = np.array([crah.rated_airflow_m3ps for crah in crahs])
    airflow = airflow / airflow.sum()
    span = float(positions.max() - positions.min()) + 1.0
    decay = max(hidden.between(f"{ids[0]}.jet", 0.15, 0.3) * span, 1.0)
    distance = np.abs(positions[:, None] - crah_positions(crahs, positions)[None, :])
    jets = np.exp(-distance / decay) + 1e-3
    flows = _balanced(jets * tile[:, None], tile, airflow)
    jet_share = hidden.between(f"{ids[0]}.jet_share", 0.4, 0.6)
    flows = jet_share * flows + (1.0 - jet_share) * tile[:, None] * airflow[None, :]
    flows *= np.array([[hidden.around(f"{rack}.{crah.id}", 1.0, 0.2) for crah in crahs] for rack in ids])
    return np.asarray(flows / flows.sum(axis=0))


def _balanced(flows: FloatArray, to_racks: FloatArray, from_crahs: FloatArray) -> FloatArray:
    """Return flows scaled by rows and columns until they add up to both margins."""
    for _ in range(BALANCING):
        flows = flows * (to_racks / flows.sum(axis=1))[:, None]
        flows = flows * (from_crahs / flows.sum(axis=0))[None, :]
    return flows


def _spill(rows: FloatArray, positions: FloatArray, aisle_share: float) -> FloatArray:
    near = np.exp(-np.abs(positions[:, None] - positions[None, :]) / SPILL_POSITIONS)
    near = np.where(rows[:, None] == rows[None, :], near, 0.0)
    np.fill_diagonal(near, 0.0)
    return np.asarray(aisle_share * near / np.maximum(near.sum(axis=0), 1e-9))


def _leaks(ids: tuple[str, ...], rows: FloatArray, positions: FloatArray, hidden: Hidden) -> FloatArray:
    """Return leaks: most racks are tight, a few are not; at the ends of rows air comes round the corner."""
    over = np.array([0.02 + 0.22 * hidden.between(f"{rack}.recirculation", 0.0, 1.0) ** 3 for rack in ids])
    first = np.array([positions[rows == row].min() for row in rows])
    last = np.array([positions[rows == row].max() for row in rows])
    round_end = np.array([hidden.between(f"{rack}.end", 0.01, 0.06) for rack in ids])
    return np.asarray(over + np.where((positions == first) | (positions == last), round_end, 0.0))
