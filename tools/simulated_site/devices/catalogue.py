"""Which map serves which device model, by the name that the site file uses."""

from tools.simulated_site.devices.apc_rpdu2 import APC_RPDU2
from tools.simulated_site.devices.bms_cdu import BMS_CDU
from tools.simulated_site.devices.bms_crah import BMS_CRAH
from tools.simulated_site.devices.bms_hall import BMS_ALARMS, BMS_ECONOMIZER
from tools.simulated_site.devices.bms_heat import BMS_DRY_COOLER, BMS_HEAT_PUMP, BMS_TANK
from tools.simulated_site.devices.bms_plant import BMS_PLANT
from tools.simulated_site.devices.bms_plant_air import BMS_PLANT_AIR
from tools.simulated_site.devices.bms_small import BMS_BATTERY, BMS_PV, BMS_WEATHER, BMS_WORKLOAD
from tools.simulated_site.devices.registers import ModbusMap
from tools.simulated_site.devices.rfc1628_ups import RFC1628_UPS
from tools.simulated_site.devices.sdm630 import SDM630
from tools.simulated_site.devices.varbinds import SnmpMap

MODBUS_DEVICES: dict[str, ModbusMap] = {
    "bms_alarms": BMS_ALARMS,
    "bms_battery": BMS_BATTERY,
    "bms_cdu": BMS_CDU,
    "bms_crah": BMS_CRAH,
    "bms_dry_cooler": BMS_DRY_COOLER,
    "bms_economizer": BMS_ECONOMIZER,
    "bms_heat_pump": BMS_HEAT_PUMP,
    "bms_plant": BMS_PLANT,
    "bms_plant_air": BMS_PLANT_AIR,
    "bms_pv": BMS_PV,
    "bms_tank": BMS_TANK,
    "bms_weather": BMS_WEATHER,
    "bms_workload": BMS_WORKLOAD,
    "eastron_sdm630": SDM630,
}
SNMP_DEVICES: dict[str, SnmpMap] = {"apc_rpdu2": APC_RPDU2, "rfc1628_ups": RFC1628_UPS}
