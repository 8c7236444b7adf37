"""Properties of air and water, constant over the range of a data centre."""

AIR_DENSITY_KGPM3 = 1.19
AIR_HEAT_KJPKGK = 1.006
WATER_HEAT_KJPKGK = 4.186  # a litre of water is taken as a kilogram
VAPORISATION_KJPKG = 2430.0
ICE_POINT_K = 273.15
SECONDS_PER_HOUR = 3600.0
VAPORISATION_0C_KJPKG = 2501.0  # of vapour in the air, counted from water at 0 C
