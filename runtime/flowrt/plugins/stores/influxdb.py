"""InfluxDB: points are written and queried, through its interface on the web."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.formats.jsonwrite import to_json
from flowrt.java.errors import RawError
from flowrt.java.printing import text_of
from flowrt.java.values import hash_map
from flowrt.model.declare import (
    DURATION,
    INTEGER,
    STRING,
    Declared,
    Kind,
    enum,
    listing,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure, required
from flowrt.plugins.rows import FETCH, FETCH_OUTPUTS, put_out
from flowrt.plugins.services.service import ServiceTask, address
from flowrt.plugins.stored import Stop, plain_rows
from flowrt.tasks.http_client import HttpOptions, HttpTimeout
from flowrt.tasks.storage import required_text, stored_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Listing, Text

PRECISION = enum("MS", "S", "US", "NS")
TABLES = {"annotations": ["datatype", "group", "default"], "header": True, "delimiter": ","}
"""The form in which a server answers queries of Flux."""


class InfluxConnection(Declared):
    """The server, and who asks."""

    url: Text = prop(STRING)
    token: Text = prop(STRING)
    connect_timeout: Text = prop(DURATION, default="PT10S")
    read_timeout: Text = prop(DURATION, default="PT10S")


class InfluxdbTask(ServiceTask):
    """What the tasks share."""

    service = "InfluxDB"

    connection: InfluxConnection = prop(record(InfluxConnection))
    bucket: Text | None = prop(STRING, default=None)
    org: Text = prop(STRING)

    def _headers(self, run: RunContext) -> dict[str, str]:
        return {"Authorization": f"Token {required_text(run, self.connection.token)}"}

    def _options(self) -> HttpOptions | None:
        given = self.connection
        waits = HttpTimeout(
            connect_timeout=given.connect_timeout, read_idle_timeout=given.read_timeout
        )
        return HttpOptions(timeout=waits)

    def _url(self, run: RunContext, *parts: str, **query: Any) -> str:
        return address(required_text(run, self.connection.url), *parts, **query)

    def _write(self, run: RunContext, lines: str, precision: str) -> None:
        url = self._url(
            run,
            *("api", "v2", "write"),
            org=required_text(run, self.org),
            bucket=required_text(run, self.bucket),
            precision=precision.lower(),
        )
        headers = {"Content-Type": "text/plain; charset=utf-8"}
        self._exchange(run, "POST", url, headers=headers, body=lines.encode())


@task_type("io.kestra.plugin.influxdb.Write")
class InfluxdbWrite(InfluxdbTask):
    """Write points that are given as lines of the protocol."""

    outputs: ClassVar[dict[str, Kind] | None] = {"recordCount": INTEGER}

    source: Text = prop(STRING)
    precision: Text = prop(PRECISION, default="NS")

    def _work(self, run: RunContext) -> dict[str, Any]:
        lines = required_text(run, self.source)
        self._write(run, lines, run.constant(self.precision, PRECISION) or "NS")
        count = sum(1 for line in lines.split("\n") if line.strip())
        run.log("INFO", f"Wrote {count} lines of line protocol data to InfluxDB")
        run.metric("counter", "records", count)
        return {"recordCount": count}


@task_type("io.kestra.plugin.influxdb.Load")
class InfluxdbLoad(InfluxdbTask):
    """Write the rows of a stored file as points."""

    outputs: ClassVar[dict[str, Kind] | None] = {"recordCount": INTEGER}

    from_: Text = prop(STRING)
    measurement: Text = prop(STRING)
    tags: Listing | None = prop(listing(STRING), default=None)
    time_field: Text | None = prop(STRING, default=None)
    chunk: Integer = prop(INTEGER, default=1000)

    def _work(self, run: RunContext) -> dict[str, Any]:
        from itertools import islice

        count = batches = 0
        chunk = run.integer(self.chunk) or 1000
        points = iter(Stop(run).each(self._points(run)))
        while batch := list(islice(points, chunk)):
            self._write(run, "\n".join(filter(None, batch)), "NS")
            count, batches = count + len(batch), batches + 1
        run.metric("counter", "records", count)
        run.log("INFO", f"Successfully sent {batches} batches for {count} records")
        return {"recordCount": count}

    def _points(self, run: RunContext) -> Iterator[str]:
        name, when = required_text(run, self.measurement), run.text(self.time_field)
        tags = set(run.listing(self.tags) or ())
        for row in plain_rows(stored_path(run, required_text(run, self.from_))):
            if not isinstance(row, dict):
                raise TaskFailure("each row must be a map")
            yield point(name, row, tags, when)


def point(measurement: str, row: dict[str, Any], tags: set[Any], when: str | None) -> str:
    """A row as a line of the protocol; an empty text for one without fields."""
    marks, fields = {}, {}
    for key, value in row.items():
        if key == when or (when is None and key.lower() == "time") or value is None:
            continue
        if key in tags:
            marks[key] = text_of(value)
        else:
            fields[key] = _field(value)
    named = {key: text for key, text in fields.items() if text is not None}
    if not named:
        return ""
    head = "".join(
        f",{_escaped(key)}={_escaped(marks[key])}" for key in sorted(marks) if marks[key]
    )
    body = ",".join(f"{_escaped(key)}={named[key]}" for key in sorted(named))
    line = f"{_escaped(measurement, equals=False)}{head} {body}"
    return line if when is None or row.get(when) is None else f"{line} {_nanos(row[when])}"


def _escaped(text: str, equals: bool = True) -> str:
    """A name or a tag, whose signs would else end it."""
    found = text.replace("\\", "\\\\") if text.endswith("\\") else text
    for sign, kept in ((",", "\\,"), (" ", "\\ "), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        found = found.replace(sign, kept)
    return found.replace("=", "\\=") if equals else found


def _field(value: Any) -> str | None:
    """A value as the protocol has it: a text that is a number is one; None for what is no finite number."""
    from decimal import Decimal
    from math import isfinite

    if isinstance(value, bool):
        return "true" if value else "false"
    number = value
    if isinstance(value, str):
        try:
            number = float(value) if "_" not in value else None
        except ValueError:
            number = None
    if isinstance(number, (int, float, Decimal)):
        return text_of(float(number)) if isfinite(float(number)) else None
    text = text_of(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _nanos(value: Any) -> int:
    """A moment in nanoseconds since 1970: numbers are seconds or milliseconds. Raises TaskFailure."""
    from flowrt.java.time.isoparse import parse_local_date, parse_local_date_time, parse_zoned
    from flowrt.java.time.local import DAY_SECONDS, LocalDate
    from flowrt.java.values import class_name
    from flowrt.plugins.values import nanos_of_epoch

    text = value.strip() if isinstance(value, str) else ""
    if text.isdecimal():
        value = int(text)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        whole = int(value)
        return whole * (1_000_000_000 if whole < 10_000_000_000 else 1_000_000)
    if text:
        for parse in (parse_zoned, parse_local_date_time, parse_local_date):
            try:
                value = parse(text.replace(" ", "T", 1))
                break
            except RawError:
                continue
        else:
            raise TaskFailure(f"Unparseable date string: {text}")
    if isinstance(value, LocalDate):
        return value.epoch_day() * DAY_SECONDS * 1_000_000_000
    found = nanos_of_epoch(value)
    if found is None:
        raise TaskFailure(f"Unsupported date type: class {class_name(value)}")
    return found


class Querying(InfluxdbTask):
    """What the queries share."""

    outputs: ClassVar[dict[str, Kind] | None] = {**FETCH_OUTPUTS, "total": INTEGER}

    query: Text = prop(STRING)
    fetch_type: Text = prop(FETCH, default="NONE")

    def _rows(self, run: RunContext) -> Iterable[dict[str, Any]]:
        raise NotImplementedError

    def _work(self, run: RunContext) -> dict[str, Any]:
        rows = list(self._rows(run))
        run.metric("counter", "records", len(rows))
        kind = run.constant(self.fetch_type, FETCH)
        outputs = {"size": len(rows)} if kind == "NONE" else put_out(run, rows, kind)
        return {**outputs, "total": len(rows)}

    def _answer(self, run: RunContext, url: str, **how: Any) -> str:
        how["headers"] = {**how.get("headers", {}), "Accept": "application/csv"}
        return (self._exchange(run, "POST", url, **how).body or b"").decode("utf-8", "replace")


@task_type("io.kestra.plugin.influxdb.FluxQuery")
class InfluxdbFluxQuery(Querying):
    """What a query of Flux finds."""

    def _rows(self, run: RunContext) -> Iterable[dict[str, Any]]:
        if self.bucket is not None:
            run.log("INFO", "Bucket is ignored for FluxQuery as it's embedded in the query string.")
        url = self._url(run, *("api", "v2", "query"), org=required_text(run, self.org))
        asked = {"query": required_text(run, self.query), "type": "flux", "dialect": TABLES}
        body = to_json(asked).encode()
        headers = {"Content-Type": "application/json"}
        return flux_rows(self._answer(run, url, headers=headers, body=body))


def flux_rows(text: str) -> Iterator[dict[str, Any]]:
    """The records of tables, each table with lines before it that say of what types its columns are."""
    import csv

    kinds: list[str] = []
    defaults: list[str] = []
    names: list[str] | None = None
    for line in csv.reader(text.splitlines(keepends=True)):
        if not line:
            names = None
        elif line[0] == "#datatype":
            kinds, names = line[1:], None
        elif line[0] == "#default":
            defaults = line[1:]
        elif line[0].startswith("#"):
            continue
        elif names is None:
            names = line[1:]
            kinds, defaults = kinds or ["string"] * len(names), defaults or [""] * len(names)
        elif names[:2] == ["error", "reference"]:
            raise TaskFailure(f"InfluxDB: {line[1]}")
        else:
            cells = zip(names, line[1:], defaults, kinds, strict=False)
            values = [(name, _cell(cell or default, kind)) for name, cell, default, kind in cells]
            yield hash_map((name, value) for name, value in values if value is not None)


def _cell(text: str, kind: str) -> Any:
    """A cell of a type. Raises TaskFailure for one that does not fit."""
    from base64 import b64decode

    from flowrt.java.time.isoparse import parse_zoned
    from flowrt.java.values import ByteArray

    if not text:
        return "" if kind == "string" and text is None else None
    try:
        if kind == "boolean":
            return text == "true"
        if kind in ("long", "unsignedLong"):
            return int(text)
        if kind == "double":
            return float(text.replace("Inf", "inf"))
        if kind == "base64Binary":
            return ByteArray(b64decode(text))
        if kind.startswith("dateTime"):
            return parse_zoned(text).to_instant()
    except (ValueError, RawError):
        raise TaskFailure(f"InfluxDB answers with '{text}', which is no {kind}") from None
    return text


@task_type("io.kestra.plugin.influxdb.InfluxQLQuery")
class InfluxdbInfluxQLQuery(Querying):
    """What a query of InfluxQL finds."""

    def _rows(self, run: RunContext) -> Iterable[dict[str, Any]]:
        from urllib.parse import urlencode

        asked = {
            "db": required_text(run, required(self.bucket)),
            "q": required_text(run, self.query),
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        url = self._url(run, "query")
        return series_rows(self._answer(run, url, headers=headers, body=urlencode(asked).encode()))


def series_rows(text: str) -> Iterator[dict[str, Any]]:
    """The values of series, as texts; names and tags of series are left out."""
    import csv

    names: list[str] | None = None
    for line in csv.reader(text.splitlines(keepends=True)):
        if not line:
            names = None
        elif names is None:
            names = line[2:]
        else:
            yield hash_map(zip(names, line[2:], strict=False))
