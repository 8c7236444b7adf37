"""What a run was seen to do, minute by minute, as arrays."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from facility.records import FloatArray
from facility.site import Redundancy, Site
from tools.closed_loop.plant import Truth

SWING_MIN = 5  # what a group has to carry is a mean of so many minutes: swings of its own controls the water carries


@dataclass(slots=True, eq=False)
class Observed:
    """The truth of each minute of a run. Rows are minutes; a plant that does not know a thing leaves its columns out."""

    site: Site
    _scalars: list[tuple[float, ...]] = field(default_factory=list)
    _lately: deque[Truth] = field(default_factory=lambda: deque(maxlen=SWING_MIN))
    _arrays: dict[str, list[FloatArray]] = field(
        default_factory=lambda: {
            "inlet_degc": [],
            "dew_point_degc": [],
            "relative_humidity_frac": [],
            "loop_supply_degc": [],
            "economizer_mode": [],
        }
    )

    def __len__(self) -> int:
        return len(self._scalars)

    def add(self, truth: Truth, seconds: float) -> None:
        """Keep the truth at the end of so many seconds, which it stands for."""
        self._lately.append(truth)
        self._scalars.append(
            (
                truth.time.timestamp(),
                seconds,
                truth.facility_kw,
                truth.it_kw,
                truth.cooling_kw,
                sum(abs(truth.power_kw.get(array.id, 0.0)) for array in self.site.photovoltaics),
                truth.work_asked_server_h - truth.work_done_server_h,
                sum(exposed(rule, self._lately) for rule in self.site.redundancy),
            )
        )
        for name, rows in self._arrays.items():
            rows.append(np.array(getattr(truth, name), dtype=float))  # a copy: plants may hand out one array for ever

    def scalars(self) -> tuple[FloatArray, ...]:
        """Return ends [s], seconds, facility, IT, cooling and solar power [kW], unserved [server h], exposed groups."""
        return tuple(np.array(self._scalars, dtype=float).T)

    def array(self, name: str) -> FloatArray:
        """Return a truth's array, one row a minute."""
        return np.array(self._arrays[name], dtype=float)


def exposed(rule: Redundancy, lately: Sequence[Truth]) -> bool:
    """Tell whether losing the largest units that the rule counts as spare leaves less than the load needs.

    The units are those of the last of some truths, the load is the mean of all. A group that the plant does not report is not
    judged.
    """
    group, truth = f"{rule.of}/{rule.group}", lately[-1]
    if group not in truth.units_available_kw or group not in truth.units_needed_kw:
        return False
    left_kw = sum(sorted(truth.units_available_kw[group])[: -rule.spare])
    needed_kw = [one.units_needed_kw[group] for one in lately if group in one.units_needed_kw]
    return left_kw < float(np.mean(needed_kw)) - 1e-6
