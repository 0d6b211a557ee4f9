"""The tests of executions that outlive their process run on stores of both kinds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import quote

import programs
import pytest

sys.path.append(str(Path(__file__).parents[1] / "plugins"))


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[], str]]:
    """Makes empty databases of a PostgreSQL server; their addresses."""
    import psycopg
    from servers import PASSWORD, postgresql

    with postgresql() as address:
        place = address.partition("//")[2].partition("/")[0]
        login = f"postgresql://tester:{quote(PASSWORD, safe='')}@{place}"
        numbers = count()

        def new() -> str:
            name = f"store{next(numbers)}"
            with psycopg.connect(f"{login}/postgres", autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            return f"{login}/{name}"

        yield new


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def each_store(request: pytest.FixtureRequest) -> Iterator[None]:
    """Programs of the test have stores of this kind."""
    if request.param == "postgresql":
        programs.DATABASES.append(request.getfixturevalue("new_database"))
    yield
    programs.DATABASES.clear()
