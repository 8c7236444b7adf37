"""What `facility serve --oidc FILE` refuses before it starts anything, and what it makes of a right one."""

from __future__ import annotations

from pathlib import Path

import pytest

from facility.access import Role
from facility.accounts.oidc.settings import read_oidc
from facility.cli import main
from facility.errors import ConfigurationError
from tests.house.repository import ROOT

RIGHT = "name: Example\nissuer: https://login.example\nclient_id: facility\nroles: {ops: operator}\n"
WRONG = {
    "issuer: http://login.example": "oidc.yaml:2: issuer",
    "issuer: https://user@login.example": "oidc.yaml:2: issuer",
    "issuer: https://": "oidc.yaml:2: issuer",
    "issuer: https://login.example:port": "oidc.yaml:2: issuer",
    "roles: {}": "oidc.yaml:4: roles",
    "roles: {ops: boss}": "oidc.yaml:4: roles.ops",
    "client_secret: open-to-all": "env:NAME or file:PATH",
    "client_secret: env:NO_SUCH_VARIABLE": "NO_SUCH_VARIABLE is not set",
    "scopes: [profile]": "openid",
    "secret: x": "secret",
}


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_file_is_refused_at_the_start(
    line: str, example_site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, state = tmp_path / "oidc.yaml", tmp_path / "state"
    kept = "".join(f"{each}\n" for each in RIGHT.splitlines() if not each.startswith(line.partition(":")[0]))
    if line.startswith("issuer"):
        first, rest = kept.split("\n", 1)
        file.write_text(f"{first}\n{line}\n{rest}")
    else:
        file.write_text(f"{kept}{line}\n")
    assert main(["serve", str(example_site), "--state", str(state), "--port", "0", "--oidc", str(file)]) == 2
    told = capsys.readouterr().err
    assert WRONG[line] in told
    assert "open-to-all" not in told
    assert not state.exists()


def test_the_example_of_the_guide_is_right(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "access.md").read_text(encoding="utf-8")
    (secret := tmp_path / "secret").write_text("a secret")
    secret.chmod(0o600)
    (file := tmp_path / "oidc.yaml").write_text(
        guide.split("```yaml\n")[1].split("```")[0].replace("/etc/facility/oidc-secret", str(secret))
    )
    settings = read_oidc(file)
    assert settings.secret() == "a secret"
    assert settings.role_of(["plant-operators", "it-admins", "x"]) is Role.ADMIN
    assert settings.role_of(["x"]) is None
    secret.chmod(0o644)
    with pytest.raises(ConfigurationError, match=r"oidc\.yaml:4: client_secret: .*open to others"):
        read_oidc(file)
