"""Model cards: what a fitted model has seen, how well it does, and whether it qualifies, and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from models.accuracy import Errors


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is known of one fitted model; `as_dict` is JSON-able.

    Attributes
    ----------
    name
        What it predicts, e.g. `plant-1.chiller`.
    method
        What was fitted, in words.
    unit
        Unit of the prediction.
    window
        First and last time of the rows, ISO 8601; None without rows.
    features
        Feature name -> (lowest, highest) value seen in fitting; outside it the prior rules.
    test, prior_test, persistence_test
        Errors out of sample: of this model, of the physical law alone, and of yesterday's value.
    half_width, coverage_frac
        Half of the 90 % interval, and the share of test rows inside it.
    qualified, reason
        Whether it takes over from the prior, and why (not).
    notes
        What the reader should know, e.g. setpoints that never moved.
    """

    name: str
    method: str
    unit: str
    window: tuple[str, str] | None
    features: Mapping[str, tuple[float, float]]
    test: Errors | None
    prior_test: Errors | None
    persistence_test: Errors | None
    half_width: float
    coverage_frac: float | None
    qualified: bool
    reason: str
    notes: tuple[str, ...] = field(default_factory=tuple)

    def as_dict(self) -> dict[str, Any]:
        """Return the card in plain types."""
        return dataclasses.asdict(self)


def unfitted_card(name: str, unit: str, reason: str, notes: tuple[str, ...] = ()) -> ModelCard:
    """Return the card of a model that stays a prior for want of data."""
    return ModelCard(
        name=name,
        method="prior",
        unit=unit,
        window=None,
        features={},
        test=None,
        prior_test=None,
        persistence_test=None,
        half_width=float("nan"),
        coverage_frac=None,
        qualified=False,
        reason=reason,
        notes=notes,
    )


# Yesterday's value is unbeatable where equipment hardly moved, and says nothing of other setpoints: a model this close serves.
STEADY_CV_RMSE_FRAC = 0.05


def verdict(model: Errors, prior: Errors, persistence: Errors) -> tuple[bool, str]:
    """Return whether a model qualifies, and the sentence that says why.

    It must beat its prior out of sample, and yesterday's value too unless its CV(RMSE) is within `STEADY_CV_RMSE_FRAC`.
    """
    if model.rmse >= prior.rmse:
        return False, f"does not beat the prior out of sample (RMSE {model.rmse:.3g} against {prior.rmse:.3g})"
    if model.rmse >= persistence.rmse and model.cv_rmse_frac > STEADY_CV_RMSE_FRAC:
        return False, f"does not beat yesterday's value (RMSE {model.rmse:.3g} against {persistence.rmse:.3g})"
    beats = f"beats the prior ({model.rmse:.3g} against {prior.rmse:.3g})"
    if model.rmse >= persistence.rmse:
        return (
            True,
            f"{beats}; yesterday's value ({persistence.rmse:.3g}) is nearer only because the equipment hardly moved",
        )
    return True, f"{beats} and yesterday's value ({persistence.rmse:.3g}) out of sample"
