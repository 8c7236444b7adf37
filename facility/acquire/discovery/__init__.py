"""Finds SNMP and Modbus devices on given addresses, recognises them, and writes what it found as part of a site file.

It reads only, and little: the three names that every SNMP agent has, the row numbers of a recognised device's tables, and Modbus
device identification. It asks the addresses and units that it was given and no others, with the one credential that it was given.
"""
