"""Between what is true and what a device measures: bias, gain, drift and steps of each sensor, and noise at every reading."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from facility.records import FloatArray
from tools.simulated_site.climate import DAY_S
from tools.simulated_site.faults import Active, Fault, Faults
from tools.simulated_site.noise import Hidden
from tools.simulated_site.setpoints import Key

FAULTY_DRIFT_PER_H = 25.0  # of a sensor that drifts off: in half-widths of its usual bias, if its fault does not say
LEAST_BIAS = 0.02  # where a sensor has none


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Half-widths of a kind of sensor's bias, gain error and slow drift, the standard deviation of its noise, and its steps."""

    bias: float = 0.0
    gain_frac: float = 0.0
    noise: float = 0.0
    noise_frac: float = 0.0
    drift: float = 0.0  # either way in the course of months
    step: float = 0.0  # of its analogue input


EXACT = Accuracy()
BY_ENDING = (  # the first ending that fits
    ("setpoint_degc", EXACT),
    ("setpoint_frac", EXACT),
    ("setpoint_kw", EXACT),
    ("setpoint_lps", EXACT),
    ("command_kw", EXACT),
    ("energy_kwh", EXACT),
    ("heat_demand_kw", EXACT),
    ("inlet_temperature_degc", Accuracy(bias=0.3, noise=0.06, drift=0.1, step=0.05)),
    ("_degc", Accuracy(bias=0.15, noise=0.03, drift=0.05, step=0.02)),
    ("humidity_frac", Accuracy(bias=0.015, noise=0.003, drift=0.01, step=0.001)),
    ("_lps", Accuracy(gain_frac=0.012, noise_frac=0.003)),
    ("power_kw", Accuracy(gain_frac=0.005, noise_frac=0.002)),
    ("heat_kw", Accuracy(gain_frac=0.015, noise_frac=0.004)),
    ("heat_output_kw", Accuracy(gain_frac=0.015, noise_frac=0.004)),
    ("apparent_power_kva", Accuracy(gain_frac=0.005, noise_frac=0.002)),
    ("_a", Accuracy(gain_frac=0.005, noise_frac=0.002)),
    ("_v", Accuracy(gain_frac=0.003, noise_frac=0.0005)),
    ("valve_position_frac", Accuracy(noise=0.002)),
    ("damper_frac", Accuracy(noise=0.004, step=0.002)),
    ("utilisation_frac", Accuracy(noise=0.001)),
)


def accuracy_of(quantity: str) -> Accuracy:
    """Return the accuracy of the sensors of a quantity; states, counts and commands are exact."""
    return next((accuracy for ending, accuracy in BY_ENDING if quantity.endswith(ending)), EXACT)


class Sensors:
    """The errors of every sensor of a site, drawn once; noise is drawn at each reading."""

    def __init__(self, keys: tuple[Key, ...], hidden: Hidden, rng: np.random.Generator) -> None:
        self._kinds = [accuracy_of(quantity) for _, quantity in keys]
        names = ["/".join(key) for key in keys]
        self._keys, self._rng = keys, rng
        self._at = {key: index for index, key in enumerate(keys)}
        self._bias = _column(self._kinds, "bias") * [hidden.between(f"{name}.bias", -1.0, 1.0) for name in names]
        gain_frac = _column(self._kinds, "gain_frac")
        self._gain = 1.0 + gain_frac * [hidden.between(f"{name}.gain", -1.0, 1.0) for name in names]
        self._noise, self._noise_frac = _column(self._kinds, "noise"), _column(self._kinds, "noise_frac")
        self._drifting = np.flatnonzero(_column(self._kinds, "drift"))
        self._drift = _column(self._kinds, "drift")[self._drifting]
        self._drift_rate = np.array(
            [2 * math.pi / (DAY_S * hidden.between(f"{name}.drift", 150, 500)) for name in names]
        )
        self._drift_rate = self._drift_rate[self._drifting]
        self._stepped = np.flatnonzero(_column(self._kinds, "step"))
        self._steps = _column(self._kinds, "step")[self._stepped]
        self.held: dict[Key, float] = {}  # what stuck sensors say

    def measure(self, true: dict[Key, float], time_s: float, faults: Faults) -> dict[Key, float]:
        """Return what the sensors say about true values, in the order of the keys."""
        values = np.fromiter(true.values(), dtype=float, count=len(self._keys))
        noise = self._rng.standard_normal(len(values)) * (self._noise + self._noise_frac * np.abs(values))
        measured = values * self._gain + self._bias + noise
        measured[self._drifting] += self._drift * np.sin(self._drift_rate * time_s)
        measured[self._stepped] = np.round(measured[self._stepped] / self._steps) * self._steps
        said = dict(zip(self._keys, measured.tolist(), strict=True))
        if faults.sensors or faults.silent or self.held:
            self._spoil(said, time_s, faults)
        return said

    def _spoil(self, said: dict[Key, float], time_s: float, faults: Faults) -> None:
        for key, active in faults.sensors.items():
            if key in said:
                said[key] = self._faulty(key, said[key], active, time_s)
        for key in [key for key in self.held if key not in faults.sensors]:
            del self.held[key]
        for key in faults.silent:
            if key in said:
                said[key] = math.nan

    def _faulty(self, key: Key, value: float, active: Active, time_s: float) -> float:
        call = active.call
        if call.fault is Fault.STUCK:
            return self.held.setdefault(key, value)
        usual = max(self._kinds[self._at[key]].bias, LEAST_BIAS)
        if call.fault is Fault.BIAS:
            return value + (10.0 * usual if call.amount is None else call.amount)
        per_h = FAULTY_DRIFT_PER_H * usual if call.amount is None else call.amount
        return value + per_h * (time_s - active.began_s) / 3600.0


def _column(kinds: list[Accuracy], name: str) -> FloatArray:
    return np.array([getattr(kind, name) for kind in kinds])
