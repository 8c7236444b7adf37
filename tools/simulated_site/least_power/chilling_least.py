"""Chillers at their best: the least power for a kW of cooling, at any load, of the best machine of a plant."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facility.records import FloatArray
from tools.simulated_site.chillers import Machine
from tools.simulated_site.least_power.cells import Cells

LOADS = np.linspace(0.2, 1.25, 22)  # over rated cooling
BETWEEN_FRAC = 0.005  # by which a better load may lie between these


def least_specific_kw(machines: Sequence[Machine], water: Cells, sink: Cells) -> FloatArray:
    """Return power over cooling (water cells, sink cells), own fans included; infinite without machines.

    Parameters
    ----------
    machines
        Of one kind of sink.
    water
        Leaving water; only its high ends count, or what is colder and better.
    sink
        Condenser water or outdoor air.
    """
    found = np.full((len(water), len(sink)), np.inf)
    for machine in machines:
        found = np.minimum(found, _specific_kw(machine, water.high, sink.low))
    found = np.minimum.accumulate(found, axis=0)
    return (1.0 - BETWEEN_FRAC) * np.minimum.accumulate(found[:, ::-1], axis=1)[:, ::-1]


def _specific_kw(machine: Machine, water_degc: FloatArray, sink_degc: FloatArray) -> FloatArray:
    law = machine.law
    loads_kw: list[float] = [load * law.rated_cooling_kw for load in LOADS.tolist()]

    def best(leaving_degc: float, at_degc: float) -> float:
        powers: list[float] = [
            law.compressor_kw(kw, leaving_degc, at_degc) + law.fan_kw(kw, at_degc) for kw in loads_kw
        ]
        return min(power / kw for power, kw in zip(powers, loads_kw, strict=True))

    return np.array([[best(leaving, at) for at in sink_degc.tolist()] for leaving in water_degc.tolist()])
