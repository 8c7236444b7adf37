"""The one configuration schema: a site, its equipment, devices, prices and limits.

`facility.site_file.load_site` reads it from strict YAML; everything here is frozen. Names end in their unit. Percentages are
fractions. Ids are stable and appear in point ids, so they are lower case, short and never reused.
"""

from facility.site.devices import Device, ModbusAddress, WritablePoint
from facility.site.electrical import Battery, Electrical, LossCurve, Pdu, Photovoltaics, Transformer, Ups
from facility.site.halls import AirLimits, AirsideEconomizer, AllowableAir, Crah, Hall, Humidifier, Rack
from facility.site.heat import HeatBuffer, HeatContract, HeatPump
from facility.site.liquid import Cdu, LiquidLoop
from facility.site.plants import ChilledWaterTank, Chiller, DryCooler, Plant, Pump, Tower, WatersideEconomizer
from facility.site.rules import (
    AbnormalInput,
    Availability,
    Goal,
    HistoryStore,
    JournalStore,
    Planning,
    Redundancy,
    Weights,
)
from facility.site.servers import (
    DeferrableWork,
    FrequencyLevel,
    KeptApart,
    PowerPoint,
    RackServers,
    ServerPool,
    ServiceTier,
)
from facility.site.signal_sources import (
    AnySource,
    CaisoPrices,
    ElectricityMapsCarbon,
    EntsoePrices,
    EpwWeather,
    OpenMeteoWeather,
    PriceSource,
    WattTimeCarbon,
)
from facility.site.signals import Carbon, DemandCharge, EnergyTier, PriceWindow, Tariff, Water, Weather
from facility.site.site import Site
from facility.site.snmp import SnmpAddress, SnmpV3, Traps
from facility.site.tariff_calendar import Holidays, Hours
from facility.site.values import Named, Part, Reversion

__all__ = [
    "AbnormalInput",
    "AirLimits",
    "AirsideEconomizer",
    "AllowableAir",
    "AnySource",
    "Availability",
    "Battery",
    "CaisoPrices",
    "Carbon",
    "Cdu",
    "ChilledWaterTank",
    "Chiller",
    "Crah",
    "DeferrableWork",
    "DemandCharge",
    "Device",
    "DryCooler",
    "Electrical",
    "ElectricityMapsCarbon",
    "EnergyTier",
    "EntsoePrices",
    "EpwWeather",
    "FrequencyLevel",
    "Goal",
    "Hall",
    "HeatBuffer",
    "HeatContract",
    "HeatPump",
    "HistoryStore",
    "Holidays",
    "Hours",
    "Humidifier",
    "JournalStore",
    "KeptApart",
    "LiquidLoop",
    "LossCurve",
    "ModbusAddress",
    "Named",
    "OpenMeteoWeather",
    "Part",
    "Pdu",
    "Photovoltaics",
    "Planning",
    "Plant",
    "PowerPoint",
    "PriceSource",
    "PriceWindow",
    "Pump",
    "Rack",
    "RackServers",
    "Redundancy",
    "Reversion",
    "ServerPool",
    "ServiceTier",
    "Site",
    "SnmpAddress",
    "SnmpV3",
    "Tariff",
    "Tower",
    "Transformer",
    "Traps",
    "Ups",
    "Water",
    "WatersideEconomizer",
    "WattTimeCarbon",
    "Weather",
    "Weights",
    "WritablePoint",
]
