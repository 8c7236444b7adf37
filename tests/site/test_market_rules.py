"""What a site file says about export, batteries that charge from the sun, goals and weights: accepted, or refused with the fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from facility.errors import ConfigurationError
from facility.site_file import load_site

PHOTOVOLTAICS = "\nphotovoltaics:\n  - {id: pv-1, rated_kw: 50.0, curtailable: true}\n"
FROM_THE_SUN = ("dispatchable: true", "dispatchable: true, charges_from: photovoltaics")
EXPORT = ("  energy_price_per_kwh: 0.18\n", "  energy_price_per_kwh: 0.18\n  export_price_per_kwh: 0.05\n")
LIMIT = ("electrical:\n", "electrical:\n  export_limit_kw: 30.0\n")


def changed(site: Path, *changes: tuple[str, str], added: str = "") -> Path:
    text = site.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    site.write_text(text + added, encoding="utf-8")
    return site


def test_export_sun_and_goals_are_read(example_site: Path) -> None:
    file = changed(example_site, FROM_THE_SUN, EXPORT, LIMIT, added=PHOTOVOLTAICS)
    file = changed(file, added="\nplanning:\n  goals:\n    - {of: cost, slack_frac: 0.02}\n    - {of: carbon}\n")
    site = load_site(file).site
    assert site.batteries[0].charges_from == "photovoltaics" and site.photovoltaics[0].curtailable
    assert site.electrical.export_limit_kw == 30.0
    assert [(goal.of, goal.slack_frac) for goal in site.planning.goals] == [("cost", 0.02), ("carbon", 0.01)]


@pytest.mark.parametrize(
    ("changes", "added", "said"),
    [
        ((FROM_THE_SUN,), "", "batteries.0.charges_from: battery-1 charges from photovoltaics alone, and the site has none"),
        ((LIMIT,), "", "electrical.export_limit_kw: without tariff.export_price_per_kwh nothing may be exported"),
        ((), "\nplanning: {goals: [{of: cost}, {of: cost}]}\n", "cost stands in it twice"),
        ((), "\nplanning: {goals: [{of: cost}], weights: {carbon_per_kg: 0.1}}\n", "either goals in order or weights"),
        ((), "\nplanning: {weights: {carbon_per_tonne: 0.1}}\n", "planning.weights.carbon_per_tonne"),
        ((), "\ncarbon: {budget_kg_per_day: -1.0}\n", "carbon.budget_kg_per_day"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_key(
    example_site: Path, changes: tuple[tuple[str, str], ...], added: str, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        load_site(changed(example_site, *changes, added=added))
