"""One part of a meter that is off by a power of ten is named, whatever the load, the lines and the wiring."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.trust.decades import Error, Said, agrees, carries_va, explain

EXPONENTS = st.sampled_from([-3, -2, -1, 1, 2, 3])


@st.composite
def meters(draw: st.DrawFn) -> Said:
    """A meter that is right: one to three lines, volts to neutral or between lines, a little noise."""
    kva = draw(st.floats(0.5, 900.0))
    factor = draw(st.floats(0.5, 1.0))
    volts = draw(st.sampled_from([120.0, 208.0, 230.0, 400.0]))
    shares = draw(st.lists(st.floats(0.8, 1.2), min_size=1, max_size=3))
    wiring = draw(st.sampled_from([1.0, math.sqrt(3.0)])) if len(shares) == 3 else 1.0
    noise = st.floats(0.98, 1.02)
    amperes = {
        line: wiring * 1000.0 * kva * share / sum(shares) / volts * draw(noise)
        for line, share in enumerate(shares, start=1)
    }
    return Said(
        power_kw=kva * factor * draw(noise),
        apparent_kva=kva * draw(noise),
        power_factor=factor,
        amperes=amperes,
        volts=dict.fromkeys(amperes, volts),
    )


@given(meters())
def test_a_meter_that_is_right_is_left_alone(said: Said) -> None:
    assert agrees(said)
    assert explain(said) == ()


@given(meters(), EXPONENTS, st.sampled_from(["power_kw", "apparent_kva"]))
def test_a_power_off_by_decades_is_named(said: Said, exponent: int, part: str) -> None:
    wrong = replace(said, **{part: getattr(said, part) * 10.0**exponent})
    assert explain(wrong) == (Error(part, 10.0**exponent),)


@given(meters(), EXPONENTS)
def test_currents_off_by_decades_are_named(said: Said, exponent: int) -> None:
    wrong = replace(said, amperes={line: one * 10.0**exponent for line, one in said.amperes.items()})
    assert explain(wrong) == (Error("amperes", 10.0**exponent),)


@given(meters(), st.sampled_from([-1, 1, 2, 3]))
def test_both_powers_of_one_register_scale_are_named_together(said: Said, exponent: int) -> None:
    """Without another witness it may as well be the currents: the counter decides."""
    factor = 10.0**exponent
    assert said.power_kw is not None and said.apparent_kva is not None
    wrong = replace(
        said, power_kw=said.power_kw * factor, apparent_kva=said.apparent_kva * factor, counted_kw=said.power_kw
    )
    assert explain(wrong) == (Error("power_kw", factor), Error("apparent_kva", factor))


@given(meters(), EXPONENTS)
def test_where_nothing_decides_both_sides_are_named(said: Said, exponent: int) -> None:
    assert said.power_kw is not None
    wrong = replace(said, apparent_kva=None, power_kw=said.power_kw * 10.0**exponent)
    found = explain(wrong)
    assert {error.part for error in found} == {"power_kw", "amperes"}
    assert {round(math.log10(error.factor)) for error in found} == {exponent, -exponent}


@given(meters(), EXPONENTS)
def test_what_is_fed_decides(said: Said, exponent: int) -> None:
    assert said.power_kw is not None
    wrong = replace(said, apparent_kva=None, power_kw=said.power_kw * 10.0**exponent, fed_kw=0.97 * said.power_kw)
    assert explain(wrong) == (Error("power_kw", 10.0**exponent),)


def test_one_line_out_of_three_is_named() -> None:
    said = Said(
        power_kw=6.6,
        apparent_kva=6.9,
        power_factor=0.96,
        amperes={1: 10.1, 2: 98.0, 3: 10.2},
        volts=dict.fromkeys((1, 2, 3), 230.0),
    )
    assert explain(said) == (Error("amperes", 10.0, 2),)


def test_what_reads_nothing_under_load_is_named() -> None:
    said = Said(power_kw=0.0, apparent_kva=4.3, power_factor=0.95, amperes={1: 18.7}, volts={1: 230.0})
    assert explain(said) == (Error("power_kw", 0.0),)


@given(st.floats(0.35, 3.0), st.floats(1.3, 7.0))
def test_a_difference_that_is_no_power_of_ten_is_left_alone(low: float, times: float) -> None:
    """A third of the load on an unmetered line, say: another kind of fault, or none."""
    said = Said(power_kw=low * times, apparent_kva=low, power_factor=1.0)
    assert explain(said) == ()


@given(st.floats(0.5, 900.0), st.floats(0.4, 0.93), st.booleans())
def test_apparent_power_under_the_name_of_power(kva: float, factor: float, has_lines: bool) -> None:
    amperes = {1: 1000.0 * kva / 230.0} if has_lines else {}
    said = Said(
        power_kw=kva, apparent_kva=kva, power_factor=factor, amperes=amperes, volts=dict.fromkeys(amperes, 230.0)
    )
    assert carries_va(said) == Error("power_kw", 1.0 / factor)


@given(st.floats(0.5, 900.0), st.floats(0.4, 0.93))
def test_power_under_the_name_of_apparent_power(kva: float, factor: float) -> None:
    said = Said(
        power_kw=kva * factor,
        apparent_kva=kva * factor,
        power_factor=factor,
        amperes={1: 1000.0 * kva / 230.0},
        volts={1: 230.0},
    )
    assert carries_va(said) == Error("apparent_kva", factor)


@given(meters())
def test_a_right_meter_carries_no_va(said: Said) -> None:
    found = carries_va(said)
    assert found is None


@pytest.mark.parametrize("said", [Said(), Said(power_kw=5.0), Said(power_kw=50.0, rated_kw=5.0), Said(volts={1: 2.3})])
def test_what_is_said_once_cannot_be_judged(said: Said) -> None:
    assert agrees(said) is None
    assert explain(said) == ()
