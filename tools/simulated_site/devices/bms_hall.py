"""Dampers and humidifier of a hall, and the alarm panel: docs/demo_bms_map.md."""

from tools.simulated_site.devices.registers import Kind, ModbusMap, Register

HALLS = (1, 2, 3, 4)

BMS_ECONOMIZER = ModbusMap(
    inputs=(
        Register(0, Kind.UINT16, "economizer_mode", slot="economizer"),
        Register(1, Kind.UINT16, "outdoor_air_damper_frac", 1000, slot="economizer"),
        Register(2, Kind.INT16, "mixed_air_temperature_degc", 10, slot="economizer"),
        Register(3, Kind.UINT16, "power_kw", 100, slot="economizer"),
        Register(10, Kind.UINT16, "on_status", slot="humidifier"),
        Register(11, Kind.UINT16, "power_kw", 100, slot="humidifier"),
    ),
    holding=(Register(0, Kind.UINT16, "economizer_mode_command", slot="economizer"),),
)

BMS_ALARMS = ModbusMap(
    inputs=(
        Register(0, Kind.UINT16, "utility_status", slot="meter"),
        Register(1, Kind.UINT16, "generator_status", slot="meter"),
        *(Register(8 + 2 * hall, Kind.UINT16, "smoke_status", slot=f"hall_{hall}") for hall in HALLS),
        *(Register(9 + 2 * hall, Kind.UINT16, "leak_status", slot=f"hall_{hall}") for hall in HALLS),
    )
)
