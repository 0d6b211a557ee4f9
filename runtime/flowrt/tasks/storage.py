"""Tasks over stored files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    PLAIN,
    STRING,
    URI,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import PlainFailure, TaskFailure, required
from flowrt.model.misfit import misfit
from flowrt.model.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Text

FILTER_TYPE = enum("INCLUDE", "EXCLUDE")
ERROR_BEHAVIOR = enum("FAIL", "INCLUDE", "EXCLUDE")


def required_text(run: RunContext, value: Text | None) -> str:
    """A rendered text that must be given; one that prints only nulls is empty. Raises TaskFailure."""
    return str(required(run.text(value)))


def charset_of(run: RunContext, value: Text | None) -> str:
    """The rendered name of a charset, UTF-8 where none is given. Raises TaskFailure for one that is not known."""
    from flowrt.java.charsets import is_charset

    name = run.text(value) or "UTF-8"
    if not is_charset(name):
        raise TaskFailure(f"Unknown charset '{name}'")
    return name


def stored_path(run: RunContext, uri: str) -> Path:
    """The local path of a stored file. Raises as `Storage.read` does when there is none."""
    path = run.storage.path(uri)
    if not path.is_file():
        run.storage.read(uri)
    return path


@task_type("io.kestra.plugin.core.storage.Write")
class Write(Task):
    """Store a text."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}

    content: Text = prop(STRING)
    extension: Text | None = prop(STRING, default=None)

    def run(self, run: RunContext) -> dict[str, Any]:
        from flowrt.services.folders import temporary_name

        content = required_text(run, self.content)
        extension = None if self.extension is None else run.text(self.extension)
        return {"uri": run.put_file(content.encode(), temporary_name(extension))}


@task_type("io.kestra.plugin.core.storage.Concat", "io.kestra.core.tasks.storages.Concat")
class Concat(Task):
    """Join files; the separator follows each of them, the last too."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}

    files: Any = prop(ANY)
    separator: Text | None = prop(STRING, default=None)
    extension: Text = prop(STRING, default=".tmp")

    async def run(self, run: RunContext) -> dict[str, Any]:
        uri = await run.in_thread(lambda: self._join(run))
        return {"uri": uri}

    def _join(self, run: RunContext) -> str:
        import shutil

        from flowrt.java.uri import split_uri
        from flowrt.services.folders import temporary_name

        target = run.working_dir / temporary_name(run.text(self.extension))
        with target.open("wb") as joined:
            for uri in self._uris(run):
                if uri is None:
                    raise TaskFailure(
                        'Cannot invoke "String.length()" because "this.input" is null'
                    )
                split_uri(uri)
                with stored_path(run, uri).open("rb") as source:
                    shutil.copyfileobj(source, joined)
                if self.separator is not None:
                    joined.write((run.text(self.separator) or "").encode())
        return run.put_file(target, target.name)

    def _uris(self, run: RunContext) -> Iterator[str | None]:
        """The addresses: a list of texts, each rendered when its turn comes, or a text that is one of JSON."""
        if isinstance(self.files, (dict, int, float)):
            from flowrt.java.values import class_name

            raise TaskFailure(
                f"Invalid `files` properties with type 'class {class_name(self.files)}'"
            )
        if isinstance(self.files, list):
            from flowrt.tasks.texts import no_maps

            no_maps(self.files)
            for file in self.files:
                yield from run.listing([file]) or []
            return
        from flowrt.expr.properties import list_of

        yield from list_of("string", run.text(self.files) or "")


@task_type("io.kestra.plugin.core.storage.Split", "io.kestra.core.tasks.storages.Split")
class Split(Task):
    """Split a file by lines; the first of regexPattern, bytes, partitions, rows that is set counts."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uris": listing(URI)}

    from_: Text = prop(STRING, yaml="from")
    regex_pattern: Text | None = prop(STRING, default=None)
    bytes: Text | None = prop(STRING, default=None)
    partitions: Integer | None = prop(INTEGER, default=None)
    rows: Integer | None = prop(INTEGER, default=None)
    separator: Text = prop(STRING, default="\n")

    async def run(self, run: RunContext) -> dict[str, Any]:
        from flowrt.java.uri import split_uri
        from flowrt.services.split import split_file

        uri = required_text(run, self.from_)
        split_uri(uri)
        return {"uris": await run.in_thread(lambda: split_file(run, uri, self))}


@task_type("io.kestra.plugin.core.storage.Reverse", "io.kestra.core.tasks.storages.Reverse")
class Reverse(Task):
    """The lines of a file in reverse order, each followed by the separator."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI}

    from_: Text = prop(STRING, yaml="from")
    separator: Text = prop(STRING, default="\n")
    charset: Text = prop(STRING, default="UTF-8")

    async def run(self, run: RunContext) -> dict[str, Any]:
        uri = await run.in_thread(lambda: self._reverse(run))
        return {"uri": uri}

    def _reverse(self, run: RunContext) -> str:
        from flowrt.java.charsets import is_charset, refused_from_the_end
        from flowrt.java.uri import split_uri
        from flowrt.services.folders import extension_of, temporary_name

        uri = required_text(run, self.from_)
        split_uri(uri)
        charset = required_text(run, self.charset)
        if not is_charset(charset):
            raise TaskFailure(charset)  # the engine says no more
        if refusal := refused_from_the_end(charset):
            raise TaskFailure(refusal)
        end = (run.text(self.separator) or "").encode(charset, "replace")
        target = run.working_dir / temporary_name(extension_of(uri))
        with stored_path(run, uri).open("rb") as source, target.open("wb") as file:
            for line in reversed_lines(source, charset):
                file.write(line + end)
        return run.put_file(target, target.name)


def reversed_lines(source: BinaryIO, charset: str) -> Iterator[bytes]:
    """The lines of a file from the last to the first, as the engine's reader gives them.

    It passes over the first empty line that it meets, meant to be what follows the last line end, wherever it stands;
    and an empty line at the very beginning of the text is never met. What is no text of the charset is replaced.
    """
    from flowrt.services.lines import lines_from_end

    met = False
    for line in lines_from_end(source, charset):
        if line or met:
            yield line.encode(charset, "replace")
        else:
            met = True


@task_type("io.kestra.plugin.core.storage.Size", "io.kestra.core.tasks.storages.Size")
class Size(Task):
    """The size of a file in bytes."""

    outputs: ClassVar[dict[str, Kind] | None] = {"size": INTEGER}

    uri: Text = prop(STRING)

    def run(self, run: RunContext) -> dict[str, Any]:
        from flowrt.services.uris import whole_path

        return {"size": run.storage.size(whole_path(required_text(run, self.uri)))}


@task_type("io.kestra.plugin.core.storage.Delete", "io.kestra.core.tasks.storages.Delete")
class StorageDelete(Task):
    """Delete a file."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uri": URI, "deleted": BOOLEAN}

    uri: Text = prop(STRING)
    error_on_missing: Flag = prop(BOOLEAN, default=False)

    def run(self, run: RunContext) -> dict[str, Any]:
        from flowrt.services.uris import whole_path

        uri = whole_path(required_text(run, self.uri))
        deleted = run.delete_file(uri)
        if run.flag(self.error_on_missing) and not deleted:
            raise TaskFailure(f"Unable to find file '{uri}'")
        return {"uri": uri, "deleted": deleted}


def _transform(
    run: RunContext, source_uri: Text, choose: Callable[[list[str]], list[bool]]
) -> tuple[str, int, int]:
    """Copy the rows of a file that are chosen; answers the URI, the rows read and the rows dropped."""
    from flowrt.java.uri import split_uri
    from flowrt.services.folders import temporary_name
    from flowrt.services.lines import lines_of

    uri = required_text(run, source_uri)
    split_uri(uri)
    with stored_path(run, uri).open("rb") as source:
        rows = [line.decode("utf-8", "replace") for line in lines_of(source)]
    kept = choose(rows)
    target = run.working_dir / temporary_name(".ion")
    with target.open("w", encoding="utf-8", newline="\n") as file:
        for row, keep in zip(rows, kept, strict=True):
            if keep:
                file.write(f"{row}\n")
    return run.put_file(target, target.name), len(rows), kept.count(False)


_NO_ION = (
    "class com.fasterxml.jackson.databind.util.TokenBuffer cannot be cast to class"
    " io.kestra.core.serializers.ion.IonGenerator (com.fasterxml.jackson.databind.util.TokenBuffer and"
    " io.kestra.core.serializers.ion.IonGenerator are in unnamed module of loader 'app')"
)
_ENDLESS = "Infinite recursion (StackOverflowError)"
_DATES = frozenset(("Instant", "LocalDate", "LocalDateTime", "LocalTime", "OffsetTime", "Zoned"))
_MARKS = frozenset((*_DATES, "OffsetDateTime", "ZonedDateTime"))


def _check_copied(row: Any) -> None:
    """The engine copies a row by way of JSON before it filters: what JSON cannot hold fails there. Raises TaskFailure."""
    values = list(_annotated_and_dated(row))
    for mark, kind in values:
        # of dates that are written as texts the parser finds out, before anything is copied
        if mark in _MARKS and kind not in ("", "String"):
            raise TaskFailure(f"Unexpected value type: {kind.upper()}")
    if values:
        mark, _ = values[0]
        said, first = (_NO_ION, _NO_ION) if mark in _MARKS else (_ENDLESS, "null")
        raise TaskFailure(said) from ValueError(f"{said}\n{first}")


def _annotated_and_dated(value: Any) -> Iterator[tuple[str, str]]:
    """The dates and the annotated values in a row, in order: the annotation, or the kind of date, and the Ion type."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _annotated_and_dated(item)
    elif isinstance(value, list):
        for item in value:
            yield from _annotated_and_dated(item)
    elif type(value).__name__ == "Annotated":
        kind = value.java_class.rpartition(".Ion")[2].removesuffix("Lite")
        yield value.text.partition("::")[0], kind
    elif type(value).__name__ in _DATES:
        yield type(value).__name__, ""


def _fields(row: str, copied: bool = False) -> dict[str, Any]:
    """The fields of a row, or of a copy of it. Raises TaskFailure for what has none, in the words that Java has for it."""
    from flowrt.services.rows import read_row

    fields = read_row(row) if row.strip() else None
    if copied:
        _check_copied(fields)
    if fields is None:
        raise PlainFailure('Cannot invoke "java.util.Map.size()" because "m" is null')
    if isinstance(fields, str):
        said = (
            "Cannot construct instance of `java.util.LinkedHashMap` (although at least one Creator exists): no"
            f" String-argument constructor/factory method to deserialize from String value ('{fields}')"
        )
        raise TaskFailure(said) from ValueError(said)
    if not isinstance(fields, dict):
        said = str(misfit("java.util.LinkedHashMap<java.lang.Object,java.lang.Object>", fields))
        raise TaskFailure(said) from ValueError(said)
    return fields


@task_type(
    "io.kestra.plugin.core.storage.DeduplicateItems",
    "io.kestra.core.tasks.storages.DeduplicateItems",
)
class DeduplicateItems(Task):
    """Keep the last row of each key; `expr` sees the fields of the row."""

    adds_variables: ClassVar[bool] = True
    outputs: ClassVar[dict[str, Kind] | None] = {
        "uri": URI,
        "numKeys": INTEGER,
        "processedItemsTotal": INTEGER,
        "droppedItemsTotal": INTEGER,
    }

    from_: Text = prop(STRING, yaml="from")
    expr: Text = prop(PLAIN)

    async def run(self, run: RunContext) -> dict[str, Any]:
        last: dict[str | None, int] = {}

        def choose(rows: list[str]) -> list[bool]:
            keys = [run.text_with(self.expr, self._fields(row)) for row in rows]
            last.update((key, index) for index, key in enumerate(keys))
            return [last[key] == index for index, key in enumerate(keys)]

        uri, read, dropped = await run.in_thread(lambda: _transform(run, self.from_, choose))
        return {
            "uri": uri,
            "numKeys": len(last),
            "processedItemsTotal": read,
            "droppedItemsTotal": dropped,
        }

    def _fields(self, row: str) -> dict[str, Any]:
        """Those of a row. What it fails with is wrapped once more than that of a filter."""
        from flowrt.expr.misfits import MISMATCH

        if not row.strip():
            said = "No content to map due to end-of-input"
            raise TaskFailure(f"{MISMATCH}: {said}") from ValueError(said)
        try:
            return _fields(row)
        except PlainFailure:
            raise
        except TaskFailure as failure:
            raise TaskFailure(f"{MISMATCH}: {failure}") from failure.__cause__


@task_type("io.kestra.plugin.core.storage.FilterItems", "io.kestra.core.tasks.storages.FilterItems")
class FilterItems(Task):
    """Keep or drop the rows for which a condition holds; the condition sees the fields of the row."""

    adds_variables: ClassVar[bool] = True
    outputs: ClassVar[dict[str, Kind] | None] = {
        "uri": URI,
        "processedItemsTotal": INTEGER,
        "droppedItemsTotal": INTEGER,
    }

    from_: Text = prop(STRING, yaml="from")
    filter_condition: Text = prop(PLAIN)
    filter_type: Text = prop(FILTER_TYPE, default="INCLUDE")
    error_or_null_behavior: Text = prop(ERROR_BEHAVIOR, default="FAIL")

    async def run(self, run: RunContext) -> dict[str, Any]:
        uri, read, dropped = await run.in_thread(
            lambda: _transform(
                run, self.from_, lambda rows: [self._keeps(run, row) for row in rows]
            )
        )
        return {"uri": uri, "processedItemsTotal": read, "droppedItemsTotal": dropped}

    def _keeps(self, run: RunContext, row: str) -> bool:
        from flowrt.java.errors import ExpressionError
        from flowrt.tasks.execution import FALSY

        error: ExpressionError | None = None
        text: str | None = None
        try:
            text = run.text_with(self.filter_condition, _fields(row, copied=True)) or ""
        except ExpressionError as problem:
            error = problem
        if text is None:
            behavior = required(run.constant(self.error_or_null_behavior, ERROR_BEHAVIOR))
            if behavior != "FAIL":
                return bool(behavior == "INCLUDE")
            assert error is not None
            raise error
        holds = text.strip() not in FALSY
        filter_type = required(run.constant(self.filter_type, FILTER_TYPE))
        return holds == bool(filter_type == "INCLUDE")


@task_type("io.kestra.plugin.core.storage.LocalFiles", "io.kestra.core.tasks.storages.LocalFiles")
class LocalFiles(Task):
    """Put files into the working folder, and store files of it."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uris": mapping(URI)}

    inputs: Any = prop(ANY, default=None)
    outputs_: Listing | None = prop(listing(STRING), yaml="outputs", default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        from flowrt.services.folders import collect_outputs, prepare_folder

        def work() -> dict[str, str]:
            prepare_folder(run, run.working_dir, self.inputs, None)
            return collect_outputs(run, run.working_dir, run.listing(self.outputs_))

        return {"uris": await run.in_thread(work)}


@task_type(
    "io.kestra.plugin.core.storage.PurgeCurrentExecutionFiles",
    "io.kestra.plugin.core.storage.PurgeExecution",
    "io.kestra.core.tasks.storages.PurgeExecution",
)
class PurgeCurrentExecutionFiles(Task):
    """Delete every stored file of the execution."""

    outputs: ClassVar[dict[str, Kind] | None] = {"uris": listing(URI)}

    async def run(self, run: RunContext) -> dict[str, Any]:
        return {"uris": await run.in_thread(run.delete_execution_files)}
