"""What must move when a reading should: its neighbours, what drives it, or what a meter derives from the same lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from facility.points import Point
from facility.site import Site
from facility.site_file import LoadedSite
from facility.trust.electrical import meters_of

LEAST_PEERS = 3


@dataclass(frozen=True, slots=True)
class Peers:
    """Points that move together: one at rest while most others swing by `swing` (in their unit) is stuck."""

    points: tuple[str, ...]
    swing: float
    unit: str
    of: str


@dataclass(frozen=True, slots=True)
class Driven:
    """A point that follows a setpoint, unless its machine is off: one that stays where the setpoint has left is stuck."""

    point: str
    setpoint: str
    running: str | None
    moved: float
    unit: str


@dataclass(frozen=True, slots=True)
class Caused:
    """A point that cannot rest while another on the same machine swings by a share of its mean, and by so much in its unit."""

    point: str
    cause: str
    share: float
    swing: float


PEER_SWINGS = {  # of all racks or CRAHs of a hall: what the others must have moved by
    "inlet_temperature_degc": (1.0, "K"),
    "inlet_relative_humidity_frac": (0.06, "of saturation"),
    "return_air_temperature_degc": (1.5, "K"),
    "return_air_relative_humidity_frac": (0.06, "of saturation"),
}
FOLLOWS = {  # (quantity, its setpoint): what the setpoint must have moved by
    ("supply_air_temperature_degc", "supply_air_temperature_setpoint_degc"): (1.5, "K"),
    ("secondary_supply_temperature_degc", "secondary_supply_temperature_setpoint_degc"): (1.5, "K"),
    ("leaving_chilled_water_temperature_degc", "leaving_chilled_water_temperature_setpoint_degc"): (1.5, "K"),
}
CAUSES = {  # (quantity, what moves it on the same machine): the share of its mean by which that must have swung
    ("fan_power_kw", "fan_speed_frac"): 0.15,
    ("fan_speed_frac", "fan_power_kw"): 0.3,
    ("pump_power_kw", "secondary_flow_lps"): 0.15,
    ("secondary_flow_lps", "pump_power_kw"): 0.3,
    ("output_power_kw", "input_power_kw"): 0.05,
    ("input_power_kw", "output_power_kw"): 0.05,
}
WEATHER_SWINGS_K = {  # the same for temperatures: a share of degC is a fifth of a kelvin in winter, and six in the tropics
    ("outdoor_temperature_degc", "outdoor_wet_bulb_degc"): 2.0,
    ("outdoor_wet_bulb_degc", "outdoor_temperature_degc"): 3.0,
    ("outdoor_relative_humidity_frac", "outdoor_temperature_degc"): 3.0,
}
LEAST_CAUSE = 0.1  # a mean below it has no share that counts
VOLTAGE_SWING_V = 3.0


def peers(loaded: LoadedSite) -> Iterator[Peers]:
    """Yield the groups of a site whose points move together."""
    halls = equipment_by_hall(loaded.site)
    for quantity, (swing, unit) in PEER_SWINGS.items():
        for hall, equipment in halls.items():
            yield from _enough(_points(loaded, equipment, quantity), swing, unit, hall)
    for line in (1, 2, 3):
        volts = tuple(
            meter.voltages[line]
            for meter in meters_of(loaded)
            if line in meter.voltages and meter.equipment != loaded.site.electrical.ups.id  # a UPS holds its own
        )
        yield from _enough(volts, VOLTAGE_SWING_V, "V", f"line {line}")


def driven(loaded: LoadedSite) -> Iterator[Driven]:
    """Yield the points that follow a setpoint."""
    for (quantity, setpoint), (moved, unit) in FOLLOWS.items():
        for point in _of_quantity(loaded, quantity):
            wanted = loaded.points.one(point.equipment, setpoint)
            if wanted is not None:
                running = loaded.points.one(point.equipment, "on_status")
                yield Driven(point.id, wanted.id, None if running is None else running.id, moved, unit)


def caused(loaded: LoadedSite) -> Iterator[Caused]:
    """Yield the points that another on the same machine moves."""
    needed = {pair: (share, share * LEAST_CAUSE) for pair, share in CAUSES.items()}
    needed |= {pair: (0.0, swing_k) for pair, swing_k in WEATHER_SWINGS_K.items()}
    for (quantity, cause), (share, swing) in needed.items():
        for point in _of_quantity(loaded, quantity):
            mover = loaded.points.one(point.equipment, cause)
            if mover is not None:
                yield Caused(point.id, mover.id, share, swing)


def equipment_by_hall(site: Site) -> dict[str, list[str]]:
    """Return racks and CRAHs of each hall."""
    found = {hall.id: [rack.id for rack in hall.racks] for hall in site.halls}
    for crah in site.crahs:
        found[crah.hall].append(crah.id)
    return found


def _enough(points: tuple[str, ...], swing: float, unit: str, of: str) -> Iterator[Peers]:
    if len(points) > LEAST_PEERS:
        yield Peers(points, swing, unit, of)


def _points(loaded: LoadedSite, equipment: list[str], quantity: str) -> tuple[str, ...]:
    return tuple(point.id for one in equipment for point in loaded.points.of(one, quantity))


def _of_quantity(loaded: LoadedSite, quantity: str) -> Iterator[Point]:
    return (point for point in loaded.points if point.quantity == quantity)
