"""Towers and dry coolers at their best: how fast fans turn at least for a heat that must leave water of a temperature."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from facility.records import FloatArray
from tools.simulated_site.condenser_loop import IDLE_LOSS_PER_K, CondenserLoop
from tools.simulated_site.least_power.boxes import Box
from tools.simulated_site.least_power.cells import cells
from tools.simulated_site.physics.constants import WATER_HEAT_KJPKGK

BASIN = cells(np.array([*range(-12, 4, 2), *np.arange(4.0, 36.0, 0.5), *range(36, 46, 2), 60.0]))
FANS = cells(np.array([0.0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9, 1.0]))
SINK_STEP_K = 0.25
ENTERING_K = np.concatenate([[0.0], np.geomspace(0.1, 60.0, 50)])  # entering water above the sink


@dataclass(frozen=True, slots=True)
class FlowOption:
    """A flow of condenser water, and what its pumps draw at least."""

    flow_kwpk: float
    pump_kw: float


class LeastRejection:
    """The loop that carries a plant's heat outside."""

    def __init__(self, loop: CondenserLoop, options: list[FlowOption]) -> None:
        self._loop, self._options = loop, options
        self._cells = [loop._cells_on(option.flow_kwpk) for option in options]
        self._most_at_sink = lru_cache(maxsize=None)(self._most_kw)
        self._fan_kw = np.array(
            [
                [sum(loop._laws[one].fan.power_kw(frac) for one in on) for frac in FANS.low.tolist()]
                for on in self._cells
            ]
        )

    def power_kw(self, box: Box, heat_kw: FloatArray) -> FloatArray:
        """Return the least power of fans and pumps (heats, basin cells) that takes outside so much heat, and that of the pumps.

        Infinite where the water is too cold for the outdoors to take so much.
        """
        idle_kw = IDLE_LOSS_PER_K * self._loop._rated_kw * (BASIN.high - box.dry_low_degc)
        most_kw = self._most_at_sink(float(SINK_STEP_K * np.floor(self._sink_degc(box) / SINK_STEP_K))) + idle_kw
        found = np.full((len(heat_kw), len(BASIN)), np.inf)
        for option, most, fan_kw in zip(self._options, most_kw, self._fan_kw, strict=True):
            able = most[None, :, :] >= (heat_kw + option.pump_kw)[:, None, None]
            fans = np.where(able.any(axis=1), fan_kw[able.argmax(axis=1)], np.inf)
            found = np.minimum(found, fans + option.pump_kw)
        return found

    def _sink_degc(self, box: Box) -> float:
        """Return the wet bulb for towers; for dry coolers the coldest air that pads can make, where they may be wet."""
        if self._loop.wet:
            return box.wet_low_degc
        wet = box.dry_high_degc >= self._loop._pads_min_degc
        return min(one.coil_air_degc(box.dry_low_degc, box.wet_low_degc, wet) for one in self._loop._coolers)

    def _most_kw(self, sink_degc: float) -> FloatArray:
        """Return the most heat that leaves (flow options, fan cells, basin cells), warming the water by just so much before.

        Heat is convex in the temperature of the water: between two temperatures it is no more than their mean.
        """
        found = np.zeros((len(self._options), len(FANS), len(BASIN)))
        for index, option in enumerate(self._options):
            given = np.array([self._given_kw(index, sink_degc + above, sink_degc) for above in ENTERING_K.tolist()])
            for fan in range(len(FANS)):
                basin_degc = sink_degc + ENTERING_K - given[:, fan] / option.flow_kwpk
                found[index, fan] = np.interp(BASIN.high, np.maximum.accumulate(basin_degc), given[:, fan], left=0.0)
        return found

    def _given_kw(self, option: int, entering_degc: float, sink_degc: float) -> list[float]:
        """Return the heat that leaves water of a temperature, by fan cells."""
        loop, on = self._loop, self._cells[option]
        flow_lps = self._options[option].flow_kwpk / WATER_HEAT_KJPKGK
        laws = [
            loop._laws[index].heat_at(entering_degc, flow_lps * share, sink_degc)
            for index, share in zip(on, loop._shares(on), strict=True)
        ]
        return [sum(law(frac) for law in laws) for frac in FANS.high.tolist()]
