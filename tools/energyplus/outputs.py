"""What the engine is asked for, and the values of the mapping's sources from what it answers."""

from __future__ import annotations

from collections.abc import Sequence

from tools.energyplus.engine import Wanted
from tools.energyplus.mapping import EnergyPlusMapping, Output, Source
from tools.energyplus.model import OUTDOOR_ACTUATORS

Answer = Sequence[float]


class Outputs:
    """The outputs that a mapping needs, each asked for once, and where they stand in an answer."""

    def __init__(self, mapping: EnergyPlusMapping) -> None:
        asked = [output for _, source in mapping.sources() for output in source.of]
        variables = dict.fromkeys((one.variable, one.key) for one in asked if one.variable is not None)
        meters = dict.fromkeys(one.meter for one in asked if one.meter is not None)
        self.variables = [(str(name), key) for name, key in variables]
        self.meters = list(meters)
        self._variable_at = {name: place for place, name in enumerate(self.variables)}
        self._meter_at = {name: len(self.variables) + place for place, name in enumerate(self.meters)}

    def wanted(self, mapping: EnergyPlusMapping) -> Wanted:
        """Return all that is set and read: the weather first, then the mapping's actuators in their order."""
        own = [(one.type, one.control, one.key) for _, one in mapping.actuators()]
        return Wanted([*OUTDOOR_ACTUATORS, *own], self.variables, self.meters)

    def place(self, output: Output) -> int:
        """Return where an output stands in the engine's answer."""
        if output.meter is not None:
            return self._meter_at[output.meter]
        return self._variable_at[str(output.variable), output.key]

    def value(self, source: Source, answer: Answer) -> float:
        """Return the value of a source."""
        if source.constant is not None:
            return source.constant
        value = sum(answer[self.place(output)] for output in source.of) * source.scale + source.offset
        return value if source.on_above is None else float(value > source.on_above)
