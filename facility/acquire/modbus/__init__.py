"""Modbus: units behind TCP servers, RTU gateways and serial lines."""
