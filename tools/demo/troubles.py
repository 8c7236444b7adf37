"""What goes wrong in two weeks on any site: devices that fall silent for a while, and now and then a reading that is nonsense."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facility.records import FloatArray, Quality

SPELLS_PER_DAY = 0.15  # of a device
SPELL_S = (900.0, 10_800.0)
BAD_SHARE = 4e-5  # of readings: undecodable
ABSURD_SHARE = 2e-5  # of readings: decoded, and impossible


class Troubles:
    """Draws them; the same seed gives the same."""

    def __init__(self, devices: list[str], seed: int) -> None:
        self._devices = sorted(set(devices))
        self._of_point = np.array([self._devices.index(device) for device in devices])
        self._silent_until_s = np.zeros(len(self._devices))
        self._rng = np.random.default_rng([seed, 2])

    def befall(
        self, values: FloatArray, high: FloatArray, time_s: float, every_s: float
    ) -> tuple[FloatArray, npt.NDArray[np.uint8]]:
        """Return values and their quality as a poller would have stored them."""
        begins = self._rng.random(len(self._devices)) < SPELLS_PER_DAY * every_s / 86_400.0
        lengths_s = self._rng.uniform(*SPELL_S, len(self._devices))
        self._silent_until_s = np.where(begins, time_s + lengths_s, self._silent_until_s)
        luck = self._rng.random(len(values))
        quality = np.full(len(values), Quality.GOOD, dtype=np.uint8)
        quality[luck < ABSURD_SHARE] = Quality.OUT_OF_RANGE
        quality[luck > 1.0 - BAD_SHARE] = Quality.BAD
        quality[(self._silent_until_s > time_s)[self._of_point]] = Quality.STALE
        absurd = np.where(quality == Quality.OUT_OF_RANGE, 10.0 * np.abs(high) + 1.0, values)
        return np.where((quality == Quality.STALE) | (quality == Quality.BAD), np.nan, absurd), quality
