"""Names that a model does not have, said with the line of the mapping that asks for them and the nearest right one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence

from facility.errors import ConfigurationError
from facility.faults import refusal
from facility.yaml_file import KeyPath, YamlFile
from tools.energyplus.engine import UnknownNamesError
from tools.energyplus.mapping import EnergyPlusMapping, Output
from tools.energyplus.model import OUTDOOR_ACTUATORS
from tools.energyplus.names import Names
from tools.energyplus.outputs import Outputs


def complaint(
    error: UnknownNamesError, names: Names, mapping: EnergyPlusMapping, outputs: Outputs, file: YamlFile
) -> ConfigurationError:
    """Return what to tell whoever wrote the mapping; `names` has all that the model has."""
    faults = [*_actuator_faults(error, names, mapping), *_output_faults(error, names, mapping, outputs)]
    return refusal(
        file, [(where, f"{words}; python -m tools.energyplus lists what there is") for where, words in faults]
    )


def _actuator_faults(
    error: UnknownNamesError, names: Names, mapping: EnergyPlusMapping
) -> Iterator[tuple[KeyPath, str]]:
    own = list(mapping.actuators())
    for place in error.actuators:
        if place < len(OUTDOOR_ACTUATORS):
            yield ("model",), f"the engine lets nobody set {OUTDOOR_ACTUATORS[place][1]}"
            continue
        where, actuator = own[place - len(OUTDOOR_ACTUATORS)]
        near = _nearest((actuator.type, actuator.control, actuator.key), names.actuators)
        yield where, f"the model has no such actuator{near}"


def _output_faults(
    error: UnknownNamesError, names: Names, mapping: EnergyPlusMapping, outputs: Outputs
) -> Iterator[tuple[KeyPath, str]]:
    for where, source in mapping.sources():
        for number, output in enumerate(source.of):
            if outputs.place(output) in error.outputs:
                yield (*where, "of", number), f"the model has no such output{_nearest_output(output, names)}"


def _nearest_output(output: Output, names: Names) -> str:
    if output.meter is not None:
        return _nearest((output.meter,), [(meter,) for meter in names.meters])
    keys = [(key,) for name, key in names.keyed if name.casefold() == str(output.variable).casefold()]
    if keys:
        return _nearest((output.key,), keys) or f"; its keys are {', '.join(key for (key,) in keys[:10])}"
    return _nearest((str(output.variable), output.key), names.keyed)


def _nearest(asked: Sequence[str], known: Iterable[Sequence[str]]) -> str:
    by_text = {", ".join(one).casefold(): ", ".join(one) for one in known}
    near = difflib.get_close_matches(", ".join(asked).casefold(), by_text, n=1)
    return f"; did you mean {by_text[near[0]]!r}?" if near else ""
