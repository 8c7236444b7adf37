"""The card of a site's forecast: what its past forecasts were off by, beside the ratio of the day before."""

from __future__ import annotations

import numpy as np

from models.accuracy import Errors
from models.card import ModelCard
from models.persistence import a_day_before
from models.whole.ahead import AheadModel
from models.whole.past_forecasts import compared_from
from models.whole.site_rows import IT, SiteRows


def ahead_card(name: str, model: AheadModel, rows: SiteRows) -> ModelCard:
    """Return the card; errors are of the power ratio over all hours ahead, IT power unknown, measured weather."""
    ratio = rows.overhead_kw / rows.table[IT] + 1.0
    newest = slice(compared_from(len(ratio), model.step_min), len(ratio))
    truth = ratio.to_numpy(float)[newest]
    model_errors = _errors(model.past.ratio.known, truth)
    yesterday = _errors(truth - a_day_before(ratio, newest), truth)
    better = model_errors.rmse < yesterday.rmse
    return ModelCard(
        name=name,
        method="each part by a line and boosted trees on IT power and weather, as operated",
        unit="ratio",
        window=(rows.table.index[0].isoformat(), rows.table.index[-1].isoformat()),
        features={
            condition: (float(low), float(high))
            for condition, (low, high) in zip(model.site.conditions, model.site.seen, strict=True)
        },
        test=model_errors,
        prior_test=None,
        persistence_test=yesterday,
        half_width=float(model.past.ratio.half_width(np.zeros(model.steps)).mean()),
        coverage_frac=model.past.ratio.coverage_frac,
        qualified=better,
        reason=f"{'beats' if better else 'does not beat'} the ratio of the day before "
        f"(RMSE {model_errors.rmse:.3g} against {yesterday.rmse:.3g}) up to {model.steps * model.step_min / 60:g} h ahead",
        notes=rows.left_out,
    )


def _errors(missed: np.ndarray, truth: np.ndarray) -> Errors:
    rmse, mean = float(np.sqrt(np.mean(missed**2))), float(truth.mean())
    return Errors(missed.size, rmse, rmse / mean, float(missed.mean()) / mean)
