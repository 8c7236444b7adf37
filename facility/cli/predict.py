"""Predict the site's power, its parts and its power ratio for the coming hours, with 90 % intervals, if nothing is changed.

The parts are learned from how the site was operated; `facility train` does that. `--format csv` has every step. Rack inlets and
liquid loops are predicted for the next hour, with how likely a rack passes its limit. `--days` needs no training: the PUE of the
coming days, by the course of the past ones, with how such forecasts have fared here.
"""

from __future__ import annotations

import argparse
import dataclasses
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from facility.cli.common import Row, add_output, add_site, emit, open_site
from facility.cli.predict_days import day_rows, day_tables, level_steps
from facility.cli.predict_hour import hour_tables
from facility.clock import SystemClock
from facility.environment import open_environment
from facility.errors import ConfigurationError
from facility.learn.learned import load_ahead
from facility.prepare.days_ahead import predict_days
from facility.prepare.next_hour import next_hour
from facility.prepare.prediction import Prediction, predict_site
from facility.site_file import LoadedSite
from facility.state import StateFolder

LONGEST_H = 48.0
_BLOCK_H = 3
_PERIODS_H = (24, 48)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_site(parser)
    parser.add_argument(
        "--hours", type=float, default=LONGEST_H, metavar="H", help="how far ahead (default and most: 48)"
    )
    parser.add_argument(
        "--days",
        action="store_true",
        help="PUE of the coming days instead, by the course of the past ones: it needs the meters alone, and no training",
    )
    add_output(parser)


def run(arguments: argparse.Namespace) -> int:
    """Predict, and print means by block of hours and the interim PUE of a day and of two."""
    if not 0 < arguments.hours <= LONGEST_H:
        raise ConfigurationError(f"--hours {arguments.hours:g}: give more than 0, and at most {LONGEST_H:g}")
    loaded, state = open_site(arguments)
    if arguments.days:
        return _run_days(arguments, loaded, state)
    with open_environment(loaded, state, SystemClock()) as environment:
        model, version = load_ahead(environment.models)
        prediction = predict_site(
            loaded,
            environment.telemetry,
            environment.signals,
            model,
            version,
            archive=environment.archive,
            at=environment.clock.now(),
            horizon=timedelta(hours=arguments.hours),
        )
        hour = next_hour(loaded, environment.telemetry, environment.clock.now())
    steps = step_rows(prediction)
    document = {
        "site": loaded.site.id,
        **_origin(prediction),
        "periods": period_rows(prediction),
        "next_hour": dataclasses.asdict(hour),
        "steps": steps,
    }
    tables = [*_tables(loaded.site.name, prediction, loaded.site.zone), *hour_tables(hour)]
    emit(arguments, tables, document, steps)
    return 0


def _run_days(arguments: argparse.Namespace, loaded: LoadedSite, state: StateFolder) -> int:
    with open_environment(loaded, state, SystemClock()) as environment:
        ahead = predict_days(loaded, environment.telemetry, environment.clock.now())
    days = day_rows(ahead)
    document = {
        "site": loaded.site.id,
        "newest": ahead.newest.isoformat(),
        "days": days,
        "steps": level_steps(ahead),
    }
    emit(arguments, day_tables(loaded.site.name, ahead), document, days)
    return 0


def step_rows(prediction: Prediction) -> list[Row]:
    """Return one row a step: UTC time, powers [kW], ratios, weather, and half-widths of 90 % intervals."""
    ahead = prediction.ahead
    columns: dict[str, Any] = {
        "time": [time.isoformat() for time in ahead.times],
        "it_kw": ahead.it_kw,
        **ahead.parts_kw,
        "facility_kw": ahead.facility_kw,
        "facility_half_width_kw": ahead.facility_half_width_kw,
        "power_ratio": ahead.power_ratio,
        "power_ratio_half_width": ahead.ratio_half_width,
        "power_ratio_half_width_given_it": ahead.ratio_half_width_given_it,
        "unseen": ahead.unseen,
        **{str(name): prediction.weather[name].to_numpy(float) for name in prediction.weather},
    }
    return [
        dict(zip(columns, row, strict=True))
        for row in zip(*(_plain(values) for values in columns.values()), strict=True)
    ]


def period_rows(prediction: Prediction) -> list[Row]:
    """Return the interim PUE of the coming day and two days, as far as they were asked for."""
    ahead = prediction.ahead
    step_h = (ahead.times[1] - ahead.times[0]) / pd.Timedelta(hours=1) if len(ahead.times) > 1 else 1.0
    found: list[Row] = []
    for hours in _PERIODS_H:
        last = round(hours / step_h) - 1
        if last < len(ahead.times):
            value, half_width = float(ahead.energy_ratio[last]), float(ahead.energy_ratio_half_width[last])
            found.append(
                {"hours": hours, "interim_pue": value, "low": max(1.0, value - half_width), "high": value + half_width}
            )
    return found


def _plain(values: Any) -> list[Any]:
    return values if isinstance(values, list) else values.tolist()


def _origin(prediction: Prediction) -> dict[str, Any]:
    return {
        "issued": prediction.issued.isoformat(),
        "models": prediction.model_version,
        "load_basis": prediction.ahead.basis,
        "weather_source": prediction.weather_source,
    }


def _tables(name: str, prediction: Prediction, zone: ZoneInfo) -> list[RenderableType]:
    ahead, issued = prediction.ahead, prediction.issued.astimezone(zone)
    lines: list[RenderableType] = [
        Text(
            f"{name}: if nothing is changed, as of {issued:%Y-%m-%d %H:%M %Z}, models {prediction.model_version}",
            "bold",
        ),
        Text(f"load by {ahead.basis}; weather: {prediction.weather_source}; ± is half of the 90 % interval"),
    ]
    lines += [
        Text(
            f"interim PUE of the coming {row['hours']} h: {row['interim_pue']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
        )
        for row in period_rows(prediction)
    ]
    if ahead.unseen.any():
        lines.append(
            Text(f"{ahead.unseen.mean():.0%} of the steps lie outside what the site has seen: ± is wider for it")
        )
    return [*lines, _block_table(prediction, zone)]


def _block_table(prediction: Prediction, zone: ZoneInfo) -> Table:
    ahead = prediction.ahead
    columns = (
        pd.DataFrame(
            {
                "IT kW": ahead.it_kw,
                **{
                    part.removesuffix("_kw").replace("_", " ") + " kW": values
                    for part, values in ahead.parts_kw.items()
                },
                "site kW": ahead.facility_kw,
                "±": ahead.facility_half_width_kw,
                "ratio": ahead.power_ratio,
                "± ": ahead.ratio_half_width,
                "outdoor °C": prediction.weather["outdoor_degc"].to_numpy(float),
            },
            index=ahead.times.tz_convert(zone),
        )
        .resample(f"{_BLOCK_H}h")
        .mean()
    )
    table = Table(title=f"Means of {_BLOCK_H} hours", title_justify="left")
    table.add_column("from")
    headings = [str(heading) for heading in columns]
    for heading in headings:
        table.add_column(heading.strip(), justify="right")
    for time, row in zip(columns.index, columns.to_numpy(float), strict=True):
        cells = [
            f"{value:.3f}" if "ratio" in name or name == "± " else f"{value:.1f}"
            for name, value in zip(headings, row, strict=True)
        ]
        table.add_row(_moment(time.to_pydatetime()), *cells)
    return table


def _moment(time: datetime) -> str:
    return f"{time:%a %d %b %H:%M}"
