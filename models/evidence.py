"""What a fitted part is judged by: rows of inputs with what was measured, and predictions made without having seen them.

A part's own test is made when it is fitted. A later version is compared with it on rows that took no part in the fitting or the
choosing of either.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.accuracy import Errors, errors, time_split
from models.coil_fit import CoilFit, flow_lps, likely, nameplate_lps
from models.coil_rows import FLOW, NEEDED
from models.component.learning import learn
from models.component.rows import training_rows
from models.component.screening import screen
from models.component_power import ComponentPower
from models.history_rows import ComponentRows
from models.liquid_share import HEAT, NOMINAL, LiquidShare, likely_factor
from models.plant_model import CoolingPlant
from models.rack.learning import learn_inlets, steady_degc
from models.rack_inlet import RackInlets
from models.rack_inlet_fit import RackInletModel
from models.server_fans_evidence import likely_law, step_ahead, work_of
from models.server_fans_fit import ServerFansFit
from models.server_fans_step import HALL_KW, INLET, HallHistory
from models.servers import ServerFans
from models.whole.ahead import AheadModel
from models.whole.as_operated import fit_as_operated
from models.whole.site_rows import FACILITY, IT, SiteRows

FloatArray = npt.NDArray[np.float64]
FittedPart = ComponentPower | RackInletModel | ServerFansFit | CoilFit | LiquidShare | AheadModel

POWER = "power_kw"
LEAST_ROWS = 48  # to judge by: half a day of quarters of an hour


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Rows of one part.

    Attributes
    ----------
    rows
        What a prediction depends on, index UTC times.
    measured
        What was measured then: one column a rack, or one; NaN for gaps.
    conditions
        The columns of `rows` that pictures are drawn over.
    nameplate
        What the law without learning says, shaped like `measured`; None for a whole as operated, which has none.
    source
        The rows of a whole site, which a sibling is fitted on; None for other parts.
    """

    rows: pd.DataFrame
    measured: pd.DataFrame
    conditions: tuple[str, ...]
    nameplate: FloatArray | None
    source: SiteRows | None = None

    def __len__(self) -> int:
        """Return how many rows have something measured."""
        return int(self.measured.notna().any(axis=1).sum())

    @property
    def newest_fifth(self) -> pd.Timestamp:
        """The last time before the newest fifth, the part of the history that tests a fit."""
        return pd.Timestamp(self.rows.index[time_split(len(self.rows)).test.start - 1])

    @property
    def newest(self) -> pd.Timestamp:
        """The last time: until then a model that was fitted on these rows has seen them."""
        return pd.Timestamp(self.rows.index[-1])

    def after(self, time: pd.Timestamp) -> Evidence:
        """Return the rows later than a time."""
        return self._where(self.rows.index > time)

    def until(self, time: pd.Timestamp) -> Evidence:
        """Return the rows up to a time."""
        return self._where(self.rows.index <= time)

    def _where(self, wanted: npt.NDArray[np.bool_]) -> Evidence:
        source = self.source
        return replace(
            self,
            rows=self.rows[wanted],
            measured=self.measured[wanted],
            nameplate=None if self.nameplate is None else self.nameplate[wanted],
            source=None if source is None else replace(source, table=source.table[wanted]),
        )

    def errors_of(self, predicted: FloatArray) -> Errors:
        """Return the errors of predictions for all rows, gaps left out."""
        truth = self.measured.to_numpy(float)
        known = np.isfinite(truth) & np.isfinite(predicted)
        return errors(truth[known], predicted[known])

    def residuals(self, predicted: FloatArray) -> pd.Series[float]:
        """Return measured less predicted, the mean over all columns."""
        return (self.measured - predicted).mean(axis=1)


def component_evidence(found: ComponentRows, *, inputs_may_rest: bool = False) -> Evidence:
    """Return the rows that may teach a component, as `ComponentPower.fit` takes them.

    With `inputs_may_rest` those, too, that `screen` would take for a stuck sensor.
    """
    rows = screen(found.rows, found.power_kw, inputs_may_rest=inputs_may_rest).rows
    conditions = ("prior_kw", *found.drivers)
    return Evidence(rows[list(conditions)], rows[[POWER]], conditions, rows[["prior_kw"]].to_numpy(float))


def inlet_evidence(rows: pd.DataFrame, inlets: pd.DataFrame) -> Evidence:
    """Return the rows of a hall, both as `models.history_rows.hall_rows` has them; gaps stay: inlets follow the rows before."""
    rows = rows.sort_index()
    prior = RackInlets.prior([str(rack) for rack in inlets.columns])
    return Evidence(rows, inlets.reindex(rows.index), ("supply_air_degc", "air_rise_k"), steady_degc(prior, rows))


def server_fans_evidence(table: pd.DataFrame, prior: ServerFans) -> Evidence:
    """Return the rows of a hall, as `models.server_fans_step.hall_table` has them: a step is predicted from the one before.

    The nameplate is the prior, with what the older rows say of work.
    """
    older = HallHistory.of(table.iloc[: time_split(len(table)).test.start])
    nameplate = step_ahead(older, older.steps, prior).predict_kw(table)
    return Evidence(table, table[[HALL_KW]], (INLET,), nameplate[:, None])


def coil_evidence(plant: CoolingPlant, rows: pd.DataFrame) -> Evidence:
    """Return the rows of a plant's coils, as `models.coil_rows.coil_rows` has them: the chilled water is what is predicted."""
    conditions = tuple(f"{hall}.{NEEDED}" for hall in plant.halls)
    return Evidence(rows, rows[[FLOW]], conditions, nameplate_lps(plant, rows)[:, None])


def liquid_share_evidence(rows: pd.DataFrame) -> Evidence:
    """Return the rows of a loop, as `models.liquid_share.loop_rows` has them: the heat that it takes is what is predicted."""
    return Evidence(rows, rows[[HEAT]], (NOMINAL,), rows[[NOMINAL]].to_numpy(float))


def whole_evidence(rows: SiteRows) -> Evidence:
    """Return rows of a whole site: the power ratio is what is predicted, IT power being known."""
    ratio = (rows.table[FACILITY] / rows.table[IT]).to_frame("power_ratio")
    return Evidence(rows.table, ratio, (IT, *rows.conditions), None, rows)


def predicted(model: FittedPart, rows: pd.DataFrame) -> FloatArray:
    """Return what a part says for rows, shaped like `Evidence.measured`."""
    if isinstance(model, RackInletModel):
        return model.predict(rows)
    if isinstance(model, ComponentPower):
        return model.predict(rows)[:, None]
    if isinstance(model, ServerFansFit):
        return model.ahead.predict_kw(rows)[:, None]
    if isinstance(model, CoilFit):
        return model.predict_lps(rows)[:, None]
    if isinstance(model, LiquidShare):
        return model.predict_kw(rows)[:, None]
    return _ratio(model.site.overhead_kw(rows), rows)


def held_out(model: FittedPart, evidence: Evidence, after: pd.Timestamp) -> tuple[Evidence, FloatArray]:
    """Return the newest rows, and what the same kind of model says of them without having seen them.

    What serves is fitted on all rows in the end. So a sibling is fitted in the same way on the rows up to a time: that of the
    newest fifth, or a later one where enough rows follow.

    Parameters
    ----------
    model
        Fitted on the evidence.
    evidence
        All rows that it was given.
    after
        Until when another model has seen rows, which this one is to be compared with.

    Raises
    ------
    ValueError
        If the older rows are too few for a sibling.
    """
    later = len(evidence.after(after)) >= LEAST_ROWS
    cut = max(evidence.newest_fifth, after) if later else evidence.newest_fifth
    older, newest = evidence.until(cut), evidence.after(cut)
    if len(older) < LEAST_ROWS:
        raise ValueError(f"{len(older)} older rows, {LEAST_ROWS} are needed to hold newer ones out")
    return newest, _by_sibling(model, older, newest)


def law_errors(model: ServerFansFit, evidence: Evidence, newer: Evidence) -> dict[str, float]:
    """Return how laws of server fans miss a step ahead on newer rows: of a model, the nameplate, and a sibling of older rows.

    A plan takes the law alone. So all three are given what the newer rows themselves say of work: what older rows said of it
    fails where load has moved on, and the better a model knew its work, the less it falls back on the step before.
    """
    older, history = (
        HallHistory.of(evidence.rows[evidence.rows.index < newer.rows.index[0]]),
        HallHistory.of(newer.rows),
    )
    laws = {
        "in_service": model.ahead.law,
        "new": likely_law(older, older.steps, model.prior).law,
        "nameplate": history.law(model.prior),
    }
    said = {name: work_of(history, law).predict_kw(newer.rows)[:, None] for name, law in laws.items()}
    return {name: newer.errors_of(kw).rmse for name, kw in said.items()}


def _by_sibling(model: FittedPart, older: Evidence, newest: Evidence) -> FloatArray:
    if isinstance(model, ComponentPower):
        taught = learn(model.name, training_rows(older.rows.join(older.measured), model.columns))
        return taught.table.power_kw(newest.rows[model.columns].to_numpy(float))[:, None]
    if isinstance(model, RackInletModel):
        inlets = learn_inlets(model.hall, older.rows, older.measured, model.crahs).inlets
        return steady_degc(inlets, newest.rows)
    if isinstance(model, ServerFansFit):
        history = HallHistory.of(older.rows)
        return likely_law(history, history.steps, model.prior).ahead.predict_kw(newest.rows)[:, None]
    if isinstance(model, CoilFit):
        return flow_lps(model.coils, newest.rows, likely(model.coils, older.rows))[:, None]
    if isinstance(model, LiquidShare):
        return likely_factor(older.rows) * newest.rows[[NOMINAL]].to_numpy(float)
    assert older.source is not None, "the whole as operated is judged by rows of a whole site"
    return _ratio(fit_as_operated(older.source).overhead_kw(newest.rows), newest.rows)


def _ratio(overhead_kw: FloatArray, rows: pd.DataFrame) -> FloatArray:
    ratio: FloatArray = 1.0 + overhead_kw / rows[IT].to_numpy(float)
    return ratio[:, None]
