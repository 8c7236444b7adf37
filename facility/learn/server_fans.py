"""Learning the server fans of halls: what IT power at constant work does as inlets warm, to balance it against cooling."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from facility.learn.candidates import Candidate, better_of
from facility.learn.changes import Changes
from facility.learn.hall_load import halls_with_pools, read_hall_load
from facility.learn.twin import described_server_fans
from facility.ports import Telemetry
from facility.site_file import LoadedSite
from models.card import unfitted_card
from models.evidence import server_fans_evidence
from models.server_fans_fit import InletNeverMovedError, fit_server_fans
from models.servers import ServerFans

WINDOW = timedelta(days=90)  # servers are replaced bit by bit
UNIT = "kW"


def learn_server_fans(loaded: LoadedSite, telemetry: Telemetry, now: datetime, changes: Changes) -> list[Candidate]:
    """Return the server fans of each hall whose pools are declared, without a model where the inlets never moved.

    Where it is known since when they behave otherwise, they are learned from the rows since then as well, and the better is
    returned.
    """
    found = []
    for hall in halls_with_pools(loaded.site):
        load = read_hall_load(loaded, telemetry, hall, now - WINDOW, now)
        table, prior = load.table(), described_server_fans(loaded.site, hall)
        fans = _learned(hall.id, table, prior)
        for since in changes.get(fans.card.name, ()):
            fans = better_of(fans, _learned(hall.id, table.loc[since:], prior), since)
        found.append(fans.noted(load.notes))
    return found


def _learned(hall: str, table: pd.DataFrame, prior: ServerFans) -> Candidate:
    try:
        fit = fit_server_fans(hall, table, prior)
    except InletNeverMovedError as error:
        return Candidate(unfitted_card(f"{hall}.server_fans", UNIT, str(error)), None, None)
    return Candidate(fit.card, fit, server_fans_evidence(table, prior))
