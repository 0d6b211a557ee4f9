"""Records mapped, filtered, unnested, zipped and selected by expressions; one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    INTEGER,
    STRING,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.plugins.rows import is_stored, rows_of, stored
from flowrt.plugins.stored import Stop
from flowrt.plugins.transform.expressions import compiled
from flowrt.plugins.transform.values import Unfit, cast, kind, of_flow, to_flow, truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Listing, Mapping, Text

Record = dict[str, Any]

FORMAT = enum("TEXT", "BINARY")
WHERE_TO = enum("AUTO", "RECORDS", "STORE")
CONFLICTS = enum("FAIL", "LEFT", "RIGHT")
FAIL_SKIP = enum("FAIL", "SKIP")
FAIL_SKIP_NULL = enum("FAIL", "SKIP", "NULL")
FAIL_SKIP_KEEP = enum("FAIL", "SKIP", "KEEP")
TYPES = ("STRING", "INT", "FLOAT", "DECIMAL", "BOOLEAN", "TIMESTAMP", "LIST", "STRUCT")


class Counts:
    """What became of the records; each count is a metric."""

    def __init__(self, *names: str) -> None:
        self.of = dict.fromkeys(names, 0)

    def add(self, *names: str) -> None:
        for name in names:
            if name in self.of:
                self.of[name] += 1

    def failed(self, on_error: str | None) -> None:
        """Within the handling of its failure: a record has failed. It fails the task, or is dropped, or goes on."""
        self.add("failed")
        if on_error == "FAIL":
            raise
        if on_error == "SKIP":
            self.add("dropped")


class RecordTask(Task):
    """What the tasks share: where records come from and go to, and what a record that fails leads to."""

    outputs: ClassVar[dict[str, Kind] | None] = {"records": listing(ANY), "uri": STRING}
    counted: ClassVar[tuple[str, ...]] = ("processed", "failed", "dropped")

    output_format: Text = prop(FORMAT, default="TEXT")
    output_type: Text = prop(WHERE_TO, default="AUTO")

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._work(run))

    def _work(self, run: RunContext) -> dict[str, Any]:
        if run.constant(self.output_format, FORMAT) == "BINARY":
            raise TaskFailure(
                "Records are written as text: `outputFormat: BINARY` is not supported"
            )
        counts, stop = Counts(*self.counted), Stop(run)
        changed, from_storage = self.changed(run, counts)
        where_to = run.constant(self.output_type, WHERE_TO)
        if where_to == "STORE" or (where_to == "AUTO" and from_storage):
            found: dict[str, Any] = {"uri": stored(run, stop.each(changed))[0]}
        else:
            found = {"records": [to_flow(record) for record in stop.each(changed)]}
        for name, count in counts.of.items():
            run.metric("counter", name, count)
        return found

    def changed(self, run: RunContext, counts: Counts) -> tuple[Iterator[Record], bool]:
        """The records that come out, and whether any of those that go in are stored ones."""
        raise NotImplementedError


class OneByOne(RecordTask):
    """A task that looks at one record at a time."""

    from_: Any = prop(ANY, yaml="from")
    on_error: Text = prop(FAIL_SKIP_NULL, default="FAIL")

    def changed(self, run: RunContext, counts: Counts) -> tuple[Iterator[Record], bool]:
        records, from_storage = given_records(run, self.from_)
        on_error = run.constant(self.on_error, type(self).properties["on_error"].kind) or "FAIL"
        change = self.change(run, on_error, counts)

        def work() -> Iterator[Record]:
            for record in records:
                counts.add("processed")
                yield from change(record)

        return work(), from_storage

    def change(
        self, run: RunContext, on_error: str, counts: Counts
    ) -> Callable[[Record], Iterable[Record]]:
        """The function that makes the records that come out of one that goes in."""
        raise NotImplementedError


def given_records(run: RunContext, given: Any) -> tuple[Iterator[Record], bool]:
    """The records of a property, and whether it names a stored file. Raises TaskFailure for what is none."""
    found = run.structure(given)
    return _structs(of_flow(row) for row in _flat(rows_of(run, found))), is_stored(found)


def _flat(rows: Iterable[Any]) -> Iterator[Any]:
    """Rows of a file; a list stands for its elements."""
    for row in rows:
        if isinstance(row, list):
            yield from row
        else:
            yield row


def _structs(rows: Iterable[Any]) -> Iterator[Record]:
    for row in rows:
        if not isinstance(row, dict):
            raise TaskFailure(f"Expected struct record, got {kind(row)}")
        yield row


class Definition:
    """How a field is made: its expression, its type, whether it may be null."""

    def __init__(self, name: str, given: Any) -> None:
        self.name = name
        parts = given if isinstance(given, dict) else {"expr": given}
        expression = parts.get("expr")
        if expression is None or not str(expression).strip():
            raise TaskFailure(f"expr is required for '{name}'")
        self.text = str(expression)
        self.type = None if parts.get("type") is None else str(parts["type"]).upper()
        if self.type is not None and self.type not in TYPES:
            raise TaskFailure(
                f"The field '{name}' cannot have the type {self.type}: {', '.join(TYPES)}"
            )
        self.optional = parts.get("optional") in (True, "true")

    def value(self, record: Record) -> Any:
        """The field of a record. Raises Unfit."""
        found = evaluated(self.text, record)
        if found is None:
            if not self.optional:
                raise Unfit(f"Missing required field: {self.name}")
            return None
        return found if self.type is None else cast(found, self.type)


def definitions(run: RunContext, given: Mapping | None) -> list[Definition]:
    """The fields of a map, in its order."""
    return [Definition(name, each) for name, each in (run.mapping(given) or {}).items()]


def evaluated(text: str, record: Record) -> Any:
    """What an expression is for a record. Raises Unfit."""
    try:
        return compiled(text)(record)
    except Unfit as error:
        raise Unfit(f"Invalid expression `{text.strip()}`: {error}") from None
    except RecursionError:
        raise Unfit("Invalid expression: it has too many operators") from None


def passes(text: str, record: Record) -> bool:
    """Whether a record meets a condition. Raises Unfit."""
    found = evaluated(text, record)
    if found is None:
        raise Unfit("where expression evaluated to null")
    try:
        return truth(found)
    except Unfit:
        raise Unfit(f"where expression must return boolean, got {kind(found)}") from None


def required(run: RunContext, value: Text, name: str) -> str:
    """The text of a property. Raises TaskFailure for a blank one."""
    found = run.text(value)
    if found is None or not found.strip():
        raise TaskFailure(f"{name} is required")
    return found


@task_type("io.kestra.plugin.transform.Map")
class Map(OneByOne):
    """Make records with the declared fields out of others."""

    fields: Mapping = prop(mapping())
    keep_original_fields: Flag = prop(BOOLEAN, default=False)
    drop_nulls: Flag = prop(BOOLEAN, default=True)

    def change(
        self, run: RunContext, on_error: str, counts: Counts
    ) -> Callable[[Record], Iterable[Record]]:
        fields = definitions(run, self.fields)
        if not fields:
            raise TaskFailure("fields is required")
        keeps, drops = run.flag(self.keep_original_fields), run.flag(self.drop_nulls, True)
        names = {field.name for field in fields}

        def work(record: Record) -> Iterator[Record]:
            out = {key: value for key, value in record.items() if keeps and key not in names}
            failed = False
            for field in fields:
                try:
                    out[field.name] = field.value(record)
                except Unfit:
                    if on_error == "FAIL":
                        raise
                    if on_error == "SKIP":
                        counts.add("failed", "dropped")
                        return
                    failed, out[field.name] = True, None
            if failed:
                counts.add("failed")
            yield without_nulls(out) if drops else out

        return work


def without_nulls(record: Record) -> Record:
    """The fields that are not null."""
    return {key: value for key, value in record.items() if value is not None}


@task_type("io.kestra.plugin.transform.Filter")
class Filter(OneByOne):
    """Keep the records that meet a condition."""

    counted = ("processed", "passed", "dropped", "failed")

    where: Text = prop(STRING)
    on_error: Text = prop(FAIL_SKIP_KEEP, default="FAIL")

    def change(
        self, run: RunContext, on_error: str, counts: Counts
    ) -> Callable[[Record], Iterable[Record]]:
        where = required(run, self.where, "where")

        def work(record: Record) -> Iterator[Record]:
            try:
                passed = passes(where, record)
            except Unfit:
                counts.add("failed")
                if on_error == "FAIL":
                    raise
                passed = on_error == "KEEP"
            counts.add("passed" if passed else "dropped")
            if passed:
                yield record

        return work


@task_type("io.kestra.plugin.transform.Unnest")
class Unnest(OneByOne):
    """Make a record of each element of a list in a record."""

    path: Text = prop(STRING)
    as_: Text = prop(STRING, yaml="as")
    keep_original_fields: Flag = prop(BOOLEAN, default=True)

    def change(
        self, run: RunContext, on_error: str, counts: Counts
    ) -> Callable[[Record], Iterable[Record]]:
        path, name = required(run, self.path, "path"), required(run, self.as_, "as")
        keeps, steps = run.flag(self.keep_original_fields, True), _fields_of(path)

        def work(record: Record) -> Iterator[Record]:
            try:
                found = evaluated(path, record)
                if found is not None and not isinstance(found, list):
                    raise Unfit(f"Expected list at path: {path}")
            except Unfit:
                counts.failed(on_error)
                found = [None] if on_error == "NULL" else []
            kept = _removed(record, steps) if keeps and found else {}
            for element in found or []:
                yield {**kept, name: element}

        return work


def _fields_of(path: str) -> list[str]:
    """The fields of a plain path, `[]` behind the last at most; none for any other expression."""
    steps = [step.strip() for step in path.strip().split(".")]
    steps[-1] = steps[-1].removesuffix("[]")
    plain = (
        all(steps) and not any(mark in path.strip() for mark in "( ") and "[]" not in "".join(steps)
    )
    return steps if plain else []


def _removed(record: Record, steps: list[str]) -> Record:
    """A copy of a record without the field at a path."""
    if not steps:
        return record
    first, *rest = steps
    if not rest:
        return {key: value for key, value in record.items() if key != first}
    below = record.get(first)
    return {**record, first: _removed(below, rest)} if isinstance(below, dict) else record


@task_type("io.kestra.plugin.transform.Zip")
class Zip(RecordTask):
    """Join the records of several sources, the first with the first, and so on."""

    inputs: Listing = prop(listing(ANY))
    on_conflict: Text = prop(CONFLICTS, default="FAIL")
    on_error: Text = prop(FAIL_SKIP, default="FAIL")

    def changed(self, run: RunContext, counts: Counts) -> tuple[Iterator[Record], bool]:
        sources, from_storage = given_sources(run, self.inputs)
        if len(sources) < 2:
            raise TaskFailure("inputs must contain at least two elements")
        on_conflict = run.constant(self.on_conflict, CONFLICTS)
        on_error = run.constant(self.on_error, FAIL_SKIP) or "FAIL"

        def work() -> Iterator[Record]:
            for rows in aligned(sources):
                counts.add("processed")
                try:
                    yield _joined(rows, on_conflict)
                except Unfit:
                    counts.failed(on_error)

        return work(), from_storage


def _joined(rows: Iterable[Record], on_conflict: str | None) -> Record:
    out: Record = {}
    for row in rows:
        for key, value in row.items():
            if key not in out or on_conflict == "RIGHT":
                out[key] = value
            elif on_conflict == "FAIL":
                raise Unfit(f"Field conflict on '{key}'")
    return out


def given_sources(run: RunContext, given: Listing) -> tuple[list[Iterator[Record]], bool]:
    """The records of each source, and whether any of them is a stored file."""
    found = [given_records(run, each) for each in (run.structure(given) or [])]
    return [records for records, _ in found], any(is_file for _, is_file in found)


def aligned(sources: list[Iterator[Record]], mismatch: str = "FAIL") -> Iterator[list[Record]]:
    """A record of each source at a time. Raises TaskFailure when one ends before another, unless that is skipped."""
    while True:
        rows = [next(source, None) for source in sources]
        if None not in rows:
            yield [row for row in rows if row is not None]
            continue
        if mismatch == "FAIL" and any(row is not None for row in rows):
            raise TaskFailure("inputs must have same length")
        return


@task_type("io.kestra.plugin.transform.Select")
class Select(RecordTask):
    """Join several sources record by record, keep those that meet a condition, and choose their fields."""

    counted = ("processed", "passed", "dropped", "failed")

    inputs: Listing = prop(listing(ANY))
    where: Text | None = prop(STRING, default=None)
    fields: Mapping | None = prop(mapping(), default=None)
    keep_input_fields: Listing | None = prop(listing(INTEGER), default=None)
    drop_nulls: Flag = prop(BOOLEAN, default=True)
    on_length_mismatch: Text = prop(FAIL_SKIP, default="FAIL")
    on_error: Text = prop(FAIL_SKIP_KEEP, default="FAIL")

    def changed(self, run: RunContext, counts: Counts) -> tuple[Iterator[Record], bool]:
        sources, from_storage = given_sources(run, self.inputs)
        if not sources:
            raise TaskFailure("inputs is required")
        where, fields = run.text(self.where), definitions(run, self.fields)
        kept = [int(number) for number in run.listing(self.keep_input_fields, INTEGER) or []]
        for number in kept:
            if not 1 <= number <= len(sources):
                raise TaskFailure(f"keepInputFields contains out-of-range index: {number}")
        on_error = run.constant(self.on_error, FAIL_SKIP_KEEP) or "FAIL"
        mismatch = run.constant(self.on_length_mismatch, FAIL_SKIP) or "FAIL"
        drops = run.flag(self.drop_nulls, True)

        def selected(rows: list[Record]) -> Record | None:
            joined = {key: value for row in rows for key, value in row.items()}
            seen = {**joined, **{f"${number}": row for number, row in enumerate(rows, 1)}}
            try:
                if where and where.strip() and not passes(where, seen):
                    counts.add("dropped")
                    return None
                if not fields:
                    return joined
                out = {key: value for number in kept for key, value in rows[number - 1].items()}
                return out | {field.name: field.value(seen) for field in fields}
            except Unfit:
                counts.failed(on_error)
                return joined if on_error == "KEEP" else None

        def work() -> Iterator[Record]:
            for rows in aligned(sources, mismatch):
                counts.add("processed")
                found = selected(rows)
                if found is not None:
                    counts.add("passed")
                    yield without_nulls(found) if drops else found

        return work(), from_storage
