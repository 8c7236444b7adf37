"""All that a model has: asked of the engine, which starts for it and stops at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from tools.energyplus.engine import Engine, UnknownNamesError, Wanted
from tools.energyplus.model import Model, prepared
from tools.energyplus.names import ANY, Names

_NO_ACTUATOR = [("", "", "")]  # what no model has: the engine answers with all that it has


def look_up(model: Model, weather: Path) -> Names:
    """Return a model's actuators, meters, and output variables with all their keys.

    Raises
    ------
    EngineError
        If the model does not run; with its log's severe messages.
    """
    model = prepared(model, date(2023, 1, 1), days=1, steps_per_hour=4, warm_up_days=1)
    without_keys = _asked(model, weather, [])
    return _asked(model, weather, [(name, ANY) for name in without_keys.variables])


def _asked(model: Model, weather: Path, variables: list[tuple[str, str]]) -> Names:
    engine = Engine(model, weather, Wanted(_NO_ACTUATOR, variables, []), [[None]])
    try:
        engine.advance([None])
    except UnknownNamesError as error:
        return error.names
    finally:
        engine.close()
    raise AssertionError("the model has an actuator without a name")
