"""Weather station, battery controller, photovoltaic inverter and workload gateway: docs/demo_bms_map.md."""

from tools.simulated_site.devices.registers import Kind, ModbusMap, Register

BMS_WEATHER = ModbusMap(
    inputs=(
        Register(0, Kind.INT16, "outdoor_temperature_degc", 10),
        Register(1, Kind.UINT16, "outdoor_relative_humidity_frac", 1000),
        Register(2, Kind.INT16, "outdoor_wet_bulb_degc", 10),
    )
)

BMS_BATTERY = ModbusMap(
    inputs=(
        Register(0, Kind.UINT16, "state_of_charge_frac", 1000),
        Register(1, Kind.INT16, "charge_power_kw", 10),
        Register(2, Kind.UINT16, "fault_status"),
    ),
    holding=(Register(0, Kind.INT16, "charge_power_setpoint_kw", 10),),
)

BMS_PV = ModbusMap(
    inputs=(
        Register(0, Kind.FLOAT_HIGH_FIRST, "power_kw"),
        Register(2, Kind.FLOAT_HIGH_FIRST, "energy_kwh"),
    )
)

BMS_WORKLOAD = ModbusMap(
    inputs=(
        Register(0, Kind.UINT32_HIGH_FIRST, "awake_servers", slot="pool"),
        Register(2, Kind.UINT32_HIGH_FIRST, "utilisation_frac", 10_000, slot="pool"),
        Register(4, Kind.UINT32_HIGH_FIRST, "deferrable_power_kw", 1000, slot="work"),
        Register(6, Kind.UINT32_HIGH_FIRST, "deferrable_backlog_kwh", 1000, slot="work"),
    ),
    holding=(
        Register(0, Kind.UINT32_HIGH_FIRST, "awake_servers_command", slot="pool"),
        Register(2, Kind.UINT32_HIGH_FIRST, "deferrable_power_command_kw", 1000, slot="work"),
    ),
)
