"""CDU controller: docs/demo_bms_map.md."""

from tools.simulated_site.devices.registers import Kind, ModbusMap, Register

BMS_CDU = ModbusMap(
    inputs=(
        Register(10, Kind.INT16, "primary_supply_temperature_degc", 10),
        Register(11, Kind.INT16, "primary_return_temperature_degc", 10),
        Register(12, Kind.INT16, "secondary_supply_temperature_degc", 10),
        Register(13, Kind.INT16, "secondary_return_temperature_degc", 10),
        Register(14, Kind.UINT16, "secondary_flow_lps", 10),
        Register(15, Kind.UINT16, "pump_power_kw", 100),
        Register(16, Kind.UINT16, "valve_position_frac", 1000),
        Register(17, Kind.UINT16, "fault_status"),
    ),
    holding=(
        Register(10, Kind.INT16, "secondary_supply_temperature_setpoint_degc", 10),
        Register(11, Kind.UINT16, "secondary_flow_setpoint_lps", 10),
    ),
)
