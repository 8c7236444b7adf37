"""The least power that a simulated site could draw, whatever is set: by its own laws and its hidden parameters.

A lower bound has to hold for every run. What hangs together at every moment is kept together: the temperature of a plant's water,
which its chillers or towers pay for, and the supply air and the flow of water that halls get of it; the airflow of a hall, which
its fans pay for, and the exhaust that its racks breathe. Where two things hang together only by the course of time they are taken
apart, and each is for the best. Ramps, valves and dwell times cost nothing.

Continuous settings are cut into cells. Each term takes the end of the cell that is best for it, so that no grid overlooks a
minimum between its points; finer cells are tighter.
"""

from tools.simulated_site.least_power.tabulate import tabulate

__all__ = ["tabulate"]
