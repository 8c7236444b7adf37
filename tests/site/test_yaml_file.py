from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facility.errors import ConfigurationError
from facility.site_file import load_site
from facility.yaml_file import MAX_BYTES, read_yaml

BILLION_LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "1: the file is empty"),
    "only a comment": (b"# nothing\n", "1: the file is empty"),
    "a list": (b"- a\n- b\n", "1: expected a mapping"),
    "a word": (b"site", "1: expected a mapping"),
    "tab": (b"schema: 1\nhalls:\n\t- id: x\n", "3: a tab in the indentation; use spaces"),
    "not UTF-8": (b"schema: 1\nname: M\xfcnchen\n", "2: not UTF-8"),
    "UTF-16": ("schema: 1\n".encode("utf-16"), "not UTF-8"),
    "control character": (b"schema: 1\nname: a\x00b\n", "2: not valid YAML"),
    "open bracket": (b"schema: 1\nhalls: [a, b\n", "not valid YAML"),
    "open quote": (b'schema: 1\nname: "x\n', "not valid YAML"),
    "two documents": (b"a: 1\n---\nb: 1\n", "not valid YAML"),
    "key twice": (b"schema: 1\nname: a\nname: b\n", "3: name: given twice"),
    "list as key": (b"? [a]\n: 1\n", "expected a plain word as key"),
    "merge key": (b"a: &x {b: 1}\nc:\n  <<: *x\n", "3: merge keys (<<) are not allowed"),
    "tag": (b"schema: 1\nname: !!python/object/apply:os.system ['true']\n", "2: tags (!...) are not allowed"),
    "unknown alias": (b"schema: 1\nname: *nothing\n", "2: not valid YAML"),
    "deep": (b"a: " + b"[" * 50_000, "1: nested deeper than 24 levels"),
    "alias inside itself": (b"a: &a [*a]\n", "1: too many values, or an alias inside itself"),
    "billion laughs": (BILLION_LAUGHS.encode(), "too many values, or an alias inside itself"),
    "huge": (b"a: " + b"x" * MAX_BYTES, "larger than 4 MiB"),
    "not there": (b"", "cannot be read"),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_refused_quickly_and_in_words(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "site.yaml"
    if message != "cannot be read":
        path.write_bytes(content)
    began = time.process_time()
    with pytest.raises(ConfigurationError) as caught:
        load_site(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert time.process_time() - began < 5.0


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_site(tmp_path)


SCALARS = {
    "no": "no",
    "06:00": "06:00",
    "1_000": "1_000",
    "007": "007",
    "0x1F": "0x1F",
    "2026-01-01": "2026-01-01",
    "true": True,
    "~": None,
    "12": 12,
    "-1.5e3": -1500.0,
    '"12"': "12",
    ".inf": ".inf",
    "9" * 5000: "9" * 5000,
}


@pytest.mark.parametrize(("written", "meant"), SCALARS.items())
def test_a_scalar_means_what_an_engineer_reads(tmp_path: Path, written: str, meant: object) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(f"key: {written}\n", encoding="utf-8")
    assert read_yaml(path).data == {"key": meant}


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_bytes("\ufeffa: 1\r\nb:\r\n  - c: 2\r\n".encode())
    file = read_yaml(path)
    assert file.data == {"a": 1, "b": [{"c": 2}]}
    assert file.line(("b", 0, "c")) == 3


def test_aliases_repeat_a_value(tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text("a: &limits {low: 1}\nb: *limits\n", encoding="utf-8")
    assert read_yaml(path).data == {"a": {"low": 1}, "b": {"low": 1}}


EXAMPLE = (Path(__file__).parent / "example" / "site.yaml").read_text(encoding="utf-8")
SNIPPETS = [
    "",
    ":",
    "- ",
    "\t",
    "{",
    "}",
    "[",
    "*a",
    "&a ",
    "!!int ",
    "'",
    '"',
    "\x00",
    "\ud800",
    "1e999",
    "for_each: a..b",
    "{n}",
    "~",
    "- - -",
]


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_mutation_is_a_site_or_a_configuration_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / "mutated"
    folder.mkdir(exist_ok=True)
    (folder / "profiles").mkdir(exist_ok=True)
    path = folder / "site.yaml"
    path.write_bytes(_mutated(data).encode("utf-8", errors="surrogatepass"))
    try:
        load_site(path)
    except ConfigurationError as error:
        assert str(error).startswith(str(path))


def _mutated(data: st.DataObject) -> str:
    lines = EXAMPLE.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        kind = data.draw(st.sampled_from(["drop", "copy", "indent", "value", "splice", "word"]))
        if kind == "drop":
            lines[at] = ""
        elif kind == "copy":
            lines[at] += data.draw(st.sampled_from(lines))
        elif kind == "indent":
            lines[at] = " " * data.draw(st.integers(1, 5)) + lines[at]
        elif kind == "value":
            value = data.draw(st.one_of(st.integers(), st.floats(), st.text(max_size=8), st.booleans(), st.none()))
            lines[at] = f"{lines[at].partition(':')[0]}: {value!r}\n"
        elif kind == "word":
            lines[at] = f"{lines[at].partition(':')[0]}: {data.draw(st.sampled_from(SNIPPETS))}\n"
        else:
            column = data.draw(st.integers(0, len(lines[at])))
            lines[at] = lines[at][:column] + data.draw(st.sampled_from(SNIPPETS)) + lines[at][column:]
    return "".join(lines)
