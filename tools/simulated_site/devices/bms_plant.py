"""Plant controller: docs/demo_bms_map.md. Floats come low word first; flows in m3/h (3.6 for one L/s), shares in percent."""

from tools.simulated_site.devices.registers import Kind, ModbusMap, Register

CDAB = Kind.FLOAT_LOW_FIRST


def _chiller(slot: str, first: int, on: int, fault: int) -> tuple[Register, ...]:
    return (
        Register(first, CDAB, "leaving_chilled_water_temperature_degc", slot=slot),
        Register(first + 2, CDAB, "entering_chilled_water_temperature_degc", slot=slot),
        Register(first + 4, CDAB, "leaving_condenser_water_temperature_degc", slot=slot),
        Register(first + 6, CDAB, "load_frac", 100, slot=slot),
        Register(on, Kind.UINT16, "on_status", slot=slot),
        Register(fault, Kind.UINT16, "fault_status", slot=slot),
    )


BMS_PLANT = ModbusMap(
    inputs=(
        Register(100, CDAB, "leaving_chilled_water_temperature_degc", slot="plant"),
        Register(102, CDAB, "entering_chilled_water_temperature_degc", slot="plant"),
        Register(104, CDAB, "chilled_water_flow_lps", 3.6, slot="plant"),
        Register(106, CDAB, "condenser_water_flow_lps", 3.6, slot="plant"),
        Register(108, CDAB, "entering_condenser_water_temperature_degc", slot="plant"),
        Register(110, CDAB, "makeup_water_lps", slot="plant"),
        Register(120, CDAB, "heat_exchanger_leaving_temperature_degc", slot="economizer"),
        *_chiller("chiller_1", 130, 202, 204),
        *_chiller("chiller_2", 150, 203, 205),
        Register(170, CDAB, "fan_speed_frac", 100, slot="tower_1"),
        Register(180, CDAB, "fan_speed_frac", 100, slot="tower_2"),
        Register(200, Kind.UINT16, "economizer_mode", slot="plant"),
        Register(201, Kind.UINT16, "chillers_staged", slot="plant"),
    ),
    holding=(
        Register(0, Kind.INT16, "leaving_chilled_water_temperature_setpoint_degc", 10, slot="plant"),
        Register(1, Kind.INT16, "condenser_water_temperature_setpoint_degc", 10, slot="plant"),
        Register(2, Kind.UINT16, "economizer_mode_command", slot="plant"),
        Register(3, Kind.UINT16, "chillers_staged_command", slot="plant"),
    ),
)
