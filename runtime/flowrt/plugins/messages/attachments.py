"""Files that go along with a mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flowrt.model.declare import STRING, Declared, prop
from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

PLAIN = "application/octet-stream"


class Attachment(Declared):
    """A stored file, and the name that it gets."""

    uri: Text = prop(STRING)
    name: Text = prop(STRING)
    content_type: Text = prop(STRING, default=PLAIN)


class File(NamedTuple):
    """A file by content."""

    name: str
    content_type: str
    data: bytes


def files(run: RunContext, given: Any) -> list[File]:
    """The files of a property: a list of objects, or a text that renders to the JSON of one or of several.

    Raises TaskFailure for anything else, and the error of a file that cannot be read.
    """
    if given is None:
        return []
    if isinstance(given, list):
        return [_file(run, each) for each in given]
    text = (run.text(given) or "").strip()
    if not text:
        return []
    from flowrt.formats.jsonread import parse_json

    found = parse_json(text)
    if isinstance(found, str):
        found = parse_json(found)
    items = found if isinstance(found, list) else [found]
    if not all(isinstance(each, dict) for each in items):
        raise TaskFailure("The `attachments` attribute must be a String or a List")
    return [_read(run, each) for each in items]


def _file(run: RunContext, given: Any) -> File:
    if isinstance(given, Attachment):
        rendered = {
            "uri": run.text(given.uri),
            "name": run.text(given.name),
            "contentType": run.text(given.content_type),
        }
    elif isinstance(given, dict):
        rendered = run.structure(given)
    else:
        raise TaskFailure("The `attachments` attribute must be a String or a List")
    return _read(run, rendered)


def _read(run: RunContext, given: dict[str, Any]) -> File:
    uri, name = given.get("uri"), given.get("name")
    if not uri or not name:
        raise TaskFailure("an attachment has a `uri` and a `name`")
    return File(str(name), str(given.get("contentType") or PLAIN), run.open_file(str(uri)))
