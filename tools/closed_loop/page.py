"""Pictures of comparisons: one HTML file that needs nothing else, for `python -m tools.closed_loop ... --html FILE`.

    write_page(path, [PageCase(comparison, case.loaded.site, {"facility": recorder.frame(), ...})])

For each comparison it has what came out in words, a table of the figures with losses as plain as wins, and the course of the
arms over time, one panel below the other. A recorder is a watcher of the arm's drive from the start of the judged span on; an
arm without a frame is in the table only. Colours follow the reader's light or dark setting.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from tools.closed_loop.page_case import PageCase
from tools.closed_loop.page_drawing import drawn
from tools.closed_loop.page_panels import panels_of
from tools.closed_loop.page_style import ARMS, STYLE_SHEET
from tools.closed_loop.page_tables import figures_table, overview_table
from tools.closed_loop.page_words import money, outcome

__all__ = ["PageCase", "write_page"]


def write_page(path: Path, comparisons: Sequence[PageCase]) -> None:
    """Write the page.

    Parameters
    ----------
    path
        The HTML file; what is there is overwritten.
    comparisons
        At least one; shown in this order.

    Raises
    ------
    ValueError
        If there are no comparisons, or a frame is not a recorder's.
    """
    if not comparisons:
        raise ValueError("a page needs at least one comparison")
    title = "Closed loop: " + ", ".join(dict.fromkeys(one.comparison.site for one in comparisons))
    body = [f"<h1>{escape(title)}</h1>"]
    if len(comparisons) > 1:
        body.append(overview_table(comparisons))
    body += [_section(number, one) for number, one in enumerate(comparisons, start=1)]
    path.write_text(_DOCUMENT.format(title=escape(title), style=STYLE_SHEET, body="\n".join(body)), encoding="utf-8")


def _section(number: int, case: PageCase) -> str:
    parts = [f'<section id="case-{number}">', f"<h2>{escape(case.title)}</h2>"]
    parts += [f"<p>{escape(sentence)}</p>" for sentence in outcome(case)]
    parts += [f'<p class="note">Note: {escape(note)}</p>' for note in case.comparison.notes]
    parts.append(figures_table(case))
    without = [ARMS[arm].label for arm in case.comparison.runs if arm not in case.frames]
    if without:
        parts.append(f'<p class="note">Without a course over time: {escape(", ".join(without))}.</p>')
    if case.frames:
        parts += [_legend(case), drawn(panels_of(case), list(case.frames), case.site.zone, f"case-{number}")]
    return "\n".join([*parts, "</section>"])


def _legend(case: PageCase) -> str:
    keys = []
    for arm in case.frames:
        style = ARMS[arm]
        line = f'<line x1="1" x2="35" y1="6" y2="6" stroke="var({style.variable})" stroke-width="{1.4 * style.width}"'
        dashes = f' stroke-dasharray="{" ".join(f"{2 * one:g}" for one in style.dashes)}"' if style.dashes else ""
        cost = money(case.comparison.runs[arm].cost.cost, case.site.currency)
        keys.append(
            f'<span><svg class="key" viewBox="0 0 36 12" aria-hidden="true">{line}{dashes}/></svg> '
            f"<b>{escape(style.label)}</b> {escape(cost)}</span>"
        )
    return f'<div class="legend">{"".join(keys)}</div>'


_DOCUMENT = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""
