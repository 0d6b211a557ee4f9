"""YAML from and to rows and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.formats.jsonwrite import to_json
from flowrt.formats.yamlwrite import to_yaml
from flowrt.model.declare import BOOLEAN, STRING, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.packages import YAML
from flowrt.plugins.serdes.json import JsonStream, parsed
from flowrt.plugins.stored import (
    Converter,
    Stop,
    open_text,
    plain_rows,
    text_lines,
)
from flowrt.services.rows import LARGEST
from flowrt.tasks.storage import charset_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Text


def _documents(source: Path, charset: str) -> list[Any]:
    """The documents of a YAML file. Raises TaskFailure for what is none."""
    from flowrt.formats.yamlread import parse_documents
    from flowrt.formats.yamlscalar import YamlError

    with open_text(source, charset) as file:
        text = file.read(LARGEST)
    if len(text) == LARGEST:
        raise TaskFailure(f"The YAML file is longer than {LARGEST} characters")
    try:
        return parse_documents(text)
    except YamlError as error:
        raise TaskFailure(str(error)) from None


def _write_stream(target: Path, charset: str, values: Iterable[Any], last: str) -> int:
    """Write documents; `last` follows one that is the only one, and `---` stands before each of several."""
    count, before = 0, None
    with open_text(target, charset, "w", "\n") as out:
        for value in values:
            if count == 1:
                out.write(f"---\n{to_yaml(before)}\n")
            if count:
                out.write(f"---\n{to_yaml(value)}\n")
            before = value if not count else None
            count += 1
        if count == 1:
            out.write(to_yaml(before) + last)
    return count


@task_type("io.kestra.plugin.serdes.yaml.YamlToIon")
class YamlToIon(Converter):
    """Read YAML: a row for each document."""

    packages: ClassVar[tuple[str, ...]] = (YAML,)

    charset: Text = prop(STRING, default="UTF-8")

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        from flowrt.services.rows import RowFile

        documents = _documents(source, charset_of(run, self.charset))
        with RowFile(target) as rows:
            for document in stop.each(documents):
                rows.write(document)
        return len(documents)


@task_type("io.kestra.plugin.serdes.yaml.IonToYaml")
class IonToYaml(Converter):
    """Write rows as YAML, each a document of its own."""

    extension = ".yaml"

    charset: Text = prop(STRING, default="UTF-8")

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        rows = stop.each(plain_rows(source))
        return _write_stream(target, charset_of(run, self.charset), rows, "\n")


@task_type("io.kestra.plugin.serdes.yaml.YamlToJson")
class YamlToJson(Converter):
    """Write the documents of a YAML file as JSON: a line each, one document, or an array."""

    packages: ClassVar[tuple[str, ...]] = (YAML,)

    charset: Text = prop(STRING, default="UTF-8")
    jsonl: Flag = prop(BOOLEAN, default=False)

    def extension_of(self, run: RunContext) -> str:
        return ".jsonl" if run.flag(self.jsonl) else ".json"

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        charset = charset_of(run, self.charset)
        documents = _documents(source, charset)
        with open_text(target, charset, "w", "\n") as out:
            texts = [to_json(document) for document in stop.each(documents)]
            if run.flag(self.jsonl):
                out.writelines(f"{text}\n" for text in texts)
            elif len(texts) > 1 or (documents and isinstance(documents[0], list)):
                out.write("[" + ",".join(texts) + "]")
            else:
                out.write(texts[0] if texts else "{}")
        return len(documents)


@task_type("io.kestra.plugin.serdes.yaml.JsonToYaml")
class JsonToYaml(Converter):
    """Write a JSON value, the items of an array, or the lines of a file as YAML documents."""

    extension = ".yaml"

    charset: Text = prop(STRING, default="UTF-8")
    jsonl: Flag = prop(BOOLEAN, default=False)

    def convert(self, run: RunContext, source: Path, target: Path, stop: Stop) -> int:
        charset = charset_of(run, self.charset)
        with open_text(source, charset) as file:
            if run.flag(self.jsonl):
                lines = (line.strip() for line in text_lines(file))
                values: Iterator[Any] = (parsed(line) for line in lines if line)
            else:
                values = JsonStream(file).document()
            return _write_stream(target, charset, stop.each(values), "")
