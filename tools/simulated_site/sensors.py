"""Between what is true and what a device measures: each sensor has its own bias and gain, and noise at every reading."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.simulated_site.noise import Hidden
from tools.simulated_site.setpoints import Key


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Half-widths of a kind of sensor's bias and gain error, and the standard deviation of its noise."""

    bias: float = 0.0
    gain_frac: float = 0.0
    noise: float = 0.0
    noise_frac: float = 0.0


EXACT = Accuracy()
BY_ENDING = (  # the first ending that fits
    ("setpoint_degc", EXACT),
    ("setpoint_frac", EXACT),
    ("setpoint_kw", EXACT),
    ("setpoint_lps", EXACT),
    ("command_kw", EXACT),
    ("energy_kwh", EXACT),
    ("inlet_temperature_degc", Accuracy(bias=0.3, noise=0.06)),
    ("_degc", Accuracy(bias=0.15, noise=0.03)),
    ("humidity_frac", Accuracy(bias=0.015, noise=0.003)),
    ("_lps", Accuracy(gain_frac=0.012, noise_frac=0.003)),
    ("power_kw", Accuracy(gain_frac=0.005, noise_frac=0.002)),
    ("apparent_power_kva", Accuracy(gain_frac=0.005, noise_frac=0.002)),
    ("_a", Accuracy(gain_frac=0.005, noise_frac=0.002)),
    ("_v", Accuracy(gain_frac=0.003, noise_frac=0.0005)),
    ("valve_position_frac", Accuracy(noise=0.002)),
    ("utilisation_frac", Accuracy(noise=0.001)),
)


def accuracy_of(quantity: str) -> Accuracy:
    """Return the accuracy of the sensors of a quantity; states, counts and commands are exact."""
    return next((accuracy for ending, accuracy in BY_ENDING if quantity.endswith(ending)), EXACT)


class Sensors:
    """The errors of every sensor of a site, drawn once; noise is drawn at each reading."""

    def __init__(self, keys: tuple[Key, ...], hidden: Hidden, rng: np.random.Generator) -> None:
        kinds = [accuracy_of(quantity) for _, quantity in keys]
        names = ["/".join(key) for key in keys]
        draws = [hidden.between(f"{name}.bias", -1.0, 1.0) for name in names]
        gains = [hidden.between(f"{name}.gain", -1.0, 1.0) for name in names]
        self._keys, self._rng = keys, rng
        self._bias = np.array([kind.bias for kind in kinds]) * draws
        self._gain = 1.0 + np.array([kind.gain_frac for kind in kinds]) * gains
        self._noise = np.array([kind.noise for kind in kinds])
        self._noise_frac = np.array([kind.noise_frac for kind in kinds])

    def measure(self, true: dict[Key, float]) -> dict[Key, float]:
        """Return what the sensors say about true values."""
        values = np.array([true[key] for key in self._keys])
        noise = self._rng.standard_normal(len(values)) * (self._noise + self._noise_frac * np.abs(values))
        measured = values * self._gain + self._bias + noise
        return dict(zip(self._keys, measured.tolist(), strict=True))
