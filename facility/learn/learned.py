"""What training found, from the store: rack inlets and corrections as the plant models take them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from facility.errors import ModelError, NotEnoughDataError
from facility.learn.equipment import changed_since, equipment_of
from facility.learn.model_store import MENDED, ModelStore
from facility.learn.twin import Learned
from facility.log import get_logger
from facility.site import Site
from models.coil_fit import CoilFit
from models.component_power import ComponentPower
from models.evidence import FittedPart
from models.liquid_share import LiquidShare
from models.plant_model import Correction
from models.rack_inlet import RackInlets
from models.rack_inlet_fit import RackInletModel
from models.serialise import UntrustedModelError, load_model
from models.server_fans_fit import ServerFansFit
from models.servers import ServerFans
from models.whole.ahead import AheadModel

SEPARATOR, SUFFIX = "~", ".skops"  # ids hold neither
# What is not here is a component of a plant.
_OF_AN_OWNER = {
    "rack_inlets": "inlets",
    "server_fans": "fans",
    "coils": "coils",
    "liquid_share": "liquid",
    "whole": "whole",
}
_KINDS = {
    "inlets": RackInletModel,
    "fans": ServerFansFit,
    "coils": CoilFit,
    "liquid": LiquidShare,
    "component": ComponentPower,
    "whole": AheadModel,
}
_KEPT = 64  # parts: those of some versions, which are asked for hour by hour
_log = get_logger(__name__)


def artefact_name(*parts: str) -> str:
    """Return the file name of a fitted part: what it is, and of what."""
    return SEPARATOR.join(parts) + SUFFIX


def artefact_of(part: str) -> str:
    """Return the file name of a part that a card names, such as `hall-1.rack_inlets` or `plant-1.chiller`."""
    owner, _, component = part.partition(".")
    if component in _OF_AN_OWNER:
        return artefact_name(_OF_AN_OWNER[component], owner)
    return artefact_name("component", owner, component)


def load_learned(models: ModelStore, site: Site) -> Learned:
    """Return what the version in service learned; nothing before the first training.

    A part whose equipment has changed since is left out, and the log says so: its nameplate answers until the next training.

    Raises
    ------
    ModelError
        If a part of it cannot be read, or is not what its name says.
    """
    version = models.serving()
    if version is None:
        return Learned()
    card = models.card(version)
    inlets: dict[str, RackInlets] = {}
    fans: dict[str, ServerFans] = {}
    corrections: dict[str, dict[str, Correction]] = {}
    coils: dict[str, CoilFit] = {}
    liquid_frac: dict[str, float] = {}
    for part, fitted in fitted_parts(models, version):
        if (why := out_of_date(card, part, site)) is not None:
            _log.warning("part of the models left out", version=version, part=part, reason=why)
            continue
        owner, _, component = part.partition(".")
        if isinstance(fitted, RackInletModel):
            inlets[owner] = fitted.inlets_
        elif isinstance(fitted, ServerFansFit):
            fans[owner] = fitted.fans
        elif isinstance(fitted, CoilFit):
            coils[owner] = fitted
        elif isinstance(fitted, LiquidShare):
            liquid_frac |= fitted.liquid_frac
        elif isinstance(fitted, ComponentPower):
            corrections.setdefault(owner, {})[component] = fitted  # no plan needs the whole; see `load_ahead`
    whole = card.get("whole") or {}
    return Learned(inlets, fans, corrections, coils, liquid_frac, float(whole.get("other_kw", 0.0)), version)


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
    for _, fitted in fitted_parts(models, version):
        if isinstance(fitted, AheadModel):
            return fitted, version
    raise NotEnoughDataError([f"a forecast of the whole in models {version}: its card says why; train again"])


def fitted_parts(models: ModelStore, version: str) -> Iterator[tuple[str, FittedPart]]:
    """Yield the fitted parts of a version, by the names on its card.

    Raises
    ------
    ModelError
        If one is missing, damaged, or not what its name says.
    """
    artefacts = models.artefacts(version)
    parts = {artefact_of(entry["name"]): entry["name"] for entry in models.card(version)["parts"]}
    for name, data in artefacts.items():
        if name not in parts:
            raise ModelError(f"model {version}: {name} is not on its card; {MENDED}")
        yield parts[name], fitted_part(version, name, data)


@lru_cache(maxsize=_KEPT)
def fitted_part(version: str, name: str, data: bytes) -> FittedPart:
    """Return a part from its bytes; the same bytes give the same object, which nobody may change.

    Raises
    ------
    ModelError
        If it is damaged, holds what is not trusted, or is not what its file name says.
    """
    try:
        found: object = load_model(data)
    except UntrustedModelError as error:
        raise ModelError(f"model {version}: {name}: {error}; {MENDED}") from error
    if not isinstance(found, _KINDS.get(name.partition(SEPARATOR)[0], ())):
        raise ModelError(f"model {version}: {name} is not what its name says; {MENDED}")
    assert isinstance(found, RackInletModel | ServerFansFit | CoilFit | LiquidShare | ComponentPower | AheadModel)
    return found


def out_of_date(card: Mapping[str, Any], part: str, site: Site) -> str | None:
    """Return in words how the equipment of a part has changed since it was learned, or None."""
    then: Mapping[str, str] = next((entry.get("equipment", {}) for entry in card["parts"] if entry["name"] == part), {})
    return changed_since(then, equipment_of(site, part))


def equipment_changes(models: ModelStore, site: Site) -> str:
    """Return in words which learned parts of the version in service are of other equipment than the site's; empty if none."""
    version = models.serving()
    if version is None:
        return ""
    card = models.card(version)
    learned = [entry["name"] for entry in card["parts"] if "fitted_until" in entry]
    said = {part: out_of_date(card, part, site) for part in learned}
    return "; ".join(f"{part}: {why}" for part, why in said.items() if why is not None)
