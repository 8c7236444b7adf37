"""Fitted models as bytes, without executable pickles: skops, with every type that may be rebuilt listed here."""

from __future__ import annotations

from typing import Any
from zipfile import BadZipFile

import skops.io

FORMAT = (
    5  # raise it with every change of what a trusted class keeps: a model of other shape would fail only when asked
)
_KEYS = {"format", "model"}

TRUSTED = (
    "models.accuracy.Errors",
    "models.ahead.cdus.CdusAhead",
    "models.ahead.crah_habits.CrahHabits",
    "models.ahead.inlets.InletsAhead",
    "models.ahead.innovation.Innovation",
    "models.boosted_trees.BoostedTrees",
    "models.card.ModelCard",
    "models.coil_fit.CoilFit",
    "models.component.learning.Taught",
    "models.component.ratio_table.Range",
    "models.component.ratio_table.RatioTable",
    "models.component.spread.Spread",
    "models.component_power.ComponentPower",
    "models.heat_exchanger.HeatExchanger",
    "models.liquid_share.LiquidShare",
    "models.load_blend.Blend",
    "models.load_courses.Profiles",
    "models.load_forecast.LoadForecaster",
    "models.nameplate.Cdu",
    "models.overhead.calendar.WeekProfile",
    "models.overhead.course.Course",
    "models.overhead.forecaster.OverheadForecaster",
    "models.overhead.ratio.RatioForecaster",
    "models.overhead.regression.ForgettingRegression",
    "models.rack_inlet.RackInlets",
    "models.rack_inlet_fit.RackInletModel",
    "models.regime.days.DayMeans",
    "models.regime.step_watch.RegimeChange",
    "models.regime.step_watch.StepWatch",
    "models.server_fans_fit.ServerFansFit",
    "models.server_fans_step.HallLaw",
    "models.server_fans_step.StepAhead",
    "models.server_power.curve.PowerCurve",
    "models.server_power.family.Nameplate",
    "models.server_power.family.ServerFamily",
    "models.server_power.server.ServerPower",
    "models.servers.ServerFans",
    "models.uncertainty.adaptive.AdaptiveInterval",
    "models.uncertainty.blend.Blend",
    "models.whole.ahead.AheadModel",
    "models.whole.as_operated.AsOperated",
    "models.whole.as_operated.PartLaw",
    "models.whole.miss_record.MissRecord",
    "models.whole.past_forecasts.PastForecasts",
)


class UntrustedModelError(ValueError):
    """The bytes are no model of ours, are of another release, or hold a type that is not on the list."""


def dump_model(model: Any) -> bytes:
    """Return a fitted model as bytes; refuses at once what `load_model` would refuse later.

    Raises
    ------
    UntrustedModelError
        If the model holds a type that is not on the list.
    """
    data: bytes = skops.io.dumps({"format": FORMAT, "model": model})
    _refuse_untrusted(data)
    return data


def load_model(data: bytes) -> Any:
    """Return the model that `dump_model` made bytes of.

    Raises
    ------
    UntrustedModelError
        If the bytes are not such a file, are of another release, or hold a type that is not on the list.
    """
    if not data:
        raise UntrustedModelError("not a stored model: empty")
    try:
        _refuse_untrusted(data)
        stored = skops.io.loads(data, trusted=list(TRUSTED))
    except (BadZipFile, KeyError, TypeError) as error:
        raise UntrustedModelError(f"not a stored model: {error}") from error
    if not isinstance(stored, dict) or stored.keys() != _KEYS or stored["format"] != FORMAT:
        raise UntrustedModelError("a model stored by another release: train again")
    return stored["model"]


def _refuse_untrusted(data: bytes) -> None:
    unknown = sorted(set(skops.io.get_untrusted_types(data=data)) - set(TRUSTED))
    if unknown:
        raise UntrustedModelError(f"a stored model holds types that are not trusted: {', '.join(unknown)}")
