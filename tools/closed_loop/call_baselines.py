"""Baselines of calls: the one that the plan is held against, and others that are told beside it, all frozen at notice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import get_args

import numpy as np

from facility.environment import Environment
from facility.errors import ConfigurationError
from facility.prepare.grid_commitments import Outlook, history_of
from facility.respond.event_state import KeptEvent
from facility.respond.frozen_baseline import FrozenBaseline, NoBaselineError, frozen_baseline
from facility.respond.settings import Adjustment, BaselineMethod, BaselineTerms, load_settings
from facility.site_file import LoadedSite

AS_PLANNED, TEN_OF_TEN = "as_planned", "ten_of_ten"
METHODS = (AS_PLANNED, *(one for one in get_args(BaselineMethod) if one not in {AS_PLANNED, "metered_generation"}))
BESIDE = (AS_PLANNED, TEN_OF_TEN)  # what delivery is told by, whatever the plan is held against
_OF_DAYS = {TEN_OF_TEN, "high_five_of_ten"}


def terms_of(name: str, loaded: LoadedSite) -> BaselineTerms:
    """Return the terms of a method, those of days adjusted to the day itself; or those of a program of the site's settings.

    Raises
    ------
    ConfigurationError
        If there is neither, or the program meters generation, which no plan is held against.
    """
    if name in METHODS:
        return BaselineTerms.model_validate({"method": name, "adjustment": Adjustment() if name in _OF_DAYS else None})
    programs = {program.name: program.baseline for program in load_settings(loaded).programs}
    if name not in programs:
        known = ", ".join([*METHODS, *programs])
        raise ConfigurationError(
            f"--baseline {name}: neither a method nor a program of the site; expected one of {known}"
        )
    if programs[name].method == "metered_generation":
        raise ConfigurationError(f"--baseline {name}: meters generation; expected a program with another baseline")
    return programs[name]


def beside(environment: Environment, kept: KeptEvent, but: str) -> Iterator[FrozenBaseline | str]:
    """Yield the baselines of an event that came just now by the methods of `BESIDE` but one, or why there is none."""
    book, now = environment.grid_events, environment.clock.now()
    assert book is not None
    loaded = environment.loaded
    outlook = Outlook((now,), timedelta(minutes=5), np.full(1, np.nan), now, environment.journal.plan_at)
    history = history_of(loaded, environment.telemetry, book, kept, outlook)
    for method in BESIDE:
        if method == but:
            continue
        try:
            yield frozen_baseline(kept, terms_of(method, loaded), history)
        except NoBaselineError as error:
            yield f"no baseline {method}: {error}"
