"""Which profile fits a device, by what the device says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from facility.acquire.modbus.identity import MODEL, PRODUCT, PRODUCT_CODE, VENDOR
from facility.errors import ConfigurationError
from facility.profile import Profile, Template, profile_names, read_profile


@dataclass(frozen=True, slots=True)
class Match:
    """The profile that fits best, and others that fit as well."""

    profile: Profile | None = None
    others: tuple[str, ...] = ()


class Recogniser:
    """Knows profiles; templates are left out, for nothing can be polled with them as they are."""

    def __init__(self, profiles: Iterable[Profile]) -> None:
        self._profiles = sorted(profiles, key=lambda profile: profile.profile)

    def snmp(self, sys_object_id: str) -> Match:
        """Return the profile whose sysObjectID, or one above it, is the longest that fits."""
        return self._best("snmp", lambda profile: _shared(profile, sys_object_id))

    def modbus(self, objects: Mapping[int, str]) -> Match:
        """Return the profile whose vendor and product names are found in a unit's identification."""
        return self._best("modbus", lambda profile: _named(profile, objects))

    def _best(self, protocol: str, score: Callable[[Profile], int]) -> Match:
        scores = [(score(profile), profile) for profile in self._profiles if profile.protocol == protocol]
        best = max((each for each, _ in scores), default=0)
        if not best:
            return Match()
        first, *others = (profile for each, profile in scores if each == best)
        return Match(first, tuple(profile.profile for profile in others))


def load_recogniser(folder: Path | None = None) -> Recogniser:
    """Return what knows the profiles that come with facility and those of a folder, which go first.

    Raises
    ------
    ConfigurationError
        If the folder is none, or a profile is wrong.
    """
    if folder is not None and not folder.is_dir():
        raise ConfigurationError(f"{folder}: not a folder; give the one that holds the site's own profiles")
    own = {path.stem for path in folder.glob("*.yaml")} if folder else set()
    found = (read_profile(name, folder) for name in own | set(profile_names()))
    return Recogniser(profile for profile in found if not isinstance(profile, Template))


def _shared(profile: Profile, sys_object_id: str) -> int:
    known = profile.identify.sys_object_id
    return max((len(each) for each in known if f"{sys_object_id}.".startswith(f"{each}.")), default=0)


def _named(profile: Profile, objects: Mapping[int, str]) -> int:
    wanted = profile.identify.modbus
    if wanted is None or wanted.vendor.casefold() not in objects.get(VENDOR, "").casefold():
        return 0
    products = (objects.get(each, "").casefold() for each in (PRODUCT_CODE, PRODUCT, MODEL))
    if not any(wanted.product.casefold() in product for product in products):
        return 0
    return len(wanted.vendor) + len(wanted.product)
