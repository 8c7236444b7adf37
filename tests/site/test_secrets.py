from __future__ import annotations

from pathlib import Path

import pytest

from facility.errors import ConfigurationError, SecretError
from facility.secrets import resolve_secret
from facility.site_file import load_site

SECRET = "planted-7f3a9c"


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED", SECRET)
    secret = resolve_secret("env:PLANTED")
    assert secret.get_secret_value() == SECRET
    assert SECRET not in repr(secret) + str(secret)


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(SecretError, match="environment variable NOT_PLANTED is not set"):
        resolve_secret("env:NOT_PLANTED")


def test_a_secret_comes_from_a_private_file(tmp_path: Path) -> None:
    path = tmp_path / "community"
    path.write_text(f"{SECRET}\n", encoding="utf-8")
    path.chmod(0o600)
    assert resolve_secret(f"file:{path}").get_secret_value() == SECRET


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620, 0o601])
def test_a_file_open_to_others_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "community"
    path.write_text(SECRET, encoding="utf-8")
    path.chmod(mode)
    with pytest.raises(SecretError, match="chmod 600") as caught:
        resolve_secret(f"file:{path}")
    assert SECRET not in str(caught.value)


def test_a_missing_empty_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="No such file"):
        resolve_secret(f"file:{tmp_path / 'none'}")
    with pytest.raises(SecretError, match="regular file"):
        resolve_secret(f"file:{tmp_path}")
    path = tmp_path / "key"
    path.touch(0o600)
    with pytest.raises(SecretError, match="empty"):
        resolve_secret(f"file:{path}")
    path.write_bytes(b"\xff\xfe" + SECRET.encode())
    with pytest.raises(SecretError, match="not UTF-8") as caught:
        resolve_secret(f"file:{path}")
    assert SECRET not in str(caught.value)


def test_a_reference_without_a_kind_is_refused_and_not_repeated() -> None:
    with pytest.raises(SecretError) as caught:
        resolve_secret(SECRET)
    assert SECRET not in str(caught.value)


COMMUNITY = 'community: "env:FACILITY_TEST_COMMUNITY"'
INLINE = {
    "community": (COMMUNITY, f"community: {SECRET}"),
    "quoted": (COMMUNITY, f'community: "{SECRET}"'),
    "wrong kind of reference": (COMMUNITY, f'community: "secret:{SECRET}"'),
    "in a mapping": (COMMUNITY, f"community: {{value: {SECRET}}}"),
    "in a list": (COMMUNITY, f"community: [{SECRET}]"),
    "misspelt key": (COMMUNITY, f"comunity: {SECRET}"),
    "other key": (COMMUNITY, f"password: {SECRET}"),
    "auth key": ("auth_key: env:FACILITY_TEST_AUTH", f"auth_key: {SECRET}"),
    "v3 as a word": ("{user: facility, auth_key: env:FACILITY_TEST_AUTH, priv_key: env:FACILITY_TEST_PRIV}", SECRET),
    "journal": ("name: Example site", f"name: x\njournal: {{url: 'postgresql://me:{SECRET}@db/facility'}}"),
    "table": ("name: Example site", f"name: x\nhistory: {{table_uri: 's3://me:{SECRET}@bucket'}}"),
    "host": ("{host: 127.0.0.1, port: 15020}", f"{{host: 'me:{SECRET}@plc', port: 15020}}"),
    "address as a word": ("snmp: {host: 127.0.0.1, ", f"snmp: 'community {SECRET}'\n    x: {{"),
    "as a tag": (COMMUNITY, f"community: !{SECRET} x"),
    "as an alias": (COMMUNITY, f"community: *{SECRET}"),
    "as a key": (COMMUNITY, f"community: {{{SECRET}}}"),
    "open quote": (COMMUNITY, f"community: '{SECRET}"),
    "escape": (COMMUNITY, f'community: "\\q{SECRET}"'),
}


@pytest.mark.parametrize(("old", "new"), INLINE.values(), ids=INLINE.keys())
def test_a_secret_written_into_the_site_file_is_refused_and_never_repeated(
    example_site: Path, old: str, new: str
) -> None:
    text = example_site.read_text(encoding="utf-8")
    assert old in text
    example_site.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_site(example_site)
    assert SECRET not in str(caught.value)
    chain: BaseException | None = caught.value
    while chain is not None:  # nor in what a traceback would show
        assert SECRET not in str(chain)
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
