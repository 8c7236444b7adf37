"""HTML and SVG elements that escape what they hold."""

from __future__ import annotations

from html import escape

VOID = frozenset({"meta", "link", "br", "input"})


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def element(tag: str, *children: str | None, **attributes: str | float | None) -> Markup:
    """Return an element; `class_` and `stroke_width` become `class` and `stroke-width`, None is left out, text is escaped."""
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(_attribute(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in VOID:
        return Markup(f"<{tag}{given}>")
    return Markup(f"<{tag}{given}>{joined(*children)}</{tag}>")


def joined(*children: str | None) -> Markup:
    """Return children one after the other."""
    texts = (child if isinstance(child, Markup) else escape(child) for child in children if child is not None)
    return Markup("".join(texts))


def _attribute(value: str | float) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
