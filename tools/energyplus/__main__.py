"""`python -m tools.energyplus MODEL [WORD ...]`: what a mapping file can name in a model, as it is written there."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from facility.errors import ConfigurationError
from tools.energyplus.engine import EngineError
from tools.energyplus.listing import look_up
from tools.energyplus.model import find_file, package_folder, read_model
from tools.energyplus.names import Names


def main(arguments: Sequence[str] | None = None) -> None:
    """List the names that hold all of the words."""
    parser = argparse.ArgumentParser(prog="python -m tools.energyplus", description=__doc__)
    parser.add_argument("model", help="an epJSON or IDF file; found as a mapping's model is")
    parser.add_argument("words", nargs="*", metavar="WORD", help="list only names with all of these words")
    given = parser.parse_args(arguments)
    try:
        model = read_model(find_file(given.model, Path.cwd() / "mapping", "model"))
        names = look_up(model, next((package_folder() / "data" / "weather").glob("*.epw")))
    except (ConfigurationError, EngineError) as error:
        parser.exit(2, f"{error}\n")
    words = [word.casefold() for word in given.words]
    for line in lines(names):
        if all(word in line.casefold() for word in words):
            print(line)


def lines(names: Names) -> Iterator[str]:
    """Yield what a mapping can name: actuators, output variables, meters."""
    for kind, control, key in sorted(names.actuators):
        yield f"- {_flow(type=kind, control=control, key=key)}"
    units = {name.casefold(): unit for name, unit in names.variables.items()}
    for name, key in sorted(set(names.keyed)):
        yield f"- {_flow(variable=name, key=key)} # {units.get(name.casefold(), 'of the engine')}"
    for meter in sorted(names.meters):
        yield f"- {_flow(meter=meter)} # of a time step [J; m3 for water]"


def _flow(**fields: str) -> str:
    return "{ " + ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()) + " }"


if __name__ == "__main__":
    main()
