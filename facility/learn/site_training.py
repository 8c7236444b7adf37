"""Learning the whole of a site: how it draws power as it is operated, to say what it will draw."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

from facility.errors import NotEnoughDataError
from facility.learn.candidates import Candidate, better_of
from facility.learn.changes import Changes
from facility.learn.site_frame import read_site_frame
from facility.ports import Telemetry
from facility.site_file import LoadedSite
from models.card import unfitted_card
from models.evidence import whole_evidence
from models.whole.ahead import fit_ahead
from models.whole.ahead_card import ahead_card
from models.whole.as_operated import ThinRowsError
from models.whole.site_rows import SiteRows

WINDOW = timedelta(days=366)
HORIZON = timedelta(hours=48)
UNIT = "ratio"


def learn_site(loaded: LoadedSite, telemetry: Telemetry, now: datetime, changes: Changes) -> Candidate:
    """Return the site's forecast with its card, without a model where history cannot teach it.

    Where it is known since when the whole behaves otherwise, it is learned from the rows since then as well, and the better is
    returned.
    """
    name = f"{loaded.site.id}.whole"
    try:
        frame = read_site_frame(loaded, telemetry, now - WINDOW, now).screened()
    except NotEnoughDataError as error:
        return Candidate(unfitted_card(name, UNIT, str(error)), None, None)
    rows = frame.rows()
    whole = _learned(name, rows, loaded.site.step)
    for since in changes.get(name, ()):
        newer = dataclasses.replace(rows, table=rows.table.loc[since:])
        whole = better_of(whole, _learned(name, newer, loaded.site.step), since)
    return whole.noted(frame.notes)


def _learned(name: str, rows: SiteRows, step: timedelta) -> Candidate:
    try:
        model = fit_ahead(rows, round(step / timedelta(minutes=1)), round(HORIZON / step))
    except ThinRowsError as error:
        return Candidate(unfitted_card(name, UNIT, str(error)), None, None)
    return Candidate(ahead_card(name, model, rows), model, whole_evidence(rows))
