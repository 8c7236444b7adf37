"""Motor and variable-frequency drive: what goes in for what the shaft gives, at part load."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.electrical import LossCurve

FloatArray = npt.NDArray[np.float64]

# Per unit of the rated shaft power. Drive: US DOE, Motor Tip Sheet 11, adjustable-speed drives of 20 hp: 97 % at full load, 95 at
# half, 86 at an eighth, 47 at 1.6 %. Motor: a four-pole machine of class IE3 of 15 to 45 kW, 93 / 93 / 91 % at full, half and
# quarter load (IEC 60034-30-1 for full load; DOE MotorMaster curves for the fall below).
DRIVE = LossCurve(rated_kw=1.0, no_load_kw=0.018, proportional_frac=0.013)
MOTOR = LossCurve(rated_kw=1.0, no_load_kw=0.018, proportional_frac=0.012, square_frac=0.045)


def efficiency_frac(shaft_frac: npt.ArrayLike) -> FloatArray:
    """Return shaft power over electrical power [-] at a shaft power over rated [-]; 0 at none."""
    shaft = np.maximum(np.asarray(shaft_frac, float), 0.0)
    efficiency: FloatArray = shaft / _input(shaft)
    return efficiency


def electric_frac(shaft_frac: npt.ArrayLike) -> FloatArray:
    """Return electrical over rated electrical power [-] at a shaft power over rated [-]; a standing drive takes nothing."""
    shaft = np.maximum(np.asarray(shaft_frac, float), 0.0)
    share: FloatArray = np.where(shaft > 0, _input(shaft) / _input(np.ones(())), 0.0)
    return share


def _input(shaft: FloatArray) -> FloatArray:
    return DRIVE.input_kw(MOTOR.input_kw(shaft))
