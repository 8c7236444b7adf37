"""Learning what share of its racks' power each liquid loop takes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from facility.learn.candidates import Candidate, better_of
from facility.learn.changes import Changes
from facility.learn.loop_heat import loops_with_racks, not_measured, racks_of, read_loop_heat
from facility.ports import Telemetry
from facility.site import LiquidLoop
from facility.site_file import LoadedSite
from models.card import unfitted_card
from models.evidence import liquid_share_evidence
from models.liquid_share import fit_liquid_share

WINDOW = timedelta(days=90)  # racks are replaced bit by bit
UNIT = "kW"


def learn_liquid_shares(loaded: LoadedSite, telemetry: Telemetry, now: datetime, changes: Changes) -> list[Candidate]:
    """Return the share of each loop that racks feed, without a model where its heat is not measured, or not for long enough.

    Where it is known since when it is another, it is learned from the rows since then as well, and the better is returned.
    """
    return [_learn(loaded, telemetry, loop, now, changes) for loop in loops_with_racks(loaded.site)]


def _learn(loaded: LoadedSite, telemetry: Telemetry, loop: LiquidLoop, now: datetime, changes: Changes) -> Candidate:
    if missing := not_measured(loaded, loop):
        return _unfitted(loop, f"not measured: {', '.join(missing)}")
    rows, notes = read_loop_heat(loaded, telemetry, loop, now - WINDOW, now)
    share = _learned(loaded, loop, rows)
    for since in changes.get(share.card.name, ()):
        share = better_of(share, _learned(loaded, loop, rows.loc[since:]), since)
    return share.noted(notes)


def _learned(loaded: LoadedSite, loop: LiquidLoop, rows: pd.DataFrame) -> Candidate:
    described = {rack.id: rack.liquid_frac for rack in racks_of(loaded.site, loop)}
    try:
        share = fit_liquid_share(loop.id, rows, described, len(loop.cdus))
    except ValueError as error:
        return _unfitted(loop, str(error))
    return Candidate(share.card, share, liquid_share_evidence(rows))


def _unfitted(loop: LiquidLoop, reason: str) -> Candidate:
    return Candidate(unfitted_card(f"{loop.id}.liquid_share", UNIT, reason), None, None)
