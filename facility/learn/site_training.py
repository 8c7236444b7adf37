"""Learning the whole of a site: how it draws power as it is operated, to say what it will draw."""

from __future__ import annotations

from datetime import datetime, timedelta

from facility.errors import NotEnoughDataError
from facility.learn.learned import artefact_name
from facility.learn.site_frame import read_site_frame
from facility.ports import Telemetry
from facility.site_file import LoadedSite
from models.card import ModelCard, unfitted_card
from models.serialise import dump_model
from models.whole.ahead import fit_ahead
from models.whole.ahead_card import ahead_card
from models.whole.as_operated import ThinRowsError

WINDOW = timedelta(days=366)
HORIZON = timedelta(hours=48)
UNIT = "ratio"


def learn_site(loaded: LoadedSite, telemetry: Telemetry, now: datetime) -> tuple[dict[str, bytes], ModelCard]:
    """Return the artefact of a site's forecast, none where history cannot teach it, and its card."""
    name = f"{loaded.site.id}.whole"
    step = loaded.site.step
    try:
        frame = read_site_frame(loaded, telemetry, now - WINDOW, now)
        rows = frame.rows()
        model = fit_ahead(rows, round(step / timedelta(minutes=1)), round(HORIZON / step))
    except (NotEnoughDataError, ThinRowsError) as error:
        return {}, unfitted_card(name, UNIT, str(error))
    card = ahead_card(name, model, rows)
    return {artefact_name("whole", loaded.site.id): dump_model(model)}, card
