"""Server power from utilisation on three real GPU servers: each in turn is the one that nobody has seen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.boosted_trees import fit_trees
from models.server_power.family import Nameplate, ServerFamily, ServerRows, fit_family, server_rows, unmeasured_family
from models.server_power.server import of_family
from tools.bench.rows import Row
from tools.bench.shared_data import folder

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_FOLDER = "gpu_server_util_power_hourly"
_WEEK = 7 * 24
_IDLE_QUANTILE, _PEAK_QUANTILE = (
    0.1,
    0.995,
)  # stand in for a nameplate, which the data do not give; of servers trained on


@dataclass(frozen=True, slots=True, eq=False)
class _Score:
    """One server: bias before it has said anything, error ratio after its first week and after that before the test."""

    bias_share: float
    first_week_ratio: float
    week_before_ratio: float
    unseen_inside: BoolArray
    after_week_inside: BoolArray


def rows(quick: bool) -> list[Row]:
    """Return bias and coverage on servers not trained on, and the error after a week over that of a model of half a life."""
    del quick  # seconds either way
    found = folder(_FOLDER)
    if found is None:
        return []
    servers = [_read(path) for path in sorted(found.glob("*_usage_stats.txt.gz"))]
    scores = [_score(server, [other for other in servers if other is not server]) for server in servers]
    inside = [each for score in scores for each in (score.unseen_inside, score.after_week_inside)]
    coverages = [float(each.mean()) for each in inside]
    return [
        Row("gpu_bias_share", max(abs(score.bias_share) for score in scores), "-"),
        Row("gpu_error_ratio", max(score.first_week_ratio for score in scores), "-"),
        Row("gpu_error_ratio_week_before", max(score.week_before_ratio for score in scores), "-"),
        Row("gpu_coverage_90", float(np.concatenate(inside).mean()), "-"),
        Row("gpu_coverage_90_lowest", min(coverages), "-"),
        Row("gpu_coverage_90_highest", max(coverages), "-"),
    ]


def _score(server: ServerRows, others: list[ServerRows]) -> _Score:
    power = np.concatenate([other.power_kw for other in others])
    nameplate = Nameplate(float(np.quantile(power, _IDLE_QUANTILE)), float(np.quantile(power, _PEAK_QUANTILE)))
    family = fit_family(nameplate, others)
    unseen = of_family(family)
    half = server.weight.size // 2
    earlier, later = _part(server, 0, half), _part(server, half, None)
    reference = min(_rmse_kw(later, predicted) for predicted in _of_half_a_life(nameplate, earlier, later))
    first, before = _part(server, 0, _WEEK), _part(server, half - _WEEK, half)
    known = of_family(family, first)
    return _Score(
        bias_share=float(unseen.power_kw(server.utilisation_frac).mean() / server.power_kw.mean() - 1),
        first_week_ratio=_rmse_kw(later, known.power_kw(later.utilisation_frac)) / reference,
        week_before_ratio=_rmse_kw(later, of_family(family, before).power_kw(later.utilisation_frac)) / reference,
        unseen_inside=_inside(family, None, server),
        after_week_inside=_inside(family, first, later),
    )


def _of_half_a_life(nameplate: Nameplate, earlier: ServerRows, later: ServerRows) -> tuple[FloatArray, FloatArray]:
    """Return what two models of the server's own earlier half say of its later half: a curve as ours, and boosted trees."""
    curve = of_family(unmeasured_family(nameplate), earlier)
    trees = fit_trees(earlier.utilisation_frac[:, None], earlier.power_kw, rises_with=(0,))
    return curve.power_kw(later.utilisation_frac), trees.predict(later.utilisation_frac[:, None])


def _inside(family: ServerFamily, own: ServerRows | None, measured: ServerRows) -> BoolArray:
    """Return which hours lie inside the interval that was in force before each."""
    server = of_family(family, own)
    _, half_width_kw = server.adapted(measured)
    return np.asarray(np.abs(measured.power_kw - server.power_kw(measured.utilisation_frac)) <= half_width_kw)


def _rmse_kw(measured: ServerRows, predicted_kw: FloatArray) -> float:
    return float(np.sqrt(np.mean((measured.power_kw - predicted_kw) ** 2)))


def _part(server: ServerRows, begin: int, end: int | None) -> ServerRows:
    where = slice(begin, end)
    return ServerRows(server.utilisation_frac[where], server.power_kw[where], server.weight[where])


def _read(path: Path) -> ServerRows:
    """Return a server's hours in order of time; the file is newest first and ends with a line of another kind."""
    table = pd.read_csv(path, sep="\t", encoding="utf-8-sig")
    times = pd.to_datetime(table["timestamp"], errors="coerce")
    hours = table[times.notna()].set_axis(times[times.notna()])
    return server_rows(
        pd.DataFrame(
            {
                "utilisation_frac": hours["utilave"].astype(float) / 100,
                "power_kw": hours["powerave"].astype(float) / 1000,
            }
        )
    )
