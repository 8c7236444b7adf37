"""Controller of an air-cooled plant: docs/demo_bms_map.md. Whole tenths; flows in m3/h (3.6 for one L/s), loads in percent."""

from tools.simulated_site.devices.registers import Kind, ModbusMap, Register


def _chiller(number: int) -> tuple[Register, ...]:
    first, slot = 10 * number, f"chiller_{number}"
    return (
        Register(first, Kind.INT16, "leaving_chilled_water_temperature_degc", 10, slot=slot),
        Register(first + 1, Kind.INT16, "entering_chilled_water_temperature_degc", 10, slot=slot),
        Register(first + 2, Kind.UINT16, "load_frac", 1000, slot=slot),
        Register(first + 3, Kind.UINT16, "on_status", slot=slot),
        Register(first + 4, Kind.UINT16, "fault_status", slot=slot),
    )


BMS_PLANT_AIR = ModbusMap(
    inputs=(
        Register(0, Kind.INT16, "leaving_chilled_water_temperature_degc", 10, slot="plant"),
        Register(1, Kind.INT16, "entering_chilled_water_temperature_degc", 10, slot="plant"),
        Register(2, Kind.UINT16, "chilled_water_flow_lps", 36, slot="plant"),
        Register(3, Kind.UINT16, "chillers_staged", slot="plant"),
        *_chiller(1),
        *_chiller(2),
        *_chiller(3),
        *_chiller(4),
    ),
    holding=(
        Register(0, Kind.INT16, "leaving_chilled_water_temperature_setpoint_degc", 10, slot="plant"),
        Register(1, Kind.UINT16, "chillers_staged_command", slot="plant"),
    ),
)
