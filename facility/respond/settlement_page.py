"""A settlement as a page that a person can send: one HTML file, without script and without anything from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; color: #222; background: #fff; }
table { border-collapse: collapse; margin: 1em 0; } th, td { padding: .2em .8em; border-bottom: 1px solid #ccc; text-align: right; }
th:first-child, td:first-child { text-align: left; } .missing { color: #777; } figure { margin: 1em 0; }
"""
_WIDTH, _HEIGHT, _EDGE = 760, 240, 40


def settlement_page(document: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the page of a settlement, as `facility.respond.settlement_report` tells it."""
    title = f"Event {document['event']} of {document['site']}"
    facts = "".join(
        f"<tr><td>{escape(str(key))}</td><td>{escape(_text(value))}</td></tr>" for key, value in document.items()
    )
    columns = list(rows[0]) if rows else []
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_text(row[name]))}</td>" for name in columns) + "</tr>" for row in rows
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>{escape(title)}</h1>\n<table>{facts}</table>\n{_figure(rows)}\n"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></body></html>\n"
    )


def _text(value: object) -> str:
    if value is None:
        return "not measured"
    if isinstance(value, float):
        return f"{value:.2f}"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _figure(rows: Sequence[Mapping[str, Any]]) -> str:
    """Draw the meter, and what it is held against; a gap stays a gap."""
    if len(rows) < 2:
        return ""
    against, word = ("cap_kw", "cap") if "cap_kw" in rows[0] else ("baseline_kw", "baseline")
    known = [row[key] for row in rows for key in (against, "meter_kw") if row[key] is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    span = (high - low) or 1.0

    def path(key: str) -> str:
        steps, pen = [], "M"
        for at, row in enumerate(rows):
            if row[key] is None:
                pen = "M"
                continue
            x = _EDGE + at / (len(rows) - 1) * (_WIDTH - 2 * _EDGE)
            y = _HEIGHT - _EDGE - (row[key] - low) / span * (_HEIGHT - 2 * _EDGE)
            steps.append(f"{pen}{x:.1f},{y:.1f}")
            pen = "L"
        return " ".join(steps)

    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{word} and meter in kW">'
        f'<path d="{path(against)}" fill="none" stroke="#777" stroke-dasharray="6 4"/>'
        f'<path d="{path("meter_kw")}" fill="none" stroke="#005a9c" stroke-width="2"/>'
        f'<text x="0" y="{_EDGE}">{high:.0f} kW</text><text x="0" y="{_HEIGHT - _EDGE}">{low:.0f} kW</text></svg>'
        f"<figcaption>Meter (solid) and {word} (dashed).</figcaption></figure>"
    )
