"""Read a site file: strict YAML, repeated parts expanded, errors that name file, line, key and the fix."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from facility.errors import ConfigurationError
from facility.faults import refusal, validated
from facility.points import PointIndex
from facility.profile import Profile, load_profile
from facility.site import Device, Site
from facility.site_file.device_points import site_points
from facility.site_file.for_each import expand
from facility.site_file.references import reference_faults
from facility.yaml_file import KeyPath, read_yaml


@dataclass(frozen=True, slots=True, eq=False)
class LoadedSite:
    """A valid site with what follows from it: its points, profiles and revision."""

    site: Site
    points: PointIndex
    profiles: dict[str, Profile]
    revision: str
    path: Path

    def profile_of(self, device: Device) -> Profile:
        """Return a device's profile, with the rows of its tables that the site names."""
        return self.profiles[device.profile].with_rows(device.rows)


def load_site(path: Path) -> LoadedSite:
    """Read, expand and validate a site file.

    Raises
    ------
    ConfigurationError
        With every fault found: `file:line: key: what is wrong; expected; nearest right key`.
    """
    file = expand(read_yaml(path))
    site = validated(file, Site)
    faults = list(reference_faults(site, path.parent))
    profiles, profile_faults = _profiles(site, path.parent)
    faults += profile_faults
    if not faults:
        points, faults = site_points(site, profiles)
    if faults:
        raise refusal(file, faults)
    return LoadedSite(site, PointIndex(points), profiles, _revision(site, profiles), path)


def _profiles(site: Site, folder: Path) -> tuple[dict[str, Profile], list[tuple[KeyPath, str]]]:
    own = folder / site.profile_folder if site.profile_folder else None
    profiles: dict[str, Profile] = {}
    faults: list[tuple[KeyPath, str]] = []
    for index, device in enumerate(site.devices):
        if device.profile in profiles:
            continue
        try:
            profiles[device.profile] = load_profile(device.profile, own)
        except ConfigurationError as error:
            faults.append((("devices", index, "profile"), str(error)))
    return profiles, faults


def _revision(site: Site, profiles: dict[str, Profile]) -> str:
    content = {
        "site": site.model_dump(mode="json", by_alias=True),
        "profiles": {name: profile.model_dump(mode="json") for name, profile in sorted(profiles.items())},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
