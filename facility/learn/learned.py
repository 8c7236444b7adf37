"""What training found, from the store: rack inlets and corrections as the plant models take them."""

from __future__ import annotations

from facility.errors import ModelError, NotEnoughDataError
from facility.learn.model_store import ModelStore
from facility.learn.twin import Learned
from models.component_power import ComponentPower
from models.plant_model import Correction
from models.rack_inlet import RackInlets
from models.rack_inlet_fit import RackInletModel
from models.serialise import UntrustedModelError, load_model
from models.whole.ahead import AheadModel

SEPARATOR, SUFFIX = "~", ".skops"  # ids hold neither


def artefact_name(*parts: str) -> str:
    """Return the file name of a fitted part: what it is, and of what."""
    return SEPARATOR.join(parts) + SUFFIX


def load_learned(models: ModelStore) -> Learned:
    """Return what the version in service learned; nothing before the first training.

    Raises
    ------
    ModelError
        If a part of it cannot be read, or is not what its name says.
    """
    version = models.serving()
    if version is None:
        return Learned()
    inlets: dict[str, RackInlets] = {}
    corrections: dict[str, dict[str, Correction]] = {}
    for name, data in models.artefacts(version).items():
        match _parts(name), _loaded(version, name, data):
            case ["inlets", hall], RackInletModel() as fitted:
                inlets[hall] = fitted.inlets_
            case ["component", plant, component], ComponentPower() as fitted:
                corrections.setdefault(plant, {})[component] = fitted
            case ["whole", _], AheadModel():
                pass  # no plan needs it; see `load_ahead`
            case _:
                raise ModelError(f"model {version}: {name} is not what its name says; train again")
    whole = models.card(version).get("whole") or {}
    return Learned(inlets, corrections, float(whole.get("other_kw", 0.0)), version)


def load_ahead(models: ModelStore) -> tuple[AheadModel, str]:
    """Return what forecasts the whole site, and the version that it is of.

    Raises
    ------
    NotEnoughDataError
        If no version is in service, or the one that is could not learn the whole.
    ModelError
        If it cannot be read.
    """
    version = models.serving()
    if version is None:
        raise NotEnoughDataError(["models of the site: `facility train` learns them from its history"])
    for name, data in models.artefacts(version).items():
        if _parts(name)[0] == "whole" and isinstance(found := _loaded(version, name, data), AheadModel):
            return found, version
    raise NotEnoughDataError([f"a forecast of the whole in models {version}: its card says why; train again"])


def _parts(name: str) -> list[str]:
    return name.removesuffix(SUFFIX).split(SEPARATOR)


def _loaded(version: str, name: str, data: bytes) -> object:
    try:
        found: object = load_model(data)
    except UntrustedModelError as error:
        raise ModelError(f"model {version}: {name}: {error}; train again") from error
    return found
