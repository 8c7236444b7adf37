"""What takes the heat of condenser water outdoors: a bank of towers or dry coolers behind one face, or nothing but the air."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

FAN_TRIALS = 11  # odd: what is learned is asked at every other one


@dataclass(frozen=True, slots=True, eq=False)
class Weather:
    """Outdoor air, (n,) each."""

    outdoor_degc: FloatArray
    wet_bulb_degc: FloatArray


class Outside(Protocol):
    """A bank whose units run at one fan speed.

    Arrays broadcast: rows along the last axis, fan speeds along the first where both vary, as numpy is fast along long axes. Flows
    are of the whole bank.
    """

    @property
    def component(self) -> str:
        """Name of its fans among the components of a plant."""
        ...

    @property
    def pads_on(self) -> bool:
        """Whether water runs over pads before it."""
        ...

    @property
    def sink(self) -> str:
        """Name of what it cools against."""
        ...

    @property
    def fan_speeds(self) -> FloatArray:
        """Fan speeds to try [-], rising, (g,)."""
        ...

    @property
    def coldest_degc(self) -> float:
        """Coldest water it may make; a bypass or cycling fans keep it there."""
        ...

    def reached_degc(
        self, speed_frac: FloatArray, flow_lps: npt.ArrayLike, weather: Weather
    ) -> Callable[[FloatArray], FloatArray]:
        """Return the water it makes [degC], (g, n), by the heat that it rejects [kW], (n,) or (g, n); `speed_frac` is (g, 1)."""
        ...

    def fan_kw(self, speed_frac: FloatArray, flow_lps: npt.ArrayLike) -> FloatArray:
        """Return the power of its fans [kW]."""
        ...

    def makeup_lps(
        self, speed_frac: FloatArray, flow_lps: float, weather: Weather, rejected_kw: FloatArray
    ) -> FloatArray:
        """Return the water it takes [L/s], (n,)."""
        ...

    def sink_degc(self, weather: Weather) -> FloatArray:
        """Return the coldest that its water could be, (n,): what the correction of its fans depends on, called `sink`."""
        ...

    def extrapolated(self, flow_lps: float, weather: Weather, rejected_kw: FloatArray) -> BoolArray:
        """Return where its law does not reach, (n,)."""
        ...


@dataclass(frozen=True, slots=True)
class OpenAir:
    """No condenser water at all: chillers give their heat to the outdoor air themselves."""

    component: ClassVar[str] = "condenser_fan"
    sink: ClassVar[str] = "outdoor_degc"
    pads_on: ClassVar[bool] = False
    coldest_degc: ClassVar[float] = -np.inf

    @property
    def fan_speeds(self) -> FloatArray:
        """One trial; the chillers' own fans are in their power."""
        return np.zeros(1)

    def reached_degc(
        self, _speed_frac: FloatArray, _flow_lps: npt.ArrayLike, weather: Weather
    ) -> Callable[[FloatArray], FloatArray]:
        """Return the outdoor air [degC]."""
        return lambda _rejected_kw: weather.outdoor_degc[None]

    def fan_kw(self, speed_frac: FloatArray, _flow_lps: npt.ArrayLike) -> FloatArray:
        """Return nothing."""
        return np.zeros_like(speed_frac)

    def makeup_lps(
        self, speed_frac: FloatArray, _flow_lps: float, _weather: Weather, _rejected_kw: FloatArray
    ) -> FloatArray:
        """Return nothing."""
        return np.zeros_like(speed_frac)

    def sink_degc(self, weather: Weather) -> FloatArray:
        """Return the outdoor air."""
        return weather.outdoor_degc

    def extrapolated(self, _flow_lps: float, _weather: Weather, rejected_kw: FloatArray) -> BoolArray:
        """Return False: the chillers' curves have their own range."""
        return np.zeros(rejected_kw.shape, bool)
