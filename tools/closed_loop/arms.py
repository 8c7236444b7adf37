"""What is compared with what: the arms of a case, what each needs first, and which are shown where."""

from __future__ import annotations

from collections.abc import Collection

AS_COMMISSIONED, GOOD_PRACTICE = "as_commissioned", "good_practice"
FACILITY, REFERENCE = "facility", "reference"
COOLING_ONLY = "cooling_only_"
COOLING_ONLY_FACILITY, COOLING_ONLY_REFERENCE = COOLING_ONLY + FACILITY, COOLING_ONLY + REFERENCE
MAIN = (AS_COMMISSIONED, GOOD_PRACTICE, FACILITY, REFERENCE)
ARMS = (*MAIN, COOLING_ONLY_FACILITY, COOLING_ONLY_REFERENCE)
REFERENCES = (REFERENCE, COOLING_ONLY_REFERENCE)

PROLOGUE, LOWER_BOUND = "prologue", "lower_bound"  # no arms, but done like them
# Longest way to the end of a case first: a prologue holds everything up, and a reference waits for what others found.
LONGEST_FIRST = (
    PROLOGUE,
    FACILITY,
    COOLING_ONLY_FACILITY,
    GOOD_PRACTICE,
    REFERENCE,
    COOLING_ONLY_REFERENCE,
    AS_COMMISSIONED,
    LOWER_BOUND,
)


def with_yardstick(chosen: Collection[str]) -> tuple[str, ...]:
    """Return the arms to run: a reference is measured by what good practice breaks, so that it comes along."""
    wanted = {*chosen, *([GOOD_PRACTICE] if set(REFERENCES) & set(chosen) else [])}
    return tuple(arm for arm in ARMS if arm in wanted)


def starts_of(reference: str, running: Collection[str]) -> tuple[str, ...]:
    """Return the arms whose schedules a reference begins from.

    Good practice is first: cooling only, all do with servers, jobs and storage what the first does.
    """
    with_all_levers = (FACILITY,) if reference == REFERENCE else ()
    return tuple(arm for arm in (GOOD_PRACTICE, *with_all_levers, COOLING_ONLY_FACILITY) if arm in running)


def needs(name: str) -> tuple[str, ...]:
    """Return what has to be over before something can begin, as far as it is done at all."""
    if name == PROLOGUE:
        return ()
    return (PROLOGUE, *(starts_of(name, ARMS) if name in REFERENCES else ()))
