"""Which files are flows, and reading them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from errno import EFBIG
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flowc.source import SourceFile, Span

if TYPE_CHECKING:
    from flowc.diag.model import Sink

STDIN = "-"
_SUFFIXES = (".yaml", ".yml")
MOST_BYTES = 200_000_000
_MOST = 50_000
"""Entries of folders that are looked at when a flow's own folder is searched."""

_KEY = re.compile(r"^([A-Za-z]\w*)[ \t]*:(?:[ \t]+([^\n]*))?$", re.M)
_MARKS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


class Found(NamedTuple):
    """A file that may be a flow. `asked`: it was named itself, so it is read whatever it holds."""

    path: Path
    asked: bool
    root: Path | None = None
    """The folder in which it was found."""

    @property
    def name(self) -> str:
        """The path as the caller wrote it."""
        return "<stdin>" if str(self.path) == STDIN else str(self.path)


def find(paths: Iterable[Path]) -> Iterator[Found]:
    """The files of paths: files themselves, and the YAML files in folders at any depth."""
    for path in paths:
        # not `Path.is_dir`, which raises for names that no file can have
        if str(path) != STDIN and os.path.isdir(path):
            for found in _walk(path):
                yield Found(found, False, path)
        else:
            yield Found(path, True)


def beside(path: Path) -> Iterator[Found]:
    """The YAML files in the folder of a file and below."""
    yield from (Found(found, False, path.parent) for found in _walk(path.parent, _MOST))


def _walk(folder: Path, most: int | None = None) -> Iterator[Path]:
    """YAML files in order; hidden folders are left out. Stops after so many entries."""
    seen = 0
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for name in sorted(names):
            # what is no file, as a pipe, might never come to an end
            if name.endswith(_SUFFIXES) and os.path.isfile(os.path.join(root, name)):
                yield Path(root, name)
        seen += len(folders) + len(names)
        if most is not None and seen > most:
            return


_READ_HINTS: dict[type[OSError], str] = {
    FileNotFoundError: "a relative path starts at the current folder",
    PermissionError: "make it readable for this user",
}


def bounded(path: Path) -> bytes:
    """The bytes of a file. Raises OSError, also for more than any flow has: a device may never end."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OSError(EFBIG, os.strerror(EFBIG))
    return data


def read(found: Found, sink: Sink) -> SourceFile | None:
    """The text of a file; FC110 when it cannot be read."""
    name = found.name
    try:
        data = sys.stdin.buffer.read() if str(found.path) == STDIN else bounded(found.path)
    except OSError as error:
        said = f"cannot read {name}: {error.strerror or error}"
        hint = _READ_HINTS.get(type(error))
        sink.report("FC110", said, Span(SourceFile(name, ""), 0, 0), hint=hint)
        return None
    try:
        return SourceFile(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        _not_utf8(name, data, error, sink)
        return None


def _not_utf8(name: str, data: bytes, error: UnicodeDecodeError, sink: Sink) -> None:
    """The finding at the line and column of the byte; of UTF-16 its mark is named."""
    for encoding, mark in _MARKS.items():
        if data.startswith(mark):
            file = SourceFile(name, data[2:].decode(encoding, "replace"))
            sink.report(
                "FC110",
                f"the file is UTF-16 text (it begins with {mark.hex(' ').upper()}), not UTF-8",
                Span(file, 0, 0),
                hint="save the file as UTF-8",
            )
            return
    start = len(data[: error.start].decode("utf-8-sig", "replace"))
    file = SourceFile(name, data.decode("utf-8-sig", "replace"))
    sink.report(
        "FC110",
        f"the file is not UTF-8 text: byte {error.start} (0x{data[error.start]:02X}) cannot be decoded",
        Span(file, start, start + 1),
        hint="save the file as UTF-8",
    )


class Header(NamedTuple):
    """The keys of a file, and the id and namespace that are written simply."""

    keys: frozenset[str]
    id: str | None
    namespace: str | None

    @property
    def is_flow(self) -> bool:
        """Whether the keys are those of a flow; test suites and other YAML have others."""
        return "tasks" in self.keys or (
            {"id", "namespace"} <= self.keys and "testCases" not in self.keys
        )


def header(text: str) -> Header:
    """What the left margin tells without parsing, as flows are written; where it tells nothing, what YAML says."""
    found = _header({found[1]: found[2] for found in _KEY.finditer(text)})
    if found.is_flow or "testCases" in found.keys or not ("tasks" in text or "namespace" in text):
        return found
    return _header(_of_root(text))


def _header(given: Mapping[str, str | None]) -> Header:
    return Header(frozenset(given), _plain(given.get("id")), _plain(given.get("namespace")))


def _of_root(text: str) -> dict[str, str | None]:
    """The keys of the map that a text is, with the values that are scalars; of one with errors, those before them."""
    import yaml

    from flowc.front.yaml import LOADER

    found: dict[str, str | None] = {}
    depth, key = 0, None
    try:
        for event in yaml.parse(text, Loader=LOADER):
            if isinstance(event, yaml.CollectionStartEvent):
                if depth == 0 and not isinstance(event, yaml.MappingStartEvent):
                    break
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent | yaml.DocumentEndEvent):
                depth -= 1
            if depth == 1 and key is not None:
                found[key] = event.value if isinstance(event, yaml.ScalarEvent) else None
                key = None
            elif depth == 1 and isinstance(event, yaml.ScalarEvent):
                key = event.value
            if depth < 0:
                break
    except (yaml.YAMLError, RecursionError):
        pass
    return found


def _plain(value: str | None) -> str | None:
    """A scalar without quotes and comment; None when it is not simply written."""
    if value is None:
        return None
    text = re.sub(r"\s+#.*", "", value).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    return text if re.fullmatch(r"[\w.-]+", text) else None
