"""Device profiles: how one device model encodes its points. Data in `facility/acquire/profiles/*.yaml`, checked here.

A profile point's key is a quantity of `facility.points.QUANTITIES`, or names one with `quantity:`. A device that measures
several pieces of equipment (a BMS gateway, say) gives each point a `slot`, which the site file maps to equipment. What a device
has many of (outlets, probes) stands in `tables`; the site file says which rows are there.
"""

from facility.profile.library import load_profile, profile_names, profile_text, read_profile
from facility.profile.limits import Limits
from facility.profile.place import ModbusTable, NumberType, Place
from facility.profile.point import ProfilePoint, ScaleFrom, UnitFrom
from facility.profile.profile import Identify, Profile
from facility.profile.table import ProfileTable
from facility.profile.template import FILL_IN, Template

__all__ = [
    "FILL_IN",
    "Identify",
    "Limits",
    "ModbusTable",
    "NumberType",
    "Place",
    "Profile",
    "ProfilePoint",
    "ProfileTable",
    "ScaleFrom",
    "Template",
    "UnitFrom",
    "load_profile",
    "profile_names",
    "profile_text",
    "read_profile",
]
