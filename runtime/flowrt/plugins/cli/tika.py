"""Tika: the text and the facts of documents of a thousand kinds, by the program `tika` of this machine.

There is no such library for Python; the program is Tika's own (`tika-app`), which needs a Java.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    enum,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from pathlib import Path

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Text

CONTENT = enum("TEXT", "XHTML", "XHTML_NO_HEADER")
STRATEGIES = enum("NO_OCR", "OCR_ONLY", "OCR_AND_TEXT_EXTRACTION", "AUTO")
ABSENT = 127
"""How a shell says that there is no such program."""
SAID = 20
"""Lines of what the program says that are kept for a failure."""
_PARSER = "org.apache.tika.parser."
_OCR, _PDF = f"{_PARSER}ocr.TesseractOCRParser", f"{_PARSER}pdf.PDFParser"
_BODY = re.compile(r"<body[^>]*?(?:/>|>(.*)</body>)", re.DOTALL)
_TAG = re.compile("<[^>]*>")
_OWN = re.compile(
    "X-TIKA:(?:content|content_handler|parse_time_millis|embedded_depth|Parsed-By-Full-Set)"
)


class OcrOptions(Declared):
    """How texts of images are read."""

    strategy: Text = prop(STRATEGIES, default="NO_OCR")
    enable_image_preprocessing: Flag | None = prop(BOOLEAN, default=None)
    language: Text | None = prop(STRING, default=None)


@task_type("io.kestra.plugin.tika.Parse")
class TikaParse(Task):
    """The content of a document, what is known of it, and the files that it holds."""

    outputs: ClassVar[dict[str, Kind] | None] = {"result": mapping(), "uri": URI}

    from_: Text | None = prop(STRING, default=None)
    extract_embedded: Flag = prop(BOOLEAN, default=False)
    content_type: Text = prop(CONTENT, default="XHTML")
    ocr_options: OcrOptions | None = prop(record(OcrOptions), default=None)
    store: Flag = prop(BOOLEAN, default=True)
    characters_limit: Integer | None = prop(INTEGER, default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        folder, files = run.private_folder(), run.flag(self.extract_embedded)
        source = await run.in_thread(lambda: self._prepared(run, folder, files))
        kind = str(run.constant(self.content_type, CONTENT))
        await _call(run, folder, f"-eUTF-8 -J -x {source} > parsed.json")
        if files:
            await _call(run, folder, f"-z --extract-dir=embedded {source} >&2")
        found: dict[str, Any] = await run.in_thread(lambda: self._told(run, folder, kind))
        return found

    def _prepared(self, run: RunContext, folder: Path, files: bool) -> str:
        """The document in a folder of its own, with its settings; its name in the words of a shell."""
        from flowrt.plugins.files.remote import extension
        from flowrt.plugins.stored import source_path

        place = required_text(run, self.from_)
        name = f"document{extension(place) or ''}"
        (folder / name).symlink_to(source_path(run, place))
        (folder / "tika.xml").write_text(self._settings(run, files), "utf-8")
        return shlex.quote(name)

    def _settings(self, run: RunContext, files: bool) -> str:
        from html import escape

        options = self.ocr_options or OcrOptions()
        strategy = str(run.constant(options.strategy, STRATEGIES))
        language, better = run.text(options.language), options.enable_image_preprocessing
        reads = {"skipOcr": ("bool", "true" if strategy == "NO_OCR" else "false")}
        if language is not None:
            reads["language"] = ("string", language)
        if better is not None:
            reads["enableImagePreprocessing"] = ("bool", str(run.flag(better)).lower())
        pages = {
            "ocrStrategy": ("string", strategy),
            "extractInlineImages": ("bool", str(files).lower()),
            "extractUniqueInlineImagesOnly": ("bool", str(files).lower()),
        }
        parsers = "".join(
            f'<parser class="{name}"><params>'
            + "".join(
                f'<param name="{key}" type="{kind}">{escape(value)}</param>'
                for key, (kind, value) in params.items()
            )
            + "</params></parser>"
            for name, params in ((_OCR, reads), (_PDF, pages))
        )
        excluded = "".join(f'<parser-exclude class="{name}"/>' for name in (_OCR, _PDF))
        default = f'<parser class="{_PARSER}DefaultParser">{excluded}</parser>'
        return f"<properties><parsers>{default}{parsers}</parsers></properties>"

    def _told(self, run: RunContext, folder: Path, kind: str) -> dict[str, Any]:
        from flowrt.formats.jsonread import JsonError, parse_json
        from flowrt.plugins.rows import stored

        try:
            found = parse_json((folder / "parsed.json").read_text("utf-8"))[0]
        except (JsonError, LookupError, TypeError) as error:
            raise TaskFailure(f"`tika` said what is no document: {error}") from None
        about = {
            name: value[0] if isinstance(value, list) else value
            for name, value in found.items()
            if not _OWN.fullmatch(name) and name != "resourceName"
        }
        parsed = {
            "embedded": self._embedded(run, folder / "embedded"),
            "metadata": about,
            "content": self._content(run, str(found.get("X-TIKA:content") or ""), kind, about),
        }
        if not run.flag(self.store, True):
            return {"result": parsed}
        return {"uri": stored(run, [parsed])[0]}

    def _content(self, run: RunContext, content: str, kind: str, about: dict[str, Any]) -> str:
        """The content as it is wanted. Raises TaskFailure for a text that is too long."""
        from html import unescape

        if kind == "XHTML":
            return content
        match = _BODY.search(content)
        body = content if match is None else match[1] or ""
        if kind == "XHTML_NO_HEADER":
            return body
        text, most = unescape(_TAG.sub("", body)), run.integer(self.characters_limit)
        if not text.strip() and str(about.get("Content-Type")).startswith("image/"):
            return "\n".join(f"{name}: {about[name]}" for name in sorted(about))
        if most is not None and 0 <= most < len(text):
            raise TaskFailure(
                f"Your document contained more than {most} characters, and so your requested limit has been reached."
            )
        return text

    def _embedded(self, run: RunContext, folder: Path) -> dict[str, str]:
        from flowrt.services.folders import folder_files

        if not folder.is_dir():
            return {}
        return {path.name: run.put_file(path, path.name) for _, path in folder_files(folder)}


async def _call(run: RunContext, folder: Path, words: str) -> None:
    """Run the program in a folder. Raises TaskFailure in its words when it fails, or is not there."""
    from flowrt.scripting.process import run_process
    from flowrt.scripting.python import base_environment

    said: list[str] = []

    def hear(line: str, _: bool) -> None:
        said.append(line)
        del said[:-SAID]

    call = ["/bin/sh", "-c", f"exec tika --config=tika.xml {words}"]
    code = await run_process(run, call, folder, base_environment(), hear)
    if code == ABSENT:
        raise TaskFailure(
            "Tika is needed: put a program `tika` on the path that calls `java -jar tika-app.jar` with its arguments"
        )
    if code != 0:
        cause = next((line for line in said if "Exception" in line), said[-1] if said else "")
        raise TaskFailure(f"`tika` failed with exit code {code}: {cause.strip()}")
