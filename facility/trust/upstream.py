"""Meters against the meter upstream: racks against the PDU of their hall and the UPS, and the UPS's output against its input."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from math import log10
from statistics import median

from facility.site_file import LoadedSite
from facility.trust.decades import EXPONENTS, FED_BAND
from facility.trust.electrical import Meter

CLOSE_BAND = (0.85, 1.03)  # when a single meter is to explain the difference


@dataclass(frozen=True, slots=True)
class Wrong:
    """A reading that is `factor` times the truth, and what shows it."""

    point: str
    kind: str
    factor: float | None
    evidence: str


def feeds_of(loaded: LoadedSite) -> dict[str, tuple[str, ...]]:
    """Return the racks that hang on each PDU of a hall, and on the UPS."""
    racks = {hall.id: tuple(rack.id for rack in hall.racks) for hall in loaded.site.halls}
    feeds = {pdu.id: racks[pdu.hall] for pdu in loaded.site.electrical.pdus}
    return feeds | {loaded.site.electrical.ups.id: tuple(rack for hall in racks.values() for rack in hall)}


def sure_sum_kw(
    meters: Sequence[Meter],
    fed: Sequence[str],
    medians: Mapping[str, float],
    wrong: Mapping[str, Wrong],
    right: Collection[str],
) -> float | None:
    """Return what racks draw, if each of them is metered and sure: seen right, or corrected by a known factor."""
    total_kw, found = 0.0, set()
    for meter in meters:
        if meter.equipment in fed:
            power_kw = corrected_kw(meter, medians, wrong)
            if power_kw is None or not _sure(meter, wrong, right):
                return None
            total_kw += power_kw
            found.add(meter.equipment)
    return total_kw if fed and found == set(fed) else None


def reconcile(
    feeds: Mapping[str, Sequence[str]],
    meters: Sequence[Meter],
    medians: Mapping[str, float],
    wrong: Mapping[str, Wrong],
    right: Collection[str],
) -> Iterator[Wrong]:
    """Yield what only the meter upstream shows; `wrong` and `right` are what each meter showed by itself.

    Where nothing shows which of two sides is wrong, both are named.
    """
    named: set[str] = set()
    for upstream, fed in feeds.items():
        above = [meter for meter in meters if meter.equipment == upstream]
        below = [meter for meter in meters if meter.equipment in fed]
        above_kw = [corrected_kw(meter, medians, wrong) for meter in above]
        below_kw = {meter.name: corrected_kw(meter, medians, wrong) for meter in below}
        if not above or {meter.equipment for meter in below} != set(fed) or None in (*above_kw, *below_kw.values()):
            continue  # an unmetered rack leaves the sum open
        total_kw, known = sum(kw or 0.0 for kw in above_kw), {name: kw or 0.0 for name, kw in below_kw.items()}
        sure = {meter.name for meter in (*above, *below) if _sure(meter, wrong, right)}
        factors = explain_sum(total_kw, known, all(meter.name in sure for meter in above), sure)
        for meter in (*above, *below):
            factor = factors.get(None if meter in above else meter.name)
            if factor is not None and meter.power is not None and meter.power not in named:
                named.add(meter.power)
                yield _found(meter.power, medians[meter.power], factor, (upstream, total_kw), sum(known.values()))


def explain_sum(
    above_kw: float, fed_kw: Mapping[str, float], above_sure: bool, sure: Set[str]
) -> dict[str | None, float]:
    """Return who is wrong by which factor so that a sum fits what feeds it; None stands for the meter upstream.

    One fed meter alone, if only it explains the sum; else the upstream meter, or all fed meters by the same factor, or both
    sides where neither is sure of itself.
    """
    total_kw = sum(fed_kw.values())
    if above_kw <= 0 or total_kw <= 0 or FED_BAND[0] <= total_kw / above_kw <= FED_BAND[1]:
        return {}
    single = _single(above_kw, fed_kw, sure)
    if single is not None:
        return {single[0]: single[1]}
    exponent = next((one for one in EXPONENTS if FED_BAND[0] <= total_kw / above_kw / 10.0**one <= FED_BAND[1]), None)
    if exponent is None:
        return {}
    found: dict[str | None, float] = {} if above_sure else {None: 10.0**-exponent}
    return found if sure & fed_kw.keys() else found | dict.fromkeys(fed_kw, 10.0**exponent)


def _single(above_kw: float, fed_kw: Mapping[str, float], sure: Set[str]) -> tuple[str, float] | None:
    """Return the one fed meter that explains the sum, too large by a factor; too small it would hardly be missed.

    Of several factors the one that brings it nearest to the others: between them lies less than the losses.
    """
    total_kw = sum(fed_kw.values())
    explaining: dict[str, float] = {}
    for name in fed_kw.keys() - sure:
        rest_kw, kw = total_kw - fed_kw[name], fed_kw[name]
        usual_kw = median(other for one, other in fed_kw.items() if one != name) if len(fed_kw) > 1 else 0.0
        fits = [
            10.0**one for one in (1, 2, 3) if CLOSE_BAND[0] <= (rest_kw + kw / 10.0**one) / above_kw <= CLOSE_BAND[1]
        ]
        if fits and usual_kw > 0:
            explaining[name] = min(fits, key=lambda factor: abs(log10(kw / factor / usual_kw)))
    return next(iter(explaining.items())) if len(explaining) == 1 else None


def corrected_kw(meter: Meter, medians: Mapping[str, float], wrong: Mapping[str, Wrong]) -> float | None:
    """Return a meter's power, put right where its error is known; None where it does not read."""
    if meter.power is None or meter.power not in medians:
        return None
    found = wrong.get(meter.power)
    if found is None:
        return medians[meter.power]
    return medians[meter.power] / found.factor if found.factor else None


def _sure(meter: Meter, wrong: Mapping[str, Wrong], right: Collection[str]) -> bool:
    return meter.power in right or meter.power in wrong


def _found(point: str, value_kw: float, factor: float, above: tuple[str, float], total_kw: float) -> Wrong:
    evidence = (
        f"{point} reads {value_kw:.4g} kW; {above[0]} measures {above[1]:.4g} kW, what it feeds adds up to "
        f"{total_kw:.4g} kW: they agree if {point} reads {factor:g} times the truth"
    )
    return Wrong(point, "unit" if factor in (1000.0, 0.001) else "scale", factor, evidence)
