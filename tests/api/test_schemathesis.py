"""The OpenAPI document against the API, by requests that schemathesis makes from it: no 5xx, and only what the document tells."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from httpx import Client
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from facility.access import Role
from facility.accounts.opening import Access, open_access
from facility.api.app import PREFIX
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import add_person, nobody, signed_in
from tests.api.records_for_tests import FixedClock
from tests.api.serving import serving
from tests.api.test_access import OPEN, ROUTES, SIGNED
from tests.api.test_alarms import _raise as raise_alarms
from tests.api.test_api import _store_plan as store_plan
from tests.api.test_api import _store_readings as store_readings

__all__ = ["cheap_hashes"]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
Opened = tuple[Client, Access]
LINES = [line for line in ROUTES if PREFIX in line and not line.startswith("WebSocket")]
# Nobody polls here, so that these say `failed`, with 503: as their document tells.
FAILED = ("GET /api/v1/alive", "GET /api/v1/health")


@pytest.fixture(scope="module")
def hourly() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="module")
def opened(loaded: LoadedSite, tmp_path_factory: pytest.TempPathFactory, hourly: FixedClock) -> Iterator[Opened]:
    """A site with readings, a plan and alarms."""
    state = StateFolder(tmp_path_factory.mktemp("conforming"))
    store_readings(loaded, state)
    store_plan(loaded, state)
    raise_alarms(state)
    with closing(open_access(loaded, state, hourly)) as access, serving(loaded, state, hourly) as client:
        yield client, access


@pytest.mark.slow
@pytest.mark.parametrize("who", ["admin", "unknown"])
@pytest.mark.parametrize("line", LINES)
def test_the_document_tells_all_that_may_come(opened: Opened, hourly: FixedClock, line: str, who: str) -> None:
    client, access = opened
    hourly.at += timedelta(hours=1)  # passwords were guessed: what that locks is open again
    asker = nobody(client)
    if who == "admin":
        name = f"admin-{LINES.index(line)}"  # a new one each time: some requests sign out, or change the password
        add_person(access, name, Role.ADMIN)
        asker = signed_in(client, name)
    schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
    method, path = line.split()

    @settings(
        max_examples=25 if who == "admin" else 3,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy())
    def ask(case: Any) -> None:
        case.headers = {**(case.headers or {}), **asker.headers}
        case.cookies = {}
        if asker.csrf:
            case.headers["X-CSRF-Token"] = asker.csrf
        answer = case.call(base_url=str(client.base_url))
        checks = [check for check in CHECKS if line not in FAILED or check is not not_a_server_error]
        case.validate_response(answer, checks=checks)
        answered.add(answer.status_code)

    answered: set[int] = set()
    ask()
    may = (who == "admin" and ROUTES[line] != SIGNED) or ROUTES[line] == OPEN
    assert may == bool(answered - {401, 403}), answered  # else nothing behind the refusal was tried
