"""Air-cooled chillers: `models.chiller` with outdoor air entering the condenser, its fans included in the power."""

from __future__ import annotations

from models.chiller_curves import ChillerCurves

# EnergyPlus datasets/AirCooledChiller.idf, scrolls on R410A: 1 at 6.67 degC leaving and 35 degC outdoors, within 1 % at 7 / 35.
# Input at part load follows the load (EIRFPLR = PLR): what falls with the weather is in EIRFT.
# Inside its range the input follows the Carnot ratio to the power 1.1, fans and all; Carnot itself is taken beyond. Below some
# 15 degC outdoors the fans slow down to hold the head: the lift stays at 25 K or more, and colder air helps no further.
AIR_COOLED = ChillerCurves(
    name="McQuay AGZ140D 479kW/2.99COP",
    capacity=(1.0579882176, 0.0368258024, 0.0002123977, -0.0041332914, -0.0000707992, -0.0003493518),
    input=(0.7535352658, -0.0082615867, 0.0004261328, -0.0075059895, 0.0005482202, -0.000540727),
    part_load=(0.0, 1.0, 0.0),
    leaving_range_degc=(4.44, 10.0),
    entering_range_degc=(23.89, 46.11),
    second_law_exponent=1.0,
    rated_degc=(6.67, 35.0),
    condenser_rise_k=15.0,  # air warms by some 10 K and leaves 5 K colder than the refrigerant
    least_lift_k=25.0,
)
