"""Points: what is measured or set on which equipment, in which unit.

A point id is `equipment.quantity` (`crah-1.supply_air_temperature_degc`), or `equipment.tag.quantity` where several devices
measure the same (two feeds of a rack). Ids stay when a device is replaced or a display name changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from facility.errors import UnknownPointError


@dataclass(frozen=True, slots=True)
class Quantity:
    """A kind of measurement or setting: its Brick class and canonical unit. `*` marks our extension of Brick."""

    key: str
    brick: str
    unit: str


def _table(rows: str) -> dict[str, Quantity]:
    split = (line.split() for line in rows.strip().splitlines())
    return {key: Quantity(key, brick, unit) for key, brick, unit in split}


QUANTITIES = _table("""
power_kw                                    Electric_Power_Sensor                               kW
it_power_kw                                 Electric_Power_Sensor                               kW
input_power_kw                              Electric_Power_Sensor                               kW
output_power_kw                             Electric_Power_Sensor                               kW
energy_kwh                                  Electric_Energy_Sensor                              kWh
apparent_power_kva                          Apparent_Power_Sensor*                              kVA
power_factor                                Power_Factor_Sensor                                 frac
current_l1_a                                Current_Sensor                                      A
current_l2_a                                Current_Sensor                                      A
current_l3_a                                Current_Sensor                                      A
voltage_l1_v                                Voltage_Sensor                                      V
voltage_l2_v                                Voltage_Sensor                                      V
voltage_l3_v                                Voltage_Sensor                                      V
frequency_hz                                Frequency_Sensor                                    Hz
load_state                                  Load_Status*                                        enum
phase_power_kw                              Electric_Power_Sensor                               kW
phase_power_factor                          Power_Factor_Sensor                                 frac
phase_load_frac                             Load_Sensor*                                        frac
bank_current_a                              Current_Sensor                                      A
outlet_power_kw                             Electric_Power_Sensor                               kW
outlet_current_a                            Current_Sensor                                      A
outlet_energy_kwh                           Electric_Energy_Sensor                              kWh
outlet_status                               On_Off_Status                                       enum
inlet_temperature_degc                      Air_Temperature_Sensor                              degC
inlet_relative_humidity_frac                Relative_Humidity_Sensor                            frac
probe_temperature_degc                      Air_Temperature_Sensor                              degC
probe_relative_humidity_frac                Relative_Humidity_Sensor                            frac
supply_air_temperature_degc                 Supply_Air_Temperature_Sensor                       degC
return_air_temperature_degc                 Return_Air_Temperature_Sensor                       degC
return_air_relative_humidity_frac           Return_Air_Humidity_Sensor                          frac
supply_air_temperature_setpoint_degc        Supply_Air_Temperature_Setpoint                     degC
fan_speed_frac                              Fan_Speed_Sensor*                                   frac
fan_speed_setpoint_frac                     Fan_Speed_Setpoint*                                 frac
fan_power_kw                                Electric_Power_Sensor                               kW
pump_power_kw                               Electric_Power_Sensor                               kW
pump_speed_frac                             Pump_Speed_Sensor*                                  frac
valve_position_frac                         Valve_Position_Sensor                               frac
cooling_capacity_frac                       Cooling_Capacity_Status*                            frac
compressor_capacity_frac                    Compressor_Capacity_Status*                         frac
coil_entering_water_temperature_degc        Entering_Chilled_Water_Temperature_Sensor           degC
operating_state                             Operating_State_Status*                             enum
on_status                                   On_Off_Status                                       enum
fault_status                                Fault_Status                                        enum
alarms_present                              Alarms_Present_Status*                              count
primary_supply_temperature_degc             Supply_Water_Temperature_Sensor                     degC
primary_return_temperature_degc             Return_Water_Temperature_Sensor                     degC
secondary_supply_temperature_degc           Supply_Water_Temperature_Sensor                     degC
secondary_return_temperature_degc           Return_Water_Temperature_Sensor                     degC
secondary_supply_temperature_setpoint_degc  Supply_Water_Temperature_Setpoint                   degC
secondary_flow_lps                          Water_Flow_Sensor                                   L/s
secondary_flow_setpoint_lps                 Water_Flow_Setpoint                                 L/s
secondary_differential_pressure_kpa         Differential_Pressure_Sensor                        kPa
leaving_chilled_water_temperature_degc      Leaving_Chilled_Water_Temperature_Sensor            degC
entering_chilled_water_temperature_degc     Entering_Chilled_Water_Temperature_Sensor           degC
leaving_chilled_water_temperature_setpoint_degc Leaving_Chilled_Water_Temperature_Setpoint      degC
active_chilled_water_temperature_setpoint_degc Leaving_Chilled_Water_Temperature_Setpoint       degC
demand_limit_frac                           Demand_Limit_Setpoint*                              frac
chilled_water_flow_lps                      Chilled_Water_Flow_Sensor                           L/s
condenser_water_flow_lps                    Condenser_Water_Flow_Sensor*                        L/s
entering_condenser_water_temperature_degc   Entering_Condenser_Water_Temperature_Sensor         degC
leaving_condenser_water_temperature_degc    Leaving_Condenser_Water_Temperature_Sensor          degC
condenser_water_temperature_setpoint_degc   Entering_Condenser_Water_Temperature_Setpoint       degC
economizer_mode                             Mode_Status                                         enum
economizer_mode_command                     Mode_Command                                        enum
chillers_staged                             Stages_Status                                       count
chillers_staged_command                     Stages_Command*                                     count
heat_exchanger_leaving_temperature_degc     Leaving_Water_Temperature_Sensor                    degC
makeup_water_lps                            Water_Flow_Sensor                                   L/s
outdoor_temperature_degc                    Outside_Air_Temperature_Sensor                      degC
outdoor_relative_humidity_frac              Outside_Air_Humidity_Sensor                         frac
outdoor_wet_bulb_degc                       Outside_Air_Wet_Bulb_Temperature_Sensor             degC
state_of_charge_frac                        State_Of_Charge_Sensor*                             frac
charge_power_kw                             Electric_Power_Sensor                               kW
charge_power_setpoint_kw                    Electric_Power_Setpoint*                            kW
power_limit_setpoint_kw                     Electric_Power_Setpoint*                            kW
battery_status                              Battery_Status*                                     enum
runtime_remaining_min                       Runtime_Remaining_Sensor*                           min
time_on_battery_min                         Time_On_Battery_Sensor*                             min
output_source                               UPS_Output_Source_Status*                           enum
load_frac                                   Load_Sensor*                                        frac
battery_temperature_degc                    Temperature_Sensor                                  degC
awake_servers                               Awake_Servers_Status*                               count
awake_servers_command                       Awake_Servers_Command*                              count
level_2_servers                             Awake_Servers_Status*                               count
level_3_servers                             Awake_Servers_Status*                               count
level_4_servers                             Awake_Servers_Status*                               count
level_2_servers_command                     Awake_Servers_Command*                              count
level_3_servers_command                     Awake_Servers_Command*                              count
level_4_servers_command                     Awake_Servers_Command*                              count
utilisation_frac                            Utilisation_Sensor*                                 frac
deferrable_backlog_kwh                      Deferrable_Work_Sensor*                             kWh
deferrable_power_kw                         Electric_Power_Sensor                               kW
deferrable_power_command_kw                 Electric_Power_Setpoint*                            kW
outdoor_air_damper_frac                     Damper_Position_Sensor                              frac
mixed_air_temperature_degc                  Mixed_Air_Temperature_Sensor                        degC
adiabatic_status                            On_Off_Status                                       enum
adiabatic_enable_command                    Enable_Command                                      enum
heat_output_kw                              Thermal_Power_Sensor                                kW
heat_output_setpoint_kw                     Thermal_Power_Setpoint*                             kW
source_heat_kw                              Thermal_Power_Sensor                                kW
source_leaving_temperature_degc             Leaving_Water_Temperature_Sensor                    degC
sink_leaving_temperature_degc               Leaving_Hot_Water_Temperature_Sensor                degC
heat_demand_kw                              Thermal_Power_Sensor                                kW
tank_top_temperature_degc                   Water_Temperature_Sensor                            degC
tank_bottom_temperature_degc                Water_Temperature_Sensor                            degC
utility_status                              Utility_Status*                                     enum
generator_status                            Generator_Status*                                   enum
smoke_status                                Smoke_Alarm                                         enum
leak_status                                 Leak_Alarm                                          enum
""")


@dataclass(frozen=True, slots=True)
class Writable:
    """What an engineer allowed for a point, in its canonical unit."""

    low: float
    high: float
    max_step: float | None
    min_interval_s: float
    reversion: str  # device | bms | none
    deadband: float = 0.0  # a smaller change is not sent
    writes_per_day: int | None = None  # None: as the profile's `volatile` allows


@dataclass(frozen=True, slots=True)
class Point:
    """One measured or set value of one piece of equipment."""

    id: str
    source: str  # display name of its device, and which of the device's rows
    equipment: str
    quantity: str
    brick: str
    unit: str
    device: str
    key: str  # the point's key in the device's profile
    interval_s: float
    low: float  # outside [low, high] a reading is physically impossible: out of range
    high: float
    writable: Writable | None = None

    @property
    def name(self) -> str:
        """Display name."""
        return f"{self.source} {self.quantity.replace('_', ' ')}"


class PointIndex:
    """The points of a site, by id, by equipment and quantity, and by device."""

    def __init__(self, points: Iterable[Point]) -> None:
        self._by_id = {point.id: point for point in points}
        self._by_device: dict[str, list[Point]] = {}
        for point in self._by_id.values():
            self._by_device.setdefault(point.device, []).append(point)

    @cached_property
    def _by_quantity(self) -> dict[tuple[str, str], list[Point]]:  # polling does without, and it is large
        found: dict[tuple[str, str], list[Point]] = {}
        for point in self._by_id.values():
            found.setdefault((point.equipment, point.quantity), []).append(point)
        return found

    def __iter__(self) -> Iterator[Point]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, point_id: str) -> bool:
        return point_id in self._by_id

    def __getitem__(self, point_id: str) -> Point:
        try:
            return self._by_id[point_id]
        except KeyError:
            raise UnknownPointError(f"no point {point_id!r}; `facility check SITE` lists them") from None

    def of(self, equipment: str, quantity: str) -> tuple[Point, ...]:
        """Return the points that measure a quantity of a piece of equipment; several where it has several feeds."""
        return tuple(self._by_quantity.get((equipment, quantity), ()))

    def one(self, equipment: str, quantity: str) -> Point | None:
        """Return the first point that measures a quantity of a piece of equipment, if any."""
        found = self.of(equipment, quantity)
        return found[0] if found else None

    def max_steps(self) -> dict[str, float]:
        """Return by how much one write may change the points for which the site says so."""
        rules = ((point.id, point.writable) for point in self)
        return {name: rule.max_step for name, rule in rules if rule is not None and rule.max_step is not None}

    def of_device(self, device: str) -> tuple[Point, ...]:
        """Return the points that a device delivers."""
        return tuple(self._by_device.get(device, ()))
