"""Sybase ASE and Db2 for i: databases that are reached through ODBC, with a driver that the machine has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.missing import load
from flowrt.model.declare import task_type
from flowrt.model.failures import TaskFailure
from flowrt.packages import ODBC
from flowrt.plugins.jdbc.address import parse_address, rest_of
from flowrt.plugins.jdbc.base import CONNECT_TIMEOUT, Database, JdbcQueries, JdbcQuery

if TYPE_CHECKING:
    from flowrt.model.context import RunContext

_PLAIN = re.compile(r"[\w./:+-]+", re.ASCII)


class Odbc(Database):
    """A database behind ODBC."""

    errors: ClassVar[tuple[str, str]] = ("pyodbc", "Error")
    packages: ClassVar[tuple[str, ...]] = (ODBC,)
    drivers: ClassVar[dict[str, dict[str, str]]] = {}
    """The names that its drivers have, in part, and what each wants to be told; the first that the machine has is taken."""
    way: ClassVar[str] = ""
    """Where a driver comes from."""

    def open(self, run: RunContext) -> Any:
        pyodbc = load("pyodbc", self.product, ODBC, "odbc")
        place = self._settings(run)
        settings = {
            **self._driver(pyodbc.drivers()),
            **place,
            "UID": run.text(self.username),
            "PWD": self.secret(run),
        }
        text = "".join(f"{name}={_quoted(each)};" for name, each in settings.items() if each)
        return pyodbc.connect(text, timeout=CONNECT_TIMEOUT, autocommit=True)

    def _driver(self, known: list[str]) -> dict[str, str]:
        """The driver of the machine. Raises TaskFailure when it has none."""
        for wanted, more in self.drivers.items():
            found = next((each for each in known if wanted.lower() in each.lower()), None)
            if found is not None:
                return {"DRIVER": found, **more}
        raise TaskFailure(
            f"{self.product} needs a driver of ODBC, and there is none here: {self.way}"
        )

    def _settings(self, run: RunContext) -> dict[str, str | None]:
        """What a driver needs to know of the server."""
        raise NotImplementedError

    def cancel(self, connection: Any) -> None:
        connection.close()


def _quoted(value: str) -> str:
    """A value of a connection string; plain where it can be, since not all drivers know of braces."""
    if _PLAIN.fullmatch(value):
        return value
    return "{" + value.replace("}", "}}") + "}"


class Sybase(Odbc):
    """What all types of Sybase share."""

    product: ClassVar[str] = "Sybase"
    drivers: ClassVar[dict[str, dict[str, str]]] = {
        "FreeTDS": {"TDS_Version": "5.0"},
        "Adaptive Server Enterprise": {},
    }
    way: ClassVar[str] = "FreeTDS (`tdsodbc` of Debian) or the one of SAP"

    def _settings(self, run: RunContext) -> dict[str, str | None]:
        rest = rest_of(run.text(self.url) or "", "sybase:Tds", "sybase:tds")
        address = parse_address(f"sybase://{rest}", "sybase")
        database = address.path.strip("/") or address.parameters.get("servicename")
        return {
            "SERVER": address.host,
            "PORT": str(address.port or 5000),
            "DATABASE": database,
        }


@task_type("io.kestra.plugin.jdbc.sybase.Query")
class SybaseQuery(Sybase, JdbcQuery):
    """Run a statement in Sybase ASE, through ODBC."""


@task_type("io.kestra.plugin.jdbc.sybase.Queries")
class SybaseQueries(Sybase, JdbcQueries):
    """Run statements in Sybase ASE, through ODBC."""


class As400(Odbc):
    """What all types of Db2 for i share."""

    product: ClassVar[str] = "Db2 for i"
    drivers: ClassVar[dict[str, dict[str, str]]] = {"IBM i Access": {}, "iSeries Access": {}}
    way: ClassVar[str] = "IBM gives it away with its Access Client Solutions"

    def _settings(self, run: RunContext) -> dict[str, str | None]:
        address = parse_address(run.text(self.url) or "", "as400")
        given = address.parameters
        return {
            "SYSTEM": address.host,
            "DBQ": address.path.strip("/") or given.get("libraries"),
            "NAM": "1" if given.get("naming") == "system" else None,
            "SSL": "1" if address.flag("secure") else None,
        }


@task_type("io.kestra.plugin.jdbc.as400.Query")
class As400Query(As400, JdbcQuery):
    """Run a statement in Db2 for i (AS/400), through ODBC."""


@task_type("io.kestra.plugin.jdbc.as400.Queries")
class As400Queries(As400, JdbcQueries):
    """Run statements in Db2 for i (AS/400), through ODBC."""
