"""The plant controller's sequences: what is commanded, as far as the machines and the weather allow it."""

from __future__ import annotations

from dataclasses import dataclass

from facility.site import Plant
from tools.simulated_site.setpoints import Setpoints

MECHANICAL, PARTIAL, FREE = 0, 1, 2
SHORT_K = 1.5  # leaving water this far above its setpoint, for so long, calls a chiller
SHORT_S = 600.0
RESCUE_S = 7200.0  # then it stays at least this long
DEADBAND_K = 1.0


@dataclass(slots=True)
class SequenceState:
    """What the sequences remember."""

    mode: int = MECHANICAL
    chillers: int = 1
    since_change_s: float = 1e9
    short_s: float = 0.0
    rescue: int = 0
    rescue_left_s: float = 0.0
    commanded: float = -1.0  # last command seen, mode x 100 + chillers: a new one ends a rescue


class PlantSequence:
    """Decides mode and staging once a step."""

    def __init__(self, plant: Plant, setpoints: Setpoints) -> None:
        self._plant, self._setpoints = plant, setpoints

    def step(
        self,
        state: SequenceState,
        dt_s: float,
        *,
        short_k: float,
        return_degc: float,
        sink_degc: float,
        basin_degc: float,
    ) -> None:
        """Bring mode and staging in line with the commands, within the interlocks.

        `short_k` is how far the leaving water is too warm; `sink_degc` the coldest that towers or dry coolers could make,
        `basin_degc` what they make now.
        """
        mode_command = round(self._setpoints[(self._plant.id, "economizer_mode_command")])
        staged = round(self._setpoints[(self._plant.id, "chillers_staged_command")])
        self._watch(state, dt_s, short_k, mode_command * 100.0 + staged)
        allowed = self._allowed_mode(state, mode_command, return_degc, sink_degc, basin_degc)
        state.since_change_s += dt_s
        economizer = self._plant.economizer
        if allowed != state.mode and (economizer is None or state.since_change_s >= 60.0 * economizer.min_dwell_min):
            state.mode, state.since_change_s = allowed, 0.0
        if state.mode == FREE and state.rescue and self._plant.chillers:
            state.mode = PARTIAL
        wanted = 0 if state.mode == FREE else min(max(staged, 1), len(self._plant.chillers))
        state.chillers = min(wanted + (state.rescue if wanted else 0), len(self._plant.chillers))

    def _allowed_mode(
        self, state: SequenceState, command: int, return_degc: float, sink_degc: float, basin_degc: float
    ) -> int:
        """Refuse the economizer where it would be of no use (Stein 2009): alone by the weather, beside chillers by its water."""
        economizer = self._plant.economizer
        if not self._plant.chillers:
            return FREE
        if economizer is None or command == MECHANICAL:
            return MECHANICAL
        if return_degc < sink_degc + economizer.approach_k + DEADBAND_K:
            return MECHANICAL
        if command == FREE:
            return FREE
        deadband_k = 0.0 if state.mode == PARTIAL else DEADBAND_K
        helps = basin_degc < return_degc - economizer.approach_k - deadband_k
        return PARTIAL if helps and economizer.kind == "integrated" else MECHANICAL

    def _watch(self, state: SequenceState, dt_s: float, short_k: float, commanded: float) -> None:
        """Call one more chiller when the water has been too warm for long."""
        if commanded != state.commanded:
            state.commanded, state.rescue, state.short_s = commanded, 0, 0.0
        state.short_s = state.short_s + dt_s if short_k > SHORT_K else 0.0
        if state.short_s > SHORT_S:
            state.rescue, state.rescue_left_s, state.short_s = state.rescue + 1, RESCUE_S, 0.0
        state.rescue_left_s -= dt_s
        if state.rescue and state.rescue_left_s <= 0.0:
            state.rescue = 0
