"""`facility signals` against a provider on loopback, and the faults of a site file that names one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from facility.cli import main
from tests.signals import published_documents as documents
from tests.signals.provider_server import Answer, serving

Captured = pytest.CaptureFixture[str]


def types(site: Path, console: Captured, *words: str) -> tuple[int, str, str]:
    console.readouterr()
    code = main(["signals", str(site), "--state", str(site.parent / "state"), *words])
    said = console.readouterr()
    return code, said.out, said.err


def name_source(site: Path, part: str, lines: str) -> None:
    """Write keys under a part of the site file, which may have to be made."""
    heading, text = f"\n{part}:\n", site.read_text()
    text = text if heading in text else text + heading
    site.write_text(text.replace(heading, heading + lines, 1))


def carbon_source(base_url: str, **more: str) -> str:
    keys = {"provider": "electricity_maps", "base_url": base_url, "zone": "DE", "key": "env:TOKEN", **more}
    return "  intensity_source: {" + ", ".join(f"{name}: '{value}'" for name, value in keys.items()) + "}\n"


def answers() -> list[Answer]:
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return [
        Answer(documents.electricity_maps(now - timedelta(hours=24), [410.0] * 24, "history")),
        Answer(documents.electricity_maps(now, [380.0 + hour for hour in range(72)], "forecast")),
    ]


def test_a_site_that_fetches_nothing_says_so(example_site: Path, capsys: Captured) -> None:
    code, out, _ = types(example_site, capsys)
    assert code == 0
    assert out.startswith("This site fetches nothing")


def test_fetched_then_shown_then_failing(example_site: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "t")
    waiting = answers()
    with serving(lambda _: waiting.pop(0) if waiting else Answer("", 503)) as server:
        name_source(example_site, "carbon", carbon_source(server.base_url))
        code, out, _ = types(example_site, capsys)
        assert (code, len(server.asked)) == (0, 0)
        assert "nothing fetched yet" in out
        assert "stands in" in out
        code, out, _ = types(example_site, capsys, "--fetch", "--format", "json", "--hours", "3")
        (row,) = json.loads(out)["signals"]
        assert (code, row["state"], row["provider"]) == (0, "fresh", "electricity_maps DE lifecycle")
        assert list(row["next"].values()) == [380.0, 381.0, 382.0]
        code, out, _ = types(example_site, capsys, "--fetch", "--format", "csv")
        assert code == 1
        assert "status 503" in out
        assert "failing" in out


WATTTIME = "  intensity_source: {provider: watttime, region: X, username: env:A, password: env:B}\n"


@pytest.mark.parametrize(
    ("part", "lines", "message"),
    [
        ("carbon", carbon_source("https://a.example", emission_factors="cradle"), "expected 'lifecycle' or 'direct'"),
        ("carbon", carbon_source("http://a.example"), "base_url: expected https"),
        ("carbon", carbon_source("https://a.example", key="abc"), "expected env:NAME or file:PATH"),
        ("carbon", carbon_source("https://a.example", zonne="DE"), "zonne"),
        ("carbon", WATTTIME, "write signal: marginal"),
        ("carbon", "  accounting: market_based\n" + carbon_source("https://a.example"), "market_based needs a file or a constant"),
        ("tariff", "  price_source: {provider: caiso, node: TH_SP15}\n", "has prices in USD, the site's currency is EUR"),
        ("tariff", "  price_source: {provider: nordpool, area: X}\n", "price_source"),
        ("weather", "  forecast: provider\n  source: {provider: epw, file: none.epw}\n", "no file"),
    ],
)  # fmt: skip
def test_a_wrong_source_is_named_with_its_line(
    example_site: Path, capsys: Captured, part: str, lines: str, message: str
) -> None:
    name_source(example_site, part, lines)
    code, _, err = types(example_site, capsys)
    assert code == 2
    assert message in err
    assert "site.yaml:" in err
