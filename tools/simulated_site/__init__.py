"""A simulated site served over real Modbus and SNMP, with physics of its own."""
