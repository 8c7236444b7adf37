"""SNMP traps and informs of the site's devices, made into events."""
