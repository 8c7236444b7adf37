"""Names that a model does not have, said with the line of the mapping that asks for them and the nearest right one."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from facility.errors import ConfigurationError
from facility.faults import refusal
from facility.yaml_file import KeyPath, YamlFile
from tools.energyplus.engine import UnknownNamesError
from tools.energyplus.mapping import EnergyPlusMapping
from tools.energyplus.model import OUTDOOR_ACTUATORS
from tools.energyplus.outputs import Outputs

_WHERE_TO_LOOK = "; docs/energyplus.md says how to list what a model has"


def complaint(
    error: UnknownNamesError, mapping: EnergyPlusMapping, outputs: Outputs, file: YamlFile
) -> ConfigurationError:
    """Return what to tell whoever wrote the mapping."""
    faults: list[tuple[KeyPath, str]] = []
    own = list(mapping.actuators())
    known = [one[1:] for one in error.known if one[0] == "Actuator"]
    for place in error.actuators:
        if place < len(OUTDOOR_ACTUATORS):
            faults.append((("model",), "the engine has no weather actuators"))
            continue
        where, actuator = own[place - len(OUTDOOR_ACTUATORS)]
        near = _nearest(
            (actuator.type, actuator.control, actuator.key), [(kind, name, key) for name, key, kind in known]
        )
        faults.append((where, f"the model has no such actuator{near}{_WHERE_TO_LOOK}"))
    for where, source in mapping.sources():
        for number, output in enumerate(source.of):
            if outputs.place(output) in error.outputs:
                names = [(one[1], one[2]) for one in error.known if one[0] == "OutputVariable"]
                near = _nearest((str(output.variable), output.key), names) if output.variable else ""
                faults.append(((*where, "of", number), f"the model has no such output{near}{_WHERE_TO_LOOK}"))
    return refusal(file, faults)


def _nearest(asked: Sequence[str], known: Sequence[Sequence[str]]) -> str:
    by_text = {", ".join(one).casefold(): ", ".join(one) for one in known}
    near = difflib.get_close_matches(", ".join(asked).casefold(), by_text, n=1)
    return f"; did you mean {by_text[near[0]]!r}?" if near else ""
