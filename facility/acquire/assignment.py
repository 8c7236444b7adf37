"""Which coordinator a site's devices need, and when one may stay as it is."""

from __future__ import annotations

from dataclasses import dataclass

from facility.acquire.clock_watch import ClockWatch
from facility.acquire.coordinator import Coordinator
from facility.acquire.factory import ClientFactory
from facility.acquire.poll_group import poll_groups
from facility.points import Point
from facility.profile import Profile
from facility.site import Device
from facility.site_file import LoadedSite


@dataclass(frozen=True, slots=True)
class Assignment:
    """All that a coordinator's work follows from; while it stays equal there is nothing to restart."""

    device: Device
    profile: Profile
    points: tuple[Point, ...]


def assignments(loaded: LoadedSite) -> tuple[Assignment, ...]:
    """Return what there is to poll: devices that deliver at least one point."""
    found = ((device, loaded.points.of_device(device.id)) for device in loaded.site.devices)
    return tuple(Assignment(device, loaded.profile_of(device), points) for device, points in found if points)


def coordinator(assignment: Assignment, factory: ClientFactory, watch: ClockWatch) -> Coordinator:
    """Return the coordinator of a device.

    Raises
    ------
    ConfigurationError
        If the profile's limits do not let one of its points be read.
    """
    client = factory.client(assignment.device, assignment.profile)
    specs = [assignment.profile.points[point.key] for point in assignment.points]
    return Coordinator(assignment.device.id, poll_groups(assignment.points, specs, client), client, watch)
