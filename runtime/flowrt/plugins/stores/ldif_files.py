"""LDIF as rows, and rows as LDIF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import STRING, URI, Kind, listing, prop, task_type
from flowrt.model.failures import PlainFailure
from flowrt.model.task import Task
from flowrt.plugins.stored import Stop, open_text, plain_rows, source_path, target_path
from flowrt.plugins.stores.ldif import (
    OPERATIONS,
    Attributes,
    Change,
    LdifError,
    NewName,
    Record,
    blocks,
    change,
    entry,
    octets,
    shown,
    texts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing


class LdifConverter(Task):
    """Writes each file in another form. A file that cannot be read is told; only when all are, the task fails."""

    outputs: ClassVar[dict[str, Kind] | None] = {"urisList": listing(URI)}
    extension: ClassVar[str] = ""

    inputs: Listing = prop(listing(STRING))

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._work(run))

    def _work(self, run: RunContext) -> dict[str, Any]:
        stop, uris, counts = Stop(run), [], Counts()
        given = run.listing(self.inputs) or []
        for uri in given:
            try:
                target = target_path(run, self.extension)
                with open_text(target, "utf-8", "w", "\n") as out:
                    for text in self.written(run, stop, uri, counts):
                        out.write(text)
                uris.append(run.put_file(target, target.name))
            except Exception as error:
                stop.check()
                run.log("ERROR", str(error))
        if given and not uris:
            raise PlainFailure("Not a single file has been translated.")
        tags = {"origin": type(self).__name__}
        run.metric("counter", "entries.found", counts.found, tags)
        run.metric("counter", "entries.translated", counts.translated, tags)
        return {"urisList": uris}

    def written(self, run: RunContext, stop: Stop, uri: str, counts: Counts) -> Iterator[str]:
        """The records of a file in the other form."""
        raise NotImplementedError


class Counts:
    """Records that were there, and those that became others."""

    def __init__(self) -> None:
        self.found = 0
        self.translated = 0


@task_type("io.kestra.plugin.ldap.LdifToIon")
class LdifToIon(LdifConverter):
    """Write entries and changes as rows."""

    extension = ".ion"

    def written(self, run: RunContext, stop: Stop, uri: str, counts: Counts) -> Iterator[str]:
        from flowrt.formats.ion import write_ion

        with open_text(source_path(run, uri), "utf-8") as file:
            for block in stop.each(blocks(file)):
                try:
                    found = row_of(record_of(block))
                except LdifError as error:
                    run.log("WARN", f"Canno't read LDIF entry {shown(block)}, {error}")
                    continue
                counts.found += 1
                counts.translated += 1
                yield write_ion(found) + "\n"


def record_of(block: list[str]) -> Record:
    """The change or the entry that lines are. Raises LdifError."""
    if len(block) > 1 and block[1].lower().startswith(("changetype:", "control:")):
        return change(block)
    return entry(block)


def row_of(record: Record) -> dict[str, Any]:
    """A record as a row."""
    row: dict[str, Any] = {"dn": record.dn}
    if record.kind is not None:
        row["changeType"] = record.kind
    if record.kind in (None, "add"):
        row["attributes"] = {
            name: [each for each in texts(values) if each.strip()] or [None]
            for name, values in record.attributes.items()
        }
    if record.kind == "modify":
        row["modifications"] = [
            {"operation": each.operation, "attribute": each.attribute, "values": texts(each.values)}
            for each in record.changes
        ]
    if record.new_name is not None:
        new = {"newrdn": record.new_name.name, "deleteoldrdn": record.new_name.deletes_old}
        if record.new_name.superior is not None:
            new["newsuperior"] = record.new_name.superior
        row["newDn"] = new
    return row


@task_type("io.kestra.plugin.ldap.IonToLdif")
class IonToLdif(LdifConverter):
    """Write rows as entries and changes."""

    extension = ".ldif"

    def written(self, run: RunContext, stop: Stop, uri: str, counts: Counts) -> Iterator[str]:
        for row in stop.each(plain_rows(source_path(run, uri))):
            counts.found += 1
            try:
                found = self._record(run, row, counts.found)
            except LdifError as error:
                run.log("ERROR", f"Unable to read entry {error}")
                continue
            if found is not None:
                counts.translated += 1
                yield found.ldif() + "\n"

    def _record(self, run: RunContext, row: Any, number: int) -> Record | None:
        """The record of a row; None, which is told, for one that is no record. Raises LdifError."""
        if not isinstance(row, dict):
            raise LdifError("A row is no entry")
        known = {"modify": ("modifications",), "moddn": ("newDn",)}
        kind, seen = None, {"dn", "attributes", "changeType"}
        for key in row:
            if key == "changeType":
                kind = row[key]
                seen.update(known.get(str(kind), ()))
            elif key not in seen:
                run.log("WARN", f"Unrecognized field : {key}")
        dn = row.get("dn")
        if not isinstance(dn, str):
            run.log("WARN", f"Entry nb {number} does not contain a DN")
            return None
        if kind in (None, "add"):
            return Record(dn, kind, _attributes(row.get("attributes")))
        if kind == "delete":
            return Record(dn, kind)
        if kind == "modify" and isinstance(row.get("modifications"), list):
            return Record(dn, kind, changes=tuple(_changes(run, row["modifications"])))
        if kind == "moddn" and isinstance(row.get("newDn"), dict):
            return Record(dn, kind, new_name=_new_name(row["newDn"]))
        names = sorted(row["attributes"]) if isinstance(row.get("attributes"), dict) else None
        run.log("WARN", f"Unable to make Ion entry from DN : {dn}, Attributes {names}")
        return None


def _attributes(given: Any) -> Attributes:
    if not isinstance(given, dict):
        raise LdifError("An entry takes `attributes`")
    return {_name(key): octets(values) for key, values in given.items()}


def _name(name: Any) -> str:
    """The name of an attribute, which cannot bring lines of its own. Raises LdifError."""
    if not isinstance(name, str) or not name or set(name) & set("\r\n: "):
        raise LdifError(f"{name!r} is no name of an attribute")
    return name


def _changes(run: RunContext, given: list[Any]) -> Iterator[Change]:
    for each in given:
        if not isinstance(each, dict):
            raise LdifError("A modification is a map")
        for key in each:
            if key not in ("operation", "attribute", "values"):
                run.log("WARN", f"Unrecognized field in modification: {key}")
        operation, name = each.get("operation"), each.get("attribute")
        if operation is None or name is None:
            continue
        if operation not in OPERATIONS:
            raise LdifError(f"'{operation}' is nothing that can be done to an attribute")
        yield Change(operation, _name(name), octets(each.get("values") or []))


def _new_name(given: dict[str, Any]) -> NewName:
    name, old, superior = (given.get(key) for key in ("newrdn", "deleteoldrdn", "newsuperior"))
    if not isinstance(name, str) or not isinstance(old, bool):
        raise LdifError("A new name takes `newrdn`, a text, and `deleteoldrdn`, true or false")
    if superior is not None and not isinstance(superior, str):
        raise LdifError("`newsuperior` is a text")
    return NewName(name, old, superior)
