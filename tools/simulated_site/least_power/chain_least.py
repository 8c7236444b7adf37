"""The electrical chain at its best: lines and planes below its losses, which are convex in what they carry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from facility.site import LossCurve
from tools.simulated_site.electrical import SimulatedElectrical

LOADS = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0])  # over the transformer's rating


@dataclass(frozen=True, slots=True, eq=False)
class LeastChain:
    """Losses from the racks to the transformer: at least `base_kw + per_it @ (power of each hall's racks)`, and the house."""

    base_kw: float
    per_it: FloatArray  # (halls,)
    meter_slope: FloatArray
    meter_kw: FloatArray


def least_chain(chain: SimulatedElectrical, halls: list[str], hall_kw: FloatArray, *, may_lose: bool) -> LeastChain:
    """Return the planes that touch the losses where the halls' racks draw `hall_kw`; `may_lose`: the utility, for a time."""
    electrical = chain._electrical
    slopes, loss_kw = np.zeros(len(halls)), 0.0
    for pdu in electrical.pdus:
        if pdu.hall in halls:
            load_kw = float(hall_kw[halls.index(pdu.hall)])
            loss_kw += chain._loss_kw(pdu, pdu.id, load_kw)
            slopes[halls.index(pdu.hall)] += _slope(chain, pdu, pdu.id, load_kw)
        else:
            loss_kw += chain._loss_kw(pdu, pdu.id, 0.0)
    carried_kw = float(hall_kw.sum()) + loss_kw
    ups_slope = _slope(chain, electrical.ups, electrical.ups.id, carried_kw)
    loss_kw += chain._loss_kw(electrical.ups, electrical.ups.id, carried_kw)
    slopes = slopes + ups_slope * (1.0 + slopes)
    house_kw = 0.0 if may_lose else chain.house_kw
    return LeastChain(loss_kw - float(slopes @ hall_kw) + house_kw, slopes, *_lines(chain))


def _slope(chain: SimulatedElectrical, curve: LossCurve, name: str, load_kw: float) -> float:
    return chain._ageing[name] * (curve.proportional_frac + 2.0 * curve.square_frac * load_kw / curve.rated_kw)


def _lines(chain: SimulatedElectrical) -> tuple[FloatArray, FloatArray]:
    """Return lines that touch what the meter shows over what is drawn behind the transformer, either way."""
    transformer = chain._electrical.transformer
    slopes, bases = [], []
    for load_kw in (LOADS * transformer.rated_kw).tolist():
        loss_kw = chain._loss_kw(transformer, transformer.id, load_kw)
        slope = _slope(chain, transformer, transformer.id, load_kw)
        for sign in (1.0, -1.0):
            slopes.append(1.0 + sign * slope)
            bases.append(loss_kw - slope * load_kw)
    return np.array(slopes), np.array(bases)
