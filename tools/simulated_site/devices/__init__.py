"""Register and OID maps of the simulated devices, typed by hand from docs/demo_bms_map.md and the vendors' documents.

They share nothing with the profiles that the product reads: a wrong scale or word order in a profile must show.
"""

from tools.simulated_site.devices.catalogue import MODBUS_DEVICES, SNMP_DEVICES

__all__ = ["MODBUS_DEVICES", "SNMP_DEVICES"]
