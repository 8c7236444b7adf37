"""Modbus TCP servers and SNMP agents of the simulated site, with codecs of their own."""
