"""APC rack PDU 2G: PowerNet-MIB 4.5.2, rPDU2 at 1.3.6.1.4.1.318.1.1.26; power in 0.01 kW, energy in 0.1 kWh, volts whole."""

from tools.simulated_site.devices.varbinds import Oid, SnmpMap, Varbind

RPDU2: Oid = (1, 3, 6, 1, 4, 1, 318, 1, 1, 26)
DEVICE: Oid = (*RPDU2, 4, 3, 1)
PHASE: Oid = (*RPDU2, 6, 3, 1)
PROBE: Oid = (*RPDU2, 10, 2, 2, 1)

APC_RPDU2 = SnmpMap(
    fixed=(
        ((1, 3, 6, 1, 2, 1, 1, 1, 0), "APC Web/SNMP Management Card (simulated), AP8886"),
        ((*RPDU2, 2, 1, 8, 1), "AP8886"),
    ),
    measured=(
        Varbind((*DEVICE, 4, 1), "load_state"),
        Varbind((*DEVICE, 5, 1), "power_kw", 100),
        Varbind((*DEVICE, 9, 1), "energy_kwh", 10),
        Varbind((*DEVICE, 16, 1), "apparent_power_kva", 100),
        Varbind((*DEVICE, 17, 1), "power_factor", 100),
        *(Varbind((*PHASE, 5, phase), f"current_l{phase}_a", 10) for phase in (1, 2, 3)),
        *(Varbind((*PHASE, 6, phase), f"voltage_l{phase}_v") for phase in (1, 2, 3)),
        Varbind((*PROBE, 8, 1), "inlet_temperature_degc", 10),
        Varbind((*PROBE, 10, 1), "inlet_relative_humidity_frac", 100),
    ),
)
