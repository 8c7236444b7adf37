"""Published curve sets of chillers, by kind, and how each is carried beyond its range."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Biquadratic = tuple[float, float, float, float, float, float]

Kind = Literal["centrifugal", "variable_speed", "warm_water", "screw"]


@dataclass(frozen=True, slots=True)
class ChillerCurves:
    """The DOE-2 electric EIR curves of one kind of chiller.

    A biquadratic is 1, x, x^2, y, y^2, xy with x leaving chilled water and y what enters the condenser [degC]: water, or outdoor
    air for an air-cooled machine. Inside its range the published curve rules; beyond it the Carnot ratio to `second_law_exponent`
    carries the input, as the quadratics would turn upwards.

    Attributes
    ----------
    name
        The published set.
    capacity, input
        CAPFT and EIRFT: available capacity, and full-load input a unit of cooling, over those at `rated_degc`.
    part_load
        EIRFPLR: 1, x, x^2 of the part load.
    leaving_range_degc, entering_range_degc
        Where the curves were fitted.
    second_law_exponent
        Power of the Carnot ratio that the input follows inside the range; it carries on beyond.
    rated_degc
        Leaving and entering temperature at which a nameplate of this kind holds.
    evaporator_approach_k, condenser_rise_k
        Leaving water to evaporating refrigerant, and entering water or air to condensing refrigerant.
    least_lift_k
        Refrigerant lift below which head control holds.
    """

    name: str
    capacity: Biquadratic
    input: Biquadratic
    part_load: tuple[float, float, float]
    leaving_range_degc: tuple[float, float]
    entering_range_degc: tuple[float, float]
    second_law_exponent: float
    rated_degc: tuple[float, float] = (6.67, 29.4)
    evaporator_approach_k: float = 2.0
    condenser_rise_k: float = 7.0  # water range 5 K and approach 2 K
    least_lift_k: float = 10.0  # real machines need a lift

    def extrapolated(self, leaving_degc: npt.ArrayLike, entering_degc: npt.ArrayLike) -> BoolArray:
        """Return where the published curves do not reach, so that the Carnot ratio carries them."""
        x, y = np.asarray(leaving_degc, float), np.asarray(entering_degc, float)
        (x_low, x_high), (y_low, y_high) = self.leaving_range_degc, self.entering_range_degc
        outside: BoolArray = (x < x_low) | (x > x_high) | (y < y_low) | (y > y_high)
        return outside

    def capacity_ratio(self, leaving_degc: npt.ArrayLike, entering_degc: npt.ArrayLike) -> FloatArray:
        """Return available over rated capacity [-].

        Beyond the range it is the value at the edge, which is conservative for warm chilled and for cold condenser water; but
        above the entering range capacity falls with every kelvin: there the curve is followed.
        """
        x = np.clip(np.asarray(leaving_degc, float), *self.leaving_range_degc)
        y = np.maximum(np.asarray(entering_degc, float), self.entering_range_degc[0])
        return _biquadratic(self.capacity, x, y)

    def input_ratio(self, leaving_degc: npt.ArrayLike, entering_degc: npt.ArrayLike) -> FloatArray:
        """Return full-load input per unit of cooling over that at rated temperatures [-]."""
        x, y = np.asarray(leaving_degc, float), np.asarray(entering_degc, float)
        x_in, y_in = np.clip(x, *self.leaving_range_degc), np.clip(y, *self.entering_range_degc)
        beyond = (self._carnot(x, y) / self._carnot(x_in, y_in)) ** self.second_law_exponent
        result: FloatArray = _biquadratic(self.input, x_in, y_in) * beyond
        return result

    def lift_k(self, leaving_degc: npt.ArrayLike, entering_degc: npt.ArrayLike) -> FloatArray:
        """Return condensing minus evaporating temperature of the refrigerant [K] at full load."""
        evaporating = np.asarray(leaving_degc, float) - self.evaporator_approach_k
        lift = np.asarray(entering_degc, float) + self.condenser_rise_k - evaporating
        return np.maximum(lift, self.least_lift_k)

    def _carnot(self, leaving_degc: FloatArray, entering_degc: FloatArray) -> FloatArray:
        """Return lift over evaporating temperature, the input that an ideal machine needs a unit of cooling."""
        evaporating_k = leaving_degc - self.evaporator_approach_k + 273.15
        lift_k = np.maximum(entering_degc + (self.condenser_rise_k + 273.15 - evaporating_k), self.least_lift_k)
        return lift_k / evaporating_k


def of_kind(kind: Kind) -> ChillerCurves:
    """Return the curves of a kind of water-cooled chiller."""
    return WATER_COOLED[kind]


def _biquadratic(c: Biquadratic, x: FloatArray, y: FloatArray) -> FloatArray:
    # What hangs on x alone first: a row has one leaving water, and as many entering ones as fan speeds are tried.
    return c[0] + x * (c[1] + c[2] * x) + y * (c[3] + c[5] * x + c[4] * y)


def _rated_at(curves: ChillerCurves, leaving_degc: float, entering_degc: float) -> ChillerCurves:
    """Return curves that are 1 at a nameplate's temperatures, from a set published for another reference point."""

    def scaled(c: Biquadratic) -> Biquadratic:
        at = float(_biquadratic(c, np.array(leaving_degc), np.array(entering_degc)))
        one, x, xx, y, yy, xy = (value / at for value in c)
        return one, x, xx, y, yy, xy

    return dataclasses.replace(
        curves,
        capacity=scaled(curves.capacity),
        input=scaled(curves.input),
        rated_degc=(leaving_degc, entering_degc),
    )


# The exponent: 0.73 from 5 to 10 degC leaving at 29.4 entering, 0.72 from 24 to 35 degC entering at 6.67 leaving.
CENTRIFUGAL = ChillerCurves(
    name="DOE-2 Centrifugal/5.50COP",  # EnergyPlus datasets/Chillers.idf, as all but the warm-water set
    capacity=(0.257896, 0.0389016, -0.00021708, 0.0468684, -0.00094284, -0.00034344),
    input=(0.933884, -0.058212, 0.00450036, 0.00243, 0.000486, -0.001215),
    part_load=(0.222903, 0.313387, 0.463710),
    leaving_range_degc=(5.0, 10.0),
    entering_range_degc=(24.0, 35.0),
    second_law_exponent=0.72,
)

# Of the published machines with a drive, one with a wide range in which warmer chilled and colder condenser water always help.
VARIABLE_SPEED = _rated_at(
    ChillerCurves(
        name="York YT 1495kW/7.51COP/VSD",
        capacity=(1.051921, -0.1632255, 0.01149042, 0.05463515, -0.001579985, 0.001628246),
        input=(0.7106985, -0.2087623, 0.009421379, 0.08491925, -0.00126082, 0.001125512),
        part_load=(0.151747, -0.1577252, 1.005197),
        leaving_range_degc=(5.56, 8.89),
        entering_range_degc=(12.78, 35.0),
        second_law_exponent=0.77,
    ),
    6.67,
    29.4,
)

SCREW = _rated_at(
    ChillerCurves(
        name="York YS 781kW/5.42COP/Valve",
        capacity=(1.002148, 0.03300191, 0.000374167, -0.005925358, -2.599267e-05, -0.0002172126),
        input=(0.4475957, -0.01054652, 0.000712687, 0.01158632, 0.000515151, -0.0009831355),
        part_load=(0.2519108, 0.2756914, 0.4725826),
        leaving_range_degc=(4.44, 8.89),
        entering_range_degc=(15.56, 35.0),
        second_law_exponent=0.91,
    ),
    6.67,
    29.4,
)

# No published set reaches beyond 12.8 degC leaving. Input: least squares, within 1.3 %, to the adjustment Kadj that ASHRAE 90.1
# (6.4.1.2.1) gives for centrifugal chillers away from the standard rating, at a condenser range of 5.2 K. Capacity: the DOE-2
# set's slopes at its warm edge. Part load: the variable-speed set. Rated as EN 14511 rates 23/18 degC systems.
WARM_WATER = _rated_at(
    ChillerCurves(
        name="ASHRAE 90.1 Kadj, fitted 10-18 degC leaving",
        capacity=(0.919, 0.0245, 0.0, -0.0120, 0.0, 0.0),
        input=(0.5613216, -0.03837883, 0.0004422358, 0.03697539, 0.0003067492, -0.0007424728),
        part_load=VARIABLE_SPEED.part_load,
        leaving_range_degc=(10.0, 18.0),
        entering_range_degc=(24.0, 35.0),
        second_law_exponent=0.92,
    ),
    18.0,
    30.0,
)

WATER_COOLED: dict[Kind, ChillerCurves] = {
    "centrifugal": CENTRIFUGAL,
    "variable_speed": VARIABLE_SPEED,
    "warm_water": WARM_WATER,
    "screw": SCREW,
}
