"""Pseudonyms: fields of records replaced by what is made up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.formats.jsonread import JsonError, parse_json
from flowrt.formats.jsonwrite import to_json
from flowrt.model.declare import INTEGER, STRING, URI, Kind, enum, listing, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.packages import FAKER
from flowrt.plugins.stored import (
    Stop,
    open_text,
    plain_rows,
    source_path,
    target_path,
    text_lines,
)
from flowrt.plugins.transform.generate import Inventor
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Mapping, Text

FORMS = enum("CSV", "JSON", "ION")


@task_type("io.kestra.plugin.datagen.core.Pseudonymize")
class DatagenPseudonymize(Task):
    """Replace fields of the records of a file: columns of CSV, members of JSON lines or of rows by their paths."""

    packages: ClassVar[tuple[str, ...]] = (FAKER,)
    outputs: ClassVar[dict[str, Kind] | None] = {"count": INTEGER, "uri": URI}

    from_: Text = prop(STRING, yaml="from")
    fields: Mapping | None = prop(mapping(STRING), default=None)
    content_type: Text | None = prop(FORMS, default=None)
    locale: Listing | None = prop(listing(STRING), default=None)

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._work(run, Stop(run)))

    def _work(self, run: RunContext, stop: Stop) -> dict[str, Any]:
        uri = required_text(run, self.from_)
        fields = run.mapping(self.fields, STRING) or {}
        inventor = Inventor(run.listing(self.locale) or [])
        form = self._form(run, uri)
        source, target = source_path(run, uri), target_path(run, f".{form.lower()}")
        written = {"CSV": _csv, "JSON": _json, "ION": _ion}[form]
        count = -1 if form == "CSV" else 0  # a line of names is no record
        with open_text(target, "utf-8", "w", "\n") as out:
            for line in stop.each(written(run, source, inventor, fields)):
                out.write(line + "\n")
                count += 1
        count, stored = max(0, count), run.put_file(target, target.name)
        run.log("INFO", f"Pseudonymized {count} record(s) written to {stored}")
        return {"uri": stored, "count": count}

    def _form(self, run: RunContext, uri: str) -> str:
        """The form of the file, as the flow says, or as its name does. Raises TaskFailure when neither does."""
        form = run.constant(self.content_type, FORMS)
        if form is None:
            form = uri.partition("?")[0].rpartition(".")[2].upper()
        if form not in FORMS.values:
            raise TaskFailure(
                f"Cannot auto-detect content type from URI '{uri}'. Set the 'contentType' property explicitly."
            )
        return form


def _csv(
    run: RunContext, source: Path, inventor: Inventor, fields: dict[str, str]
) -> Iterator[str]:
    """The lines of the file; the first one names the columns, and stays as it is."""
    with open_text(source, "utf-8") as file:
        lines = (line.rstrip("\n") for line in text_lines(file))
        names = next(lines, None)
        if names is None:
            return
        yield names
        columns = _cells(names)
        known = {name: place for place, name in enumerate(columns)}
        places = [(known[name], text) for name, text in fields.items() if name in known]
        for line in lines:
            if not line.strip():
                continue
            cells = _cells(line)
            cells += [""] * (len(columns) - len(cells))
            for place, text in places:
                cells[place] = inventor.text(text)
            yield ",".join(map(_cell, cells))


def _cells(line: str) -> list[str]:
    """The cells of a line. Quotation marks that are within a cell are taken away, and none goes over lines."""
    cells, cell, quoted, at = [], "", False, 0
    while at < len(line):
        char = line[at]
        if char == '"' and quoted and line[at + 1 : at + 2] == '"':
            cell += char
            at += 1
        elif char == '"':
            quoted = not quoted
        elif char == "," and not quoted:
            cells.append(cell)
            cell = ""
        else:
            cell += char
        at += 1
    return [*cells, cell]


def _cell(text: str) -> str:
    if not set(text) & set(',"\n'):
        return text
    return '"' + text.replace('"', '""') + '"'


def _json(
    run: RunContext, source: Path, inventor: Inventor, fields: dict[str, str]
) -> Iterator[str]:
    """The objects of the file, one a line; a line that is none goes through as it is, and is told."""
    with open_text(source, "utf-8") as file:
        for number, line in enumerate(line for line in text_lines(file) if line.strip()):
            try:
                record = parse_json(_bare(line))
            except JsonError:
                record = None
            if not isinstance(record, dict):
                run.log(
                    "WARN",
                    f"Record {number} could not be parsed as JSON and was written through un-pseudonymized",
                )
                yield line.rstrip("\n")
                continue
            _replace(record, inventor, fields)
            yield to_json(record)


def _bare(line: str) -> str:
    """A line without the annotation of Ion in front of its object."""
    text = line.strip()
    mark = text.rfind("::{", 0, max(0, text.find("{")) + 1)
    return text if mark < 0 else text[mark + 2 :]


def _ion(
    run: RunContext, source: Path, inventor: Inventor, fields: dict[str, str]
) -> Iterator[str]:
    from flowrt.services.rows import write_row

    for row in plain_rows(source):
        if isinstance(row, dict):
            _replace(row, inventor, fields)
        yield write_row(row)


def _replace(record: dict[str, Any], inventor: Inventor, fields: dict[str, str]) -> None:
    """Replace the members that are there, by their paths with dots."""
    for path, text in fields.items():
        *above, last = path.split(".")
        place: Any = record
        for name in above:
            place = place.get(name) if isinstance(place, dict) else None
        if isinstance(place, dict) and last in place:
            place[last] = inventor.text(text)
