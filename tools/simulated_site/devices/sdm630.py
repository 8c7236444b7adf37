"""Eastron SDM630: input registers, floats high word first, power in watts; energy in kWh, as the meter's display counts it."""

from tools.simulated_site.devices.registers import Kind, ModbusMap, Register

ABCD = Kind.FLOAT_HIGH_FIRST

SDM630 = ModbusMap(
    inputs=(
        Register(0x00, ABCD, "voltage_l1_v"),
        Register(0x02, ABCD, "voltage_l2_v"),
        Register(0x04, ABCD, "voltage_l3_v"),
        Register(0x06, ABCD, "current_l1_a"),
        Register(0x08, ABCD, "current_l2_a"),
        Register(0x0A, ABCD, "current_l3_a"),
        Register(0x34, ABCD, "power_kw", 1000),
        Register(0x38, ABCD, "apparent_power_kva", 1000),
        Register(0x3E, ABCD, "power_factor"),
        Register(0x46, ABCD, "frequency_hz"),
        Register(0x48, ABCD, "energy_kwh"),
    )
)
