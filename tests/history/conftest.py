"""Journals to test with, on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.history import postgresql

_NUMBERS = itertools.count()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    programs = postgresql.binaries()
    if programs is None:
        pytest.skip("PostgreSQL absent: tools/install_system_packages brings it")
    with postgresql.server(programs) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def journal_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'a journal.sqlite'}"
    url: str = request.getfixturevalue("postgresql_server")
    name = f"journal_{next(_NUMBERS)}"
    engine = create_engine(
        url.format(database="postgres").replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.format(database=name)
