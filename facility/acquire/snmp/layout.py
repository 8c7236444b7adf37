"""What to ask of agents of one profile, worked out once for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from facility.acquire.decode import Scaling, sentinels
from facility.acquire.requests import SnmpGroup, plan_snmp
from facility.acquire.snmp.pdu import Request, get, get_bulk
from facility.profile import Limits, Place, ProfilePoint
from facility.records import FloatArray


class SnmpQuestion(NamedTuple):
    """One request, and where among the instances its answer belongs."""

    group: SnmpGroup
    request: Request
    at: npt.NDArray[np.intp]


class SnmpSum(NamedTuple):
    """A place that is the sum of instances."""

    at: int
    members: npt.NDArray[np.intp]
    invalid: FloatArray  # sentinels: one of them is no number to add


class SnmpReading:
    """The instances of some places; several may add up to one of them."""

    def __init__(self, places: Sequence[Place], limits: Limits) -> None:
        of_place = [oids(place) for place in places]
        self.instances = {oid: at for at, oid in enumerate(dict.fromkeys(oid for each in of_place for oid in each))}
        self.texts = frozenset(self.instances[str(place.oid)] for place in places if place.type == "string")
        self.sums = tuple(
            SnmpSum(at, np.array([self.instances[oid] for oid in each]), np.array(sorted(_invalid(place))))
            for at, (place, each) in enumerate(zip(places, of_place, strict=True))
            if len(each) > 1
        )
        self.first = np.array([self.instances[each[0]] for each in of_place], np.intp)
        self.questions = tuple(self.question(group) for group in plan_snmp(self.instances, limits))

    def question(self, group: SnmpGroup) -> SnmpQuestion:
        """Return a group of instances as a request."""
        request = get_bulk(group.oids, group.columns) if group.columns else get(group.oids)
        return SnmpQuestion(group, request, np.array([self.instances[oid] for oid in group.oids], np.intp))


class SnmpLayout:
    """The points of a profile, and how groups of them are read; shared by all its devices."""

    def __init__(self, points: Mapping[str, ProfilePoint], limits: Limits) -> None:
        self.points = points
        self.limits = limits
        self._prepared: dict[tuple[str, ...], tuple[Scaling, SnmpReading]] = {}

    def prepared(self, keys: Sequence[str]) -> tuple[Scaling, SnmpReading]:
        """Return the scaling and the instances of some points."""
        asked = tuple(keys)
        if asked not in self._prepared:
            chosen = [self.points[key] for key in asked]
            self._prepared[asked] = (Scaling(chosen), SnmpReading(chosen, self.limits))
        return self._prepared[asked]


def oids(place: Place) -> tuple[str, ...]:
    """Return the instances that make up a place."""
    more = place.plus_oids if isinstance(place, ProfilePoint) else ()
    return (place.oid, *more) if place.oid else ()


def _invalid(place: Place) -> frozenset[float]:
    return sentinels(place) if isinstance(place, ProfilePoint) else frozenset()
