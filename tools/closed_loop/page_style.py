"""How a page looks: colours for light and dark, one look for each arm, and the style sheet.

Hues are those of Okabe and Ito (Color Universal Design, 2008), which colour-blind readers can tell apart, a little darker on
white and lighter on black; each arm has a line of its own kind as well, and a sign stands beside each red or blue figure.
"""

from __future__ import annotations

from dataclasses import dataclass

BASELINE = "good_practice"  # what the others are measured against


@dataclass(frozen=True, slots=True)
class ArmStyle:
    """How an arm is called and drawn; dashes in multiples of the line's width, none for a whole line."""

    label: str
    variable: str
    width: float
    dashes: tuple[float, ...] = ()


ARMS = {
    "as_commissioned": ArmStyle("as commissioned", "--commissioned", 1.2, (1.0, 1.6)),
    BASELINE: ArmStyle("good practice", "--practice", 1.3),
    "facility": ArmStyle("facility", "--ours", 1.8),
    "reference": ArmStyle("reference", "--reference", 1.3, (4.0, 2.0)),
}

# By variable of the style sheet: the colour on white and the colour on black.
COLOURS = {
    "--paper": ("#ffffff", "#14171a"),
    "--ink": ("#1b1f23", "#e6e8ea"),
    "--faint": ("#5f6870", "#9aa4ad"),
    "--grid": ("#e1e4e8", "#30363d"),
    "--commissioned": ("#6b737b", "#a3abb3"),
    "--practice": ("#c77700", "#f0a830"),
    "--ours": ("#0060a8", "#56b4e9"),
    "--reference": ("#00805e", "#2fc795"),
    "--limit": ("#b0263a", "#ff7a85"),
    "--worse": ("#b23c00", "#ff9a5c"),
    "--better": ("#0060a8", "#6cc0f0"),
    # A quantity that counts: none, then more and more of it.
    "--level-0": ("#e8e4da", "#33363a"),
    "--level-1": ("#b9d3e4", "#31506a"),
    "--level-2": ("#7fb2d6", "#3f7ba8"),
    "--level-3": ("#3d82b8", "#6aaedd"),
    "--level-4": ("#10497c", "#b5ddfa"),
}
LEVELS = [name for name in COLOURS if name.startswith("--level-")]

# Drawings are made in these colours, no two alike, and get their variables afterwards.
STAND_INS = {name: f"#0102{number:02x}" for number, name in enumerate(COLOURS, start=16)}


def _variables(which: int) -> str:
    return "".join(f"{name}:{pair[which]};" for name, pair in COLOURS.items())


STYLE_SHEET = (
    f":root{{color-scheme:light dark;{_variables(0)}}}"
    f"@media (prefers-color-scheme:dark){{:root{{{_variables(1)}}}}}"
    """
body { margin: 0 auto; max-width: 1180px; padding: 1rem 1.5rem 3rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.5rem; margin: .4rem 0; }
h2 { font-size: 1.2rem; margin: 0 0 .5rem; padding-top: .8rem; border-top: 2px solid var(--grid); }
section { margin-top: 2rem; }
p { margin: .3rem 0; max-width: 62rem; }
.note { color: var(--faint); font-size: .9em; }
a { color: inherit; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .8rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--faint); font-size: .9em; padding-bottom: .3rem; }
th, td { padding: .12rem .7rem; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--grid); }
table.overview { font-size: .93em; }
.overview th, .overview td { padding-right: .4rem; padding-left: .4rem; }
th { font-weight: 600; }
th:first-child { text-align: left; font-weight: 400; padding-left: 0; }
thead th { white-space: normal; vertical-align: bottom; border-bottom: 2px solid var(--faint); }
tbody th[colspan] { padding-top: .7rem; font-weight: 700; }
tr.sum th, tr.sum td { font-weight: 700; border-top: 1px solid var(--faint); }
td.nought { color: var(--faint); }
td small { display: inline-block; min-width: 5.9em; font-size: .85em; color: var(--faint); }
td small.worse { color: var(--worse); }
td small.better { color: var(--better); }
.legend { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; padding: .45rem 0;
  background: var(--paper); border-bottom: 1px solid var(--grid); font-size: .93em; }
svg.key { width: 36px; height: 12px; vertical-align: middle; }
svg.course { display: block; width: 100%; height: auto; }
svg.course text { font-family: inherit !important; }
@media print { .legend { position: static; } section { break-before: page; } }
"""
)
