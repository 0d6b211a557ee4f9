"""Odoo: records of its models, by XML-RPC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    INTEGER,
    STRING,
    URI,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure, reason
from flowrt.plugins.rows import FETCH, FETCH_OUTPUTS, put_out
from flowrt.plugins.services.service import ServiceTask, address
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Listing, Mapping, Text

OPERATIONS = enum("SEARCH_READ", "READ", "CREATE", "WRITE", "UNLINK", "SEARCH", "SEARCH_COUNT")
LARGEST = 2**31


@task_type("io.kestra.plugin.odoo.Query")
class OdooQuery(ServiceTask):
    """Search, read, create, change or delete records of a model."""

    service = "Odoo"
    outputs: ClassVar[dict[str, Kind] | None] = {
        **FETCH_OUTPUTS,
        "ids": listing(INTEGER),
        "uri": URI,
    }

    url: Text = prop(STRING)
    db: Text = prop(STRING)
    username: Text = prop(STRING)
    password: Text = prop(STRING)
    model: Text = prop(STRING)
    operation: Text = prop(OPERATIONS)
    filters: Listing | None = prop(listing(ANY), default=None)
    fields: Listing | None = prop(listing(STRING), default=None)
    values: Mapping | None = prop(mapping(), default=None)
    ids: Listing | None = prop(listing(INTEGER), default=None)
    limit: Integer | None = prop(INTEGER, default=None)
    offset: Integer | None = prop(INTEGER, default=None)
    fetch_type: Text = prop(FETCH, default="NONE")

    def _work(self, run: RunContext) -> dict[str, Any]:
        operation = run.constant(self.operation, OPERATIONS) or ""
        found = self._called(run, operation)
        if operation in ("SEARCH_READ", "READ", "SEARCH"):
            rows = [row if isinstance(row, dict) else {"id": row} for row in found]
            fetched = run.constant(self.fetch_type, FETCH)
            return {
                **put_out(run, iter(rows), fetched),
                "size": len(rows[:1] if fetched == "FETCH_ONE" else rows),
            }
        if operation == "SEARCH_COUNT":
            return {"size": int(found)}
        ids = [found] if operation == "CREATE" else self._ids(run)
        return {"size": len(ids), "ids": ids}

    def _called(self, run: RunContext, operation: str) -> Any:
        """Call the method of the model that an operation is, as the user of the flow."""
        db, password = required_text(run, self.db), required_text(run, self.password)
        who = (db, required_text(run, self.username), password)
        user = self._call(run, "common", "authenticate", *who, {})
        if not isinstance(user, int) or user is False:
            raise TaskFailure(
                "Failed to authenticate with Odoo: database, user or password is wrong"
            )
        positional, named = self._arguments(run, operation)
        model = required_text(run, self.model)
        more = (named,) if named else ()
        return self._call(
            run,
            "object",
            "execute_kw",
            db,
            user,
            password,
            model,
            operation.lower(),
            positional,
            *more,
        )

    def _arguments(self, run: RunContext, operation: str) -> tuple[list[Any], dict[str, Any]]:
        if operation in ("SEARCH_READ", "SEARCH", "SEARCH_COUNT"):
            domain = [run.structure(self.filters) or []]
            if operation == "SEARCH_COUNT":
                return domain, {}
            pages = {"limit": run.integer(self.limit), "offset": run.integer(self.offset)}
            fields = run.listing(self.fields) if operation == "SEARCH_READ" else None
            return domain, _chosen({"fields": fields or None, **pages})
        if operation == "READ":
            return [self._ids(run)], _chosen({"fields": run.listing(self.fields) or None})
        if operation == "UNLINK":
            return [self._ids(run)], {}
        values = run.mapping(self.values)
        if not values:
            raise TaskFailure(f"Values are required for {operation.lower()} operation")
        return ([values] if operation == "CREATE" else [self._ids(run), values]), {}

    def _ids(self, run: RunContext) -> list[Any]:
        found = [int(each) for each in run.listing(self.ids, INTEGER) or []]
        if not found:
            operation = (run.constant(self.operation, OPERATIONS) or "").lower()
            raise TaskFailure(f"IDs are required for {operation} operation")
        return found

    def _call(self, run: RunContext, end: str, method: str, *arguments: Any) -> Any:
        """Call a method of an end of the service. Raises TaskFailure when it says no."""
        from xmlrpc.client import Fault, dumps, loads

        url = address(required_text(run, self.url), "xmlrpc", "2", end)
        try:
            body = dumps(_plain(arguments), method, allow_none=True).encode()
        except (OverflowError, TypeError) as error:
            raise TaskFailure(f"Odoo cannot be told this value: {reason(error)}") from None
        response = self._exchange(run, "POST", url, body=body, headers={"Content-Type": "text/xml"})
        try:
            (found,), _ = loads(
                (response.body or b"").decode("utf-8", "replace"), use_builtin_types=True
            )
        except Fault as fault:
            said = str(fault.faultString).strip().rpartition("\n")[2]
            raise TaskFailure(f"Failed to execute {method} in Odoo: {said}") from None
        except Exception:
            raise TaskFailure("Odoo answered with what is no XML-RPC") from None
        return found


def _chosen(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _plain(value: Any) -> Any:
    """A value as XML-RPC can send it: long integers as texts, decimals as floats, dates as Odoo writes them."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, tuple):
        return tuple(_plain(each) for each in value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value) if -LARGEST <= value < LARGEST else str(int(value))
    if isinstance(value, str):
        return str(value)
    return float(value) if hasattr(value, "__float__") else str(value)
