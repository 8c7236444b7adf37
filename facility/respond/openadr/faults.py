"""What is wrong in the entries of OpenADR servers beside the rest of their file: programs and meters that are not there. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from facility.respond.openadr.settings import VenSettings
from facility.site_file import LoadedSite

Fault = tuple[tuple[str | int, ...], str]  # where, and what to do


def faults(vens: Sequence[VenSettings], programs: Collection[str], loaded: LoadedSite) -> Iterator[Fault]:
    """Yield what is wrong."""
    for number, ven in enumerate(vens):
        if not programs:
            yield (
                ("openadr", number),
                "there are no programs: write those of this server under programs, or nothing is taken",
            )
        for name in ven.programs:
            if name not in programs:
                yield (
                    ("openadr", number, "programs"),
                    f"{name} is none of the programs: {', '.join(sorted(programs)) or 'none'}",
                )
        yield from _meters(number, ven, loaded)


def _meters(number: int, ven: VenSettings, loaded: LoadedSite) -> Iterator[Fault]:
    taken: dict[str, str] = {}
    for name, named in ven.resources.items():
        where, meter = ("openadr", number, "resources"), named or loaded.site.electrical.main_meter
        if named is not None and not loaded.points.of(named, "power_kw"):
            yield where, f"{name}: {named} has no point power_kw; name a meter that has one"
        if meter in taken:  # reported together it would count twice
            yield where, f"{name} and {taken[meter]} are both measured by {meter}; keep one, or name another meter"
        taken[meter] = name
