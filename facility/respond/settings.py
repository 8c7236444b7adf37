"""The file beside a site file that says who may ask what of the site: `demo.respond.yaml` beside `demo.yaml`.

Without it the site has no program, so that no event is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from facility.faults import read_settings
from facility.promises import CommitmentKind
from facility.respond.openadr.faults import faults
from facility.respond.openadr.settings import Named, VenSettings
from facility.respond.reception import Bounds
from facility.respond.workload.settings import WorkloadSettings, workload_faults
from facility.site.values import CalendarDate, ClockTime, Fraction, Id, NonNegative, Part, Positive, SecretRef
from facility.site_file import LoadedSite
from facility.yaml_file import KeyPath

HOOK = "hook:"  # what the sources of inbound hooks begin with
BaselineMethod = Literal[
    "ten_of_ten", "high_five_of_ten", "weather_regression", "meter_before", "as_planned", "metered_generation"
]
Told = Literal["event", "work"]
_AS_TEXT = BeforeValidator(
    lambda given: {str(key): value for key, value in given.items()} if isinstance(given, dict) else given
)


class Adjustment(Part):
    """The adjustment of a baseline to the day: the hours that end `ends_before_h` before the notice or the start."""

    hours: Annotated[float, Field(strict=True, ge=0.25, le=24.0)] = 3.0
    ends_before_h: NonNegative = 1.0
    most_frac: Fraction = 0.2


class BaselineTerms(Part):
    """How a program says what the site would have drawn."""

    method: BaselineMethod = "ten_of_ten"
    adjustment: Adjustment | None = None
    holidays: tuple[CalendarDate, ...] = ()
    generation_points: tuple[str, ...] = ()  # of metered generation: what delivers


class StandingRule(Part):
    """What is accepted without asking a person."""

    most_kw: Positive
    longest_h: Positive = 4.0
    begins_from: ClockTime = time(0, 0)
    begins_until: ClockTime = time(23, 59)
    least_payment_per_kwh: NonNegative = 0.0
    weekdays_only: bool = False


class Program(Part):
    """An agreement."""

    name: Named  # as its sender calls it: an OpenADR server by any words
    levels_kw: Annotated[dict[Annotated[str, Field(pattern="^[123]$")], Positive], _AS_TEXT] = Field(
        default_factory=dict
    )
    levels_are: CommitmentKind = CommitmentKind.REDUCTION  # or caps on what is drawn
    notice_min: NonNegative = 0.0
    furthest_days: Positive = 32.0
    payment_per_kwh: NonNegative = 0.0
    penalty_per_kwh: NonNegative = 0.0
    hard: bool = False  # falling short is not priced: it must not happen
    baseline: BaselineTerms = BaselineTerms()
    accept: StandingRule | None = None

    @property
    def bounds(self) -> Bounds:
        """What the agreement allows."""
        return Bounds(timedelta(minutes=self.notice_min), timedelta(days=self.furthest_days))


class HookSender(Part):
    """Who may post events, the secret they are signed with, and under which programs."""

    name: Id
    secret: SecretRef
    programs: Annotated[tuple[str, ...], Field(min_length=1)]


class OutboundHook(Part):
    """Who is told: of the life of events, or of work to be reduced and restored; `address` may be a reference too."""

    name: Id
    address: Annotated[str, Field(pattern=r"^(https?://|env:|file:).+")]
    secret: SecretRef
    tells: Annotated[tuple[Told, ...], Field(min_length=1)] = ("event",)
    tiers: tuple[str, ...] = ()  # of the site's pools; none: all


class RespondSettings(Part):
    """Whom the site answers, and how."""

    programs: tuple[Program, ...] = ()
    senders: tuple[HookSender, ...] = ()
    hooks: tuple[OutboundHook, ...] = ()
    openadr: tuple[VenSettings, ...] = ()
    workload: WorkloadSettings | None = None

    @property
    def vens(self) -> Sequence[VenSettings]:
        """The OpenADR servers that the site listens to, each with the programs that it has joined there."""
        names = tuple(program.name for program in self.programs)
        return [ven.model_copy(update={"programs": ven.programs or names}) for ven in self.openadr]

    def program(self, name: str) -> Program | None:
        """Return a program."""
        return next((one for one in self.programs if one.name == name), None)

    def sender(self, name: str) -> HookSender | None:
        """Return a sender of hooks."""
        return next((one for one in self.senders if one.name == name), None)

    def bounds(self, source: str, program: str) -> Bounds | None:
        """Return what a source may ask under a program; None: nothing."""
        found = self.program(program)
        if found is not None and source.startswith(HOOK):
            sender = self.sender(source.removeprefix(HOOK))
            return found.bounds if sender is not None and program in sender.programs else None
        return None if found is None else found.bounds

    def holidays(self, program: str) -> frozenset[date]:
        """Return the days that a program takes for holidays."""
        found = self.program(program)
        return frozenset() if found is None else frozenset(found.baseline.holidays)


def settings_path(loaded: LoadedSite) -> Path:
    """Return where the settings of a site are."""
    return loaded.path.with_suffix(".respond.yaml")


def load_settings(loaded: LoadedSite) -> RespondSettings:
    """Return the settings of a site; the defaults where it has no file.

    Raises
    ------
    ConfigurationError
        If the file is wrong: `file:line: key: what and how to mend it`.
    """
    return read_settings(settings_path(loaded), RespondSettings, lambda found: _wrong(loaded, found))


def _wrong(loaded: LoadedSite, settings: RespondSettings) -> Iterator[tuple[KeyPath, str]]:
    yield from _repeated(settings)
    yield from _unknown(loaded, settings)
    yield from faults(settings.openadr, [program.name for program in settings.programs], loaded)
    if settings.workload is not None:
        yield from workload_faults(settings.workload, loaded.site)


def _repeated(settings: RespondSettings) -> Iterator[tuple[KeyPath, str]]:
    parts: tuple[tuple[str, Sequence[Program | HookSender | OutboundHook | VenSettings]], ...] = (
        ("programs", settings.programs), ("senders", settings.senders), ("hooks", settings.hooks),
        ("openadr", settings.openadr),
    )  # fmt: skip
    for key, entries in parts:
        names = [one.name for one in entries]
        for number, name in enumerate(names):
            if name in names[:number]:
                yield (key, number, "name"), f"{name} is given twice; keep one"


def _unknown(loaded: LoadedSite, settings: RespondSettings) -> Iterator[tuple[KeyPath, str]]:
    known = {program.name for program in settings.programs}
    for number, sender in enumerate(settings.senders):
        for name in sender.programs:
            if name not in known:
                yield (
                    ("senders", number, "programs"),
                    f"{name} is none of the programs: {', '.join(sorted(known)) or 'none'}",
                )
    tiers = {tier.id for pool in loaded.site.server_pools for tier in pool.tiers}
    for number, hook in enumerate(settings.hooks):
        for name in hook.tiers:
            if name not in tiers:
                yield ("hooks", number, "tiers"), f"{name} is no tier of the site: {', '.join(sorted(tiers)) or 'none'}"
    for number, program in enumerate(settings.programs):
        terms = program.baseline
        if (terms.method == "metered_generation") != bool(terms.generation_points):
            yield (
                ("programs", number, "baseline"),
                "generation_points go with the method metered_generation, and it with them",
            )
        for name in terms.generation_points:
            if name not in loaded.points:
                yield ("programs", number, "baseline", "generation_points"), f"{name} is no point of {loaded.path.name}"
