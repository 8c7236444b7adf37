"""SNMP agents: v1, v2c and v3, on a path made for polling."""
