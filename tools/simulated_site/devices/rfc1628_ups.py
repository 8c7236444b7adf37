"""UPS-MIB, RFC 1628, at 1.3.6.1.2.1.33.1: three lines share the power; watts, tenths of amperes and hertz, percent."""

from tools.simulated_site.devices.varbinds import Oid, SnmpMap, Varbind

UPS: Oid = (1, 3, 6, 1, 2, 1, 33, 1)
LINES = (1, 2, 3)

RFC1628_UPS = SnmpMap(
    fixed=(
        ((1, 3, 6, 1, 2, 1, 1, 1, 0), "UPS network card (simulated)"),
        ((*UPS, 3, 2, 0), 3),  # input lines
        ((*UPS, 4, 3, 0), 3),  # output lines
    ),
    measured=(
        Varbind((*UPS, 2, 1, 0), "battery_status"),
        Varbind((*UPS, 2, 2, 0), "time_on_battery_min", 60),  # in seconds
        Varbind((*UPS, 2, 3, 0), "runtime_remaining_min"),
        Varbind((*UPS, 2, 4, 0), "state_of_charge_frac", 100),
        Varbind((*UPS, 2, 7, 0), "battery_temperature_degc"),
        *(Varbind((*UPS, 3, 3, 1, 5, line), "input_power_kw", 1000, 1 / 3) for line in LINES),
        Varbind((*UPS, 4, 1, 0), "output_source"),
        Varbind((*UPS, 4, 2, 0), "frequency_hz", 10),
        *(Varbind((*UPS, 4, 4, 1, 2, line), f"voltage_l{line}_v") for line in LINES),
        *(Varbind((*UPS, 4, 4, 1, 3, line), f"current_l{line}_a", 10) for line in LINES),
        *(Varbind((*UPS, 4, 4, 1, 4, line), "output_power_kw", 1000, 1 / 3) for line in LINES),
        *(Varbind((*UPS, 4, 4, 1, 5, line), "load_frac", 100) for line in LINES),
        Varbind((*UPS, 6, 1, 0), "alarms_present"),
    ),
)
