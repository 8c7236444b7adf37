"""Telemetry in: device profiles, request planning, Modbus and SNMP, one coordinator a device."""
