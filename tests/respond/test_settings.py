"""The file that says whom the site answers: what is wrong in it is told with its line, its key and how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest

from facility.errors import ConfigurationError
from facility.respond.settings import load_settings, settings_path
from facility.site_file import load_site
from tests.respond.responding import responding_site

GOOD = """programs:
  - name: peak
    levels_kw: {1: 50, 2: 100}
    notice_min: 30
    baseline:
      method: high_five_of_ten
      adjustment: {most_frac: 0.2}
      holidays: [2026-12-25]
    accept: {most_kw: 100, begins_from: 08:00, begins_until: 20:00}
senders:
  - name: aggregator
    secret: env:AGGREGATOR
    programs: [peak]
hooks:
  - name: slurm
    address: https://slurm.example/dr
    secret: file:/run/secrets/slurm
    tells: [work]
openadr:
  - name: utility
    vtn: https://vtn.example/openadr3
    client_id: dc
    client_secret: env:VTN_SECRET
    ven_name: dc-1
    resources: {whole: utility, hall: rack-01}
"""


def test_without_a_file_nobody_is_let_in(example_site: Path) -> None:
    settings = load_settings(load_site(example_site))
    assert settings.bounds("hook:aggregator", "peak") is None and settings.bounds("openadr:utility", "peak") is None


def test_a_server_with_no_program_is_refused(example_site: Path) -> None:
    loaded = load_site(example_site)
    settings_path(loaded).write_text(GOOD[GOOD.index("openadr:") :])
    with pytest.raises(ConfigurationError, match=r":2: openadr\.0: there are no programs"):
        load_settings(loaded)


def test_a_file_beside_the_site_is_read(example_site: Path) -> None:
    loaded = load_site(example_site)
    settings_path(loaded).write_text(GOOD)
    settings = load_settings(loaded)
    program = settings.program("peak")
    (ven,) = settings.vens
    assert ven.programs == ("peak",) and dict(ven.resources) == {"whole": "utility", "hall": "rack-01"}
    assert program is not None and program.levels_kw == {"1": 50.0, "2": 100.0}
    assert settings.bounds("hook:aggregator", "peak") == program.bounds == settings.bounds("openadr:any", "peak")
    assert settings.bounds("hook:stranger", "peak") is None
    assert load_settings(responding_site(example_site)).program("asked") is not None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: peak", "nam: peak", ":2: programs.0"),
        ("{1: 50, 2: 100}", "{4: 50}", ":3: programs.0.levels_kw"),
        ("notice_min: 30", "notice_min: -1", ":4: programs.0.notice_min"),
        ("high_five_of_ten", "best_guess", ":6: programs.0.baseline.method"),
        ("high_five_of_ten", "metered_generation", "programs.0.baseline: generation_points"),
        ("2026-12-25", "2026-13-25", "expected a date"),
        ("08:00", "8 o'clock", "expected a time of day"),
        ("secret: env:AGGREGATOR", "secret: open-sesame", ":12: senders.0.secret"),
        ("programs: [peak]", "programs: [off]", "off is none of the programs: peak"),
        ("https://slurm", "ftp://slurm", ":16: hooks.0.address"),
        ("tells: [work]", "tells: [jokes]", "hooks.0.tells"),
        ("env:VTN_SECRET", "open-sesame", ":23: openadr.0.client_secret"),
        (
            "ven_name: dc-1",
            "programs: [off]\n    ven_name: dc-1",
            ":24: openadr.0.programs: off is none of the programs",
        ),
        (
            "{whole: utility, hall: rack-01}",
            "{whole: nowhere}",
            ":25: openadr.0.resources: whole: nowhere has no point",
        ),
        ("{whole: utility, hall: rack-01}", "[whole, hall]", "hall and whole are both measured by utility"),
        (
            "openadr:",
            "openadr:\n  - {name: utility, vtn: 'https://v', client_id: c, client_secret: 'env:X', ven_name: v, resources: [m]}",
            "utility is given twice",
        ),
        ("tells: [work]", "tiers: [gold]", "gold is no tier of the site"),
        ("hooks:", "  - {name: aggregator, secret: 'env:X', programs: [peak]}\nhooks:", "aggregator is given twice"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(example_site: Path, old: str, new: str, said: str) -> None:
    loaded = load_site(example_site)
    assert old in GOOD
    settings_path(loaded).write_text(GOOD.replace(old, new))
    with pytest.raises(ConfigurationError) as raised:
        load_settings(loaded)
    assert said in str(raised.value) and "open-sesame" not in str(raised.value)
