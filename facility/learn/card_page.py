"""The card of a version as one page of pictures: self-contained HTML, light and dark, on a screen and on paper."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from facility.learn.card_drawing import Cloud, drawn
from facility.learn.sample import Sample
from facility.site import Site

Entry = Mapping[str, Any]

_LIGHT = "--paper:#fff;--ink:#1b1f23;--faint:#5f6870;--grid:#e1e4e8;--dots:#0060a8;--seen:#f1f3f5;--band:#cfe3f3;"
_DARK = "--paper:#14171a;--ink:#e6e8ea;--faint:#9aa4ad;--grid:#30363d;--dots:#56b4e9;--seen:#1d2227;--band:#1f3a52;"
_STYLE = (
    f"""
:root {{ color-scheme: light dark; {_LIGHT} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_DARK} }} }}
@media print {{ :root {{ color-scheme: light; {_LIGHT} }} }}
"""
    + """
body { margin: 0 auto; max-width: 1220px; padding: 1rem 1.5rem 3rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.5rem; margin: .4rem 0; }
h2 { font-size: 1.15rem; margin: 0 0 .3rem; padding-top: .8rem; border-top: 2px solid var(--grid); }
section { margin-top: 1.6rem; }
p { margin: .3rem 0; max-width: 60rem; }
.note { color: var(--faint); font-size: .9em; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .8rem 0; font-size: .93em; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--grid); }
th { font-weight: 600; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
a { color: inherit; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(270px, 1fr)); gap: .6rem; }
svg { width: 100%; max-width: 380px; height: auto; }
svg text { fill: var(--faint); font-size: 9px; }
svg .title { fill: var(--ink); font-size: 11px; font-weight: 600; }
svg .label, svg .x { text-anchor: middle; }
svg .label { fill: var(--ink); font-size: 10px; }
svg .y { text-anchor: end; }
svg path { fill: none; stroke-width: 1; }
svg .grid { stroke: var(--grid); stroke-width: .6; }
svg .ideal { stroke: var(--ink); stroke-dasharray: 5 3; }
svg .dots { stroke: var(--dots); stroke-width: 3; stroke-linecap: round; stroke-opacity: .6; }
svg .seen { fill: var(--seen); }
svg .band { fill: var(--band); fill-opacity: .6; }
@media print { section { break-inside: avoid; } body { max-width: none; padding: 0; } }
"""
)
_READING = (
    "Points are readings that took no part in fitting. Dashed: where they should lie. Blue: the 90 % interval. Shaded: the range "
    "that fitting has seen; outside it the nameplate's law goes on, with a wider interval."
)


def card_page(site: Site, card: Mapping[str, Any], samples: Mapping[str, Sample], standing: str) -> str:
    """Return the page of a version.

    Parameters
    ----------
    site
        The site; times are on its clock.
    card
        The card of the version.
    samples
        Test points by part.
    standing
        Whether the version is in service, in words.
    """
    title = f"{site.name or site.id}: models {card['version']}"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    parts = "".join(_section(entry, card["version"], samples.get(entry["name"]), site.zone) for entry in card["parts"])
    body = f"<h1>{escape(title)}</h1>{_origin(card, standing)}{_overview(card)}{parts}"
    return f'<!doctype html><html lang="en"><head>{head}<style>{_STYLE}</style></head><body>{body}</body></html>\n'


def _origin(card: Mapping[str, Any], standing: str) -> str:
    lines = [
        f"{standing} When it was made: {card['reason']}.",
        f"Trained {card['trained'][:16].replace('T', ' ')} UTC ({card['why']}), {card['cpu_s']:g} CPU s; "
        f"facility {card['code_version']}, site revision {card['site_revision']}.",
        _READING,
    ]
    return "".join(f'<p class="{"note" if line is _READING else ""}">{escape(line)}</p>' for line in lines)


def _overview(card: Mapping[str, Any]) -> str:
    heads = ("part", "answers", "RMSE", "nameplate", "yesterday", "CV(RMSE)", "± 90 %", "inside", "unit")
    rows = "".join(_overview_row(entry, card["version"]) for entry in card["parts"])
    headings = "".join(f"<th>{head}</th>" for head in heads)
    return f'<div class="wide"><table><thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table></div>'


def _overview_row(entry: Entry, version: str) -> str:
    test = entry["test"] or {}
    rmse = [(entry[name] or {}).get("rmse") for name in ("test", "prior_test", "persistence_test")]
    cells = [
        *(number(value) for value in rmse),
        number(test.get("cv_rmse_frac"), ".1%"),
        number(entry["half_width"]),
        number(entry["coverage_frac"], ".0%"),
        entry["unit"],
    ]
    link = f'<a href="#{escape(entry["name"])}">{escape(entry["name"])}</a>'
    return f"<tr><td>{link}</td><td>{answers(entry, version)}</td>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _section(entry: Entry, version: str, sample: Sample | None, zone: ZoneInfo) -> str:
    window = entry["window"]
    lines = [entry["method"], *dict.fromkeys((entry["reason"], entry["decision"]["reason"]))]
    if window:
        lines.append(f"Rows from {window[0][:16].replace('T', ' ')} to {window[1][:16].replace('T', ' ')} UTC")
    said = f"<p>{escape(' '.join(_sentence(line) for line in (answers(entry, version), *lines)))}</p>"
    notes = f'<p class="note">{escape("; ".join(entry["notes"]))}</p>' if entry["notes"] else ""
    pictures = f'<div class="pictures">{_pictures(entry, sample, zone)}</div>' if sample else ""
    return f'<section id="{escape(entry["name"])}"><h2>{escape(entry["name"])}</h2>{said}{notes}{pictures}</section>'


def _pictures(entry: Entry, sample: Sample, zone: ZoneInfo) -> str:
    unit, missed = entry["unit"], sample.measured - sample.predicted
    band = entry["half_width"]
    clouds = [
        Cloud(f"predicted [{unit}]", f"measured [{unit}]", sample.measured, sample.predicted, "diagonal", band),
        Cloud(
            f"measured − predicted [{unit}]", "time", sample.times.astype("M8[s]").astype(np.float64), missed,
            band=band, zone=zone,
        ),
    ]  # fmt: skip
    for name, values in sample.conditions.items():
        low, high = entry["features"].get(name, (None, None))
        seen = None if low is None or high is None else (low, high)
        clouds.append(Cloud(f"measured − predicted [{unit}]", name, values, missed, band=band, seen=seen))
    return "".join(drawn(cloud) for cloud in clouds)


def answers(entry: Entry, version: str) -> str:
    """Return in words what answers for a part of a version."""
    if "fitted_until" not in entry:
        return "nameplate"
    learned = "learned" if entry["qualified"] else "doubtful"
    return learned if entry["trained_in"] == version else f"{learned} in {entry['trained_in']}"


def number(value: float | None, form: str = ".3g") -> str:
    """Return a figure in words, nothing where there is none."""
    return "" if value is None else format(value, form)


def _sentence(text: str) -> str:
    """Return a text as a sentence; an id at its beginning stays as it is."""
    first = text.partition(" ")[0]
    return f"{text[:1].upper() if first.isalpha() else text[:1]}{text[1:].rstrip('.')}."
