"""Files hold what is on the screen: the same rows as CSV and as Parquet, in the units and on the clock that are shown."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import Open
from tests.console.furnished import Console

POINT = "rack-01.feed-a.inlet_temperature_degc"
FILES = {
    f"trends?points={POINT}": "trend",
    "overview": "power",
    "dispatch": "second-check",
    "halls": "hall-1",
    "plan": "plan",
    "energy": "ratios",
    "recommendations": "recommendations-proposed",
    "alarms": "alarms",
    "equipment/rack-01": "rack-01",
    "service": "processes",
}


def taken(page: Page, kind: str, name: str) -> Path:
    """Press a button and return the file that comes."""
    with page.expect_download() as downloading:
        page.get_by_role("button", name=f"{kind} of {name}", exact=True).click()
    assert downloading.value.suggested_filename == f"example-{name}.{kind.lower()}"
    return Path(downloading.value.path())


def of_one_moment(page: Page, name: str) -> tuple[pd.DataFrame, pa.Table]:
    """Return both files of the same things: an answer that was under way may come between them."""
    for _ in range(5):
        before, table, after = taken(page, "CSV", name), taken(page, "Parquet", name), taken(page, "CSV", name)
        if before.read_bytes() == after.read_bytes():
            return pd.read_csv(after), pq.read_table(table)
    raise AssertionError("what is shown does not come to rest")


@pytest.mark.parametrize("screen", FILES)
def test_csv_and_parquet_hold_the_same(open_page: Open, console: Console, screen: str) -> None:
    page, name = open_page(console, screen).page, FILES[screen]
    expect(page.get_by_role("button", name=f"CSV of {name}", exact=True)).to_be_enabled()
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))  # nothing is asked anew between the two
    spread, table = of_one_moment(page, name)
    told = table.schema.metadata
    assert (told[b"site"], told[b"units"], told[b"site_time_zone"]) == (b"example", b"si", b"Europe/Berlin")
    packed = table.to_pandas()
    assert len(packed) == len(spread) > 0
    assert [each.replace("[UTC]", "[Europe/Berlin]") for each in packed] == list(spread)
    for there, here in zip(packed, spread, strict=True):
        if str(packed[there].dtype).startswith("datetime64"):
            same = pd.to_datetime(spread[here], utc=True) == packed[there].dt.floor("s")
            assert (same | packed[there].isna()).all(), there
        elif packed[there].dtype == float:
            assert packed[there].to_numpy() == pytest.approx(spread[here].to_numpy(float), nan_ok=True), there
        else:
            said = [str(each) if pd.notna(each) else "" for each in spread[here].astype(object)]
            assert [each if pd.notna(each) else "" for each in packed[there]] == said, there


def test_a_file_is_in_the_units_and_on_the_clock_that_are_shown(open_page: Open, console: Console) -> None:
    page = open_page(console, "settings").page
    page.get_by_label("Units").select_option("ip")
    page.get_by_label("Clock").select_option("utc")
    with page.expect_response(lambda answer: "/api/v1/history" in answer.url) as answered:
        page.goto(f"{console.address}/#/trends?points={POINT}")
    drawn = answered.value.json()
    expect(page.get_by_role("button", name="CSV of trend")).to_be_enabled()
    rows = pd.read_csv(taken(page, "CSV", "trend"))
    assert list(rows) == [
        "time [UTC]",
        *(f"{POINT}{end} [°F]" for end in ("", " highest", " lowest", " step that runs")),
    ]
    assert rows["time [UTC]"].str.endswith("+00:00").all()
    known = dict(zip(map(pd.Timestamp, drawn["times"]), drawn["series"][0]["values"], strict=True))
    written = zip(map(pd.Timestamp, rows["time [UTC]"]), rows[f"{POINT} [°F]"], strict=True)
    ended = list(written)[:-1]  # the last step still runs
    compared = [(value, 1.8 * known[time] + 32) for time, value in ended if known.get(time) is not None]
    assert len(compared) > 100
    assert [one for one, _ in compared] == pytest.approx([other for _, other in compared])
    table = pq.read_table(taken(page, "Parquet", "trend"))
    assert table.schema.metadata[b"units"] == b"ip"
    assert table.column_names == list(rows)


def test_what_is_compared_is_a_file_with_a_column_each(open_page: Open, console: Console) -> None:
    page = open_page(console, "recommendations").page
    boxes = page.get_by_label("choose ")
    expect(boxes).to_have_count(3)
    for box in boxes.all()[:2]:
        box.check()
    page.get_by_role("button", name="Compare the chosen (2)").click()
    rows = pd.read_csv(taken(page, "CSV", "side-by-side"), dtype=str, keep_default_na=False)
    shown = page.get_by_role("dialog").locator("tbody tr").all()
    assert len(rows) == len(shown) > 5 and len(rows.columns) == 3
    for row, kept in zip(shown, rows.to_numpy().tolist(), strict=True):
        assert [one.strip() for one in row.locator("th, td").all_inner_texts()] == [str(one).strip() for one in kept]


def test_an_empty_list_makes_no_file(open_page: Open, console: Console) -> None:
    page = open_page(console, "savings").page
    expect(page.get_by_text("Nothing was applied")).to_be_visible()
    expect(page.get_by_role("button", name="CSV of savings")).to_be_disabled()
