"""A whole site: plants and the electrical chain; states and loads in, facility power and its parts out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.cooling import JointState, Load, PlantModel, PlantResponse
from models.electrical import LossCurve
from models.pue import PowerBalance

FloatArray = npt.NDArray[np.float64]

_LOSS_HALF_WIDTH_FRAC = 0.1  # nameplate loss curves against type tests


@dataclass(frozen=True, slots=True, eq=False)
class ChainPower:
    """Power along the chain [kW], (n,): out of the UPS (critical load), into the transformer, losses, at the meter."""

    ups_output_kw: FloatArray
    transformer_load_kw: FloatArray
    loss_kw: FloatArray
    site_kw: FloatArray


@dataclass(frozen=True, slots=True)
class ElectricalChain:
    """From the meter to the racks: PDUs (by hall) behind the UPS, UPS and everything else behind the transformer."""

    transformer: LossCurve
    ups: LossCurve
    pdus: Mapping[str, LossCurve] = field(default_factory=dict)

    def power(self, hall_it_kw: Mapping[str, FloatArray], other_kw: FloatArray) -> ChainPower:
        """Follow power up the chain [kW].

        `hall_it_kw` is what the racks of each hall draw, `other_kw` what hangs on the transformer beside the UPS.
        """
        output, pdu_loss = np.zeros_like(other_kw), np.zeros_like(other_kw)
        for hall, it_kw in hall_it_kw.items():
            loss = self.pdus[hall].loss_kw(it_kw) if hall in self.pdus else np.zeros_like(it_kw)
            output, pdu_loss = output + it_kw + loss, pdu_loss + loss
        ups_loss = self.ups.loss_kw(output)
        load = output + ups_loss + other_kw
        transformer_loss = self.transformer.loss_kw(load)
        return ChainPower(output, load, pdu_loss + ups_loss + transformer_loss, load + transformer_loss)


@dataclass(frozen=True, slots=True)
class SiteModel:
    """Plants, the chain, and which hall each liquid loop's racks stand in."""

    plants: tuple[PlantModel, ...]
    chain: ElectricalChain
    loop_halls: Mapping[str, str] = field(default_factory=dict)

    def balance(
        self, states: Sequence[JointState], loads: Sequence[Load], other_kw: FloatArray | float = 0.0
    ) -> PowerBalance:
        """Return the power balance for one state and one load a plant; all loads have the same n rows."""
        answers = [plant.evaluate(state, load) for plant, state, load in zip(self.plants, states, loads, strict=True)]
        rows = loads[0].wet_bulb_degc.size
        hall_it = self._hall_it_kw(loads, answers)
        extra = sum((answer.server_fan_kw.sum(axis=1) for answer in answers), np.zeros(rows))
        cooling = sum((answer.overhead_kw for answer in answers), np.zeros(rows)) - extra
        other = np.broadcast_to(np.asarray(other_kw, float), (rows,))
        losses = self.chain.power(hall_it, cooling + other).loss_kw
        squares = sum((answer.half_width_kw**2 for answer in answers), np.zeros(rows))
        return PowerBalance(
            it_kw=sum(hall_it.values(), np.zeros(rows)),
            cooling_kw=cooling,
            loss_kw=losses,
            other_kw=other,
            cooling_half_width_kw=np.sqrt(squares),
            loss_half_width_kw=_LOSS_HALF_WIDTH_FRAC * losses,
        )

    def _hall_it_kw(self, loads: Sequence[Load], answers: Sequence[PlantResponse]) -> dict[str, FloatArray]:
        """Return what the racks of each hall draw, server fans included; a loop without a hall stands alone."""
        drawn: dict[str, FloatArray] = {}
        for plant, load, answer in zip(self.plants, loads, answers, strict=True):
            for i, hall in enumerate(plant.halls):
                power = load.it_air_kw[:, i] + answer.server_fan_kw[:, i]
                drawn[hall] = drawn.get(hall, np.zeros_like(power)) + power
            for j, loop in enumerate(plant.loops):
                hall = self.loop_halls.get(loop, loop)
                power = load.it_liquid_kw[:, j]
                drawn[hall] = drawn.get(hall, np.zeros_like(power)) + power
        return drawn
