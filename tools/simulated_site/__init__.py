"""A simulated site: its own physics, its own local controls, and real Modbus and SNMP servers in front of them.

Nothing here imports `models` or `facility.acquire`: what the product believes about a plant, and how it decodes a register, is
tested against other equations and other codecs.
"""

from tools.simulated_site.simulation import SimulatedSite

__all__ = ["SimulatedSite"]
