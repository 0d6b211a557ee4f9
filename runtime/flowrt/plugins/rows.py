"""Rows in and out of tasks: given in the flow or stored as Ion; put out whole, as the first alone, or stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.declare import INTEGER, URI, Kind, enum, listing, mapping
from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrt.model.context import RunContext

FETCH = enum("STORE", "FETCH", "FETCH_ONE", "NONE")
FETCH_OUTPUTS: dict[str, Kind] = {
    "row": mapping(),
    "rows": listing(mapping()),
    "size": INTEGER,
    "uri": URI,
}


def given_rows(run: RunContext, given: Any) -> Iterator[Any]:
    """The rows of a property: a stored file of Ion, a list, one map, or the JSON of these.

    Raises TaskFailure for anything else, and the error of a file that cannot be read.
    """
    return rows_of(run, run.structure(given))


def is_stored(given: Any) -> bool:
    """Whether a rendered property is the address of a stored file."""
    return isinstance(given, str) and given.strip().startswith("kestra://")


def rows_of(run: RunContext, found: Any) -> Iterator[Any]:
    """The rows of a property that is rendered."""
    from flowrt.formats.jsonread import parse_json
    from flowrt.plugins.stored import plain_rows
    from flowrt.tasks.storage import stored_path

    if is_stored(found):
        yield from plain_rows(stored_path(run, found.strip()))
        return
    if isinstance(found, str):
        text = found.strip()
        if not text.startswith(("[", "{")):
            raise TaskFailure("`from` is the address of a stored file, a list, or a map")
        found = parse_json(text)
    yield from found if isinstance(found, list) else [found]


def put_out(run: RunContext, rows: Iterable[dict[str, Any]], kind: str | None) -> dict[str, Any]:
    """The outputs of a query for a fetch type; rows that are stored go by one after the other."""
    if kind == "FETCH":
        found = list(rows)
        return {"rows": found, "size": len(found)}
    if kind == "FETCH_ONE":
        first = next(iter(rows), None)
        return {"row": first, "size": 0 if first is None else 1}
    if kind == "NONE":
        return {}
    uri, size = stored(run, rows)
    return {"uri": uri, "size": size}


def stored(run: RunContext, rows: Iterable[Any]) -> tuple[str, int]:
    """The address of a stored file of rows, and how many there are."""
    from flowrt.services.folders import temporary_name
    from flowrt.services.rows import RowFile

    path = run.private_folder() / temporary_name(".ion")
    with RowFile(path) as file:
        for row in rows:
            file.write(row)
    return run.put_file(path, path.name), file.count
