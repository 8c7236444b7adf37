"""CRAH controller: docs/demo_bms_map.md."""

from tools.simulated_site.devices.registers import Kind, ModbusMap, Register

BMS_CRAH = ModbusMap(
    inputs=(
        Register(0, Kind.INT16, "supply_air_temperature_degc", 10),
        Register(1, Kind.INT16, "return_air_temperature_degc", 10),
        Register(2, Kind.UINT16, "return_air_relative_humidity_frac", 1000),
        Register(3, Kind.UINT16, "fan_speed_frac", 1000),
        Register(4, Kind.UINT16, "valve_position_frac", 1000),
        Register(5, Kind.UINT16, "fan_power_kw", 100),
        Register(6, Kind.UINT16, "on_status"),
        Register(7, Kind.UINT16, "fault_status"),
    ),
    holding=(
        Register(0, Kind.INT16, "supply_air_temperature_setpoint_degc", 10),
        Register(1, Kind.UINT16, "fan_speed_setpoint_frac", 1000),
    ),
)
