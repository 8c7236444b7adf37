"""Heat pump, dry cooler and tank controllers: docs/demo_bms_map.md."""

from tools.simulated_site.devices.registers import Kind, ModbusMap, Register

BMS_HEAT_PUMP = ModbusMap(
    inputs=(
        Register(0, Kind.UINT16, "heat_output_kw", 10, slot="heat_pump"),
        Register(1, Kind.UINT16, "source_heat_kw", 10, slot="heat_pump"),
        Register(2, Kind.INT16, "source_leaving_temperature_degc", 10, slot="heat_pump"),
        Register(3, Kind.INT16, "sink_leaving_temperature_degc", 10, slot="heat_pump"),
        Register(4, Kind.UINT16, "on_status", slot="heat_pump"),
        Register(5, Kind.UINT16, "fault_status", slot="heat_pump"),
        Register(10, Kind.UINT16, "heat_demand_kw", 10, slot="contract"),
    ),
    holding=(Register(0, Kind.UINT16, "heat_output_setpoint_kw", 10, slot="heat_pump"),),
)

BMS_DRY_COOLER = ModbusMap(
    inputs=(
        Register(0, Kind.UINT16, "fan_speed_frac", 1000),
        Register(1, Kind.UINT16, "adiabatic_status"),
        Register(2, Kind.UINT16, "power_kw", 10),
        Register(3, Kind.UINT16, "fault_status"),
    ),
    holding=(Register(0, Kind.UINT16, "adiabatic_enable_command"),),
)

BMS_TANK = ModbusMap(
    inputs=(
        Register(0, Kind.UINT16, "state_of_charge_frac", 1000),
        Register(1, Kind.INT16, "charge_power_kw", 10),
        Register(2, Kind.INT16, "tank_top_temperature_degc", 10),
        Register(3, Kind.INT16, "tank_bottom_temperature_degc", 10),
    ),
    holding=(Register(0, Kind.INT16, "charge_power_setpoint_kw", 10),),
)
