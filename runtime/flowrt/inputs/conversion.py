"""From what is given to the value of a type, and from there to the form that documents and expressions hold.

While inputs are resolved their values are typed (`Float`, `Instant`, `LocalDate`, `Duration` …), so that an input that
depends on another sees what the engine shows; afterwards `document_form` turns them into JSON kinds.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flowrt.inputs.declaration import LIST_TYPES
from flowrt.inputs.errors import Invalid, Unreadable
from flowrt.java.errors import ExpressionError
from flowrt.java.printing import float_text, text_of
from flowrt.java.values import INT_MAX, INT_MIN, Float, Uri
from flowrt.packages import CRYPTOGRAPHY, YAML

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flowrt.inputs.sealing import Sealer

    StoreFile = Callable[[str, str, bytes | Path], str]

FILE_SCHEMES = frozenset({"kestra", "file", "nsfile"})
"""URIs of these schemes name a file that exists already; any other text is the path of one to be stored."""

_INTEGER = re.compile(r"[+-]?\d{1,99}")
_NUMBER = re.compile(r"[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)", re.ASCII)
_HEX_NUMBER = re.compile(
    r"([+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?\d+)[fFdD]?", re.ASCII
)


class Upload:
    """A file handed over with the inputs, as bytes or by its path; a FILE input stores it, any other type refuses it."""

    __slots__ = ("data", "name")

    def __init__(self, name: str, data: bytes | Path) -> None:
        self.name = name
        self.data = data


class Secret(str):
    """The clear text of a SECRET while inputs are resolved; sealed before it reaches a document.

    Nobody else sees it: expressions know a text by its type (`in_clear`).
    """

    __slots__ = ()


def in_clear(value: Any) -> Any:
    """A typed value as expressions see it: secrets as plain texts."""
    if isinstance(value, list):
        return [in_clear(item) for item in value]
    return str(value) if type(value) is Secret else value


def convert(
    type_name: str | None,
    value: Any,
    *,
    id: str,
    store_file: StoreFile,
    element_type: str | None = None,
) -> Any:
    """The typed value of an input or output; a value of the right kind already stays as it is.

    Raises `Invalid` (named in the report) or `Unreadable` (reported as a block).
    """
    if type_name is None:
        return value
    if value is None:
        if type_name in LIST_TYPES:
            raise Invalid('argument "content" is null')
        raise Unreadable('Cannot invoke "Object.toString()" because "current" is null')
    if type_name in LIST_TYPES:
        return _listing(value, id, store_file, element_type)
    if type_name == "FILE":
        return _file(value, id, store_file)
    if isinstance(value, Upload):
        raise Invalid(f"a file was given, but the type is {type_name}")
    return _CONVERTERS[type_name](value)


def _integer(value: Any) -> int:
    if type(value) is int and INT_MIN <= value <= INT_MAX:
        return value
    text = text_of(value)
    if _INTEGER.fullmatch(text):
        number = int(text)
        if INT_MIN <= number <= INT_MAX:
            return number
    raise Invalid(f'For input string: "{text}"')


def _float(value: Any) -> Float:
    if type(value) is Float:
        return value
    given = text_of(value)
    text = given.strip("".join(map(chr, range(33))))
    if _NUMBER.fullmatch(text):
        return Float(text if text[-1] in "yN" else text.rstrip("fFdD"))
    hexadecimal = _HEX_NUMBER.fullmatch(text)
    if hexadecimal:
        return Float(float.fromhex(hexadecimal.group(1)))
    raise Invalid(f'For input string: "{given}"' if text else "empty String")


def _boolean(value: Any) -> bool:
    return value if isinstance(value, bool) else text_of(value).lower() == "true"


def _temporal(kind: str, parser: str) -> Any:
    def parse(value: Any) -> Any:
        from flowrt.java.time import isoparse, temporal

        if isinstance(value, getattr(temporal, kind)):
            return value
        try:
            return getattr(isoparse, parser)(text_of(value))
        except ExpressionError as error:
            raise Unreadable(str(error)) from None

    return parse


def _json(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return value
    from flowrt.formats.jsonread import parse_json

    try:
        return parse_json(text_of(value))
    except ExpressionError as error:
        raise Unreadable(str(error)) from None


def _yaml(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return value
    from flowrt.formats.yamlread import parse_yaml
    from flowrt.formats.yamlscalar import YamlError

    try:
        return _in_json(parse_yaml(text_of(value), strict=True))
    except YamlError as error:
        raise Unreadable(str(error)) from None


def _in_json(value: Any) -> Any:
    """A value of YAML as JSON has it: bytes are their base64."""
    if isinstance(value, dict):
        return {key: _in_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_json(item) for item in value]
    if isinstance(value, bytes):
        from base64 import b64encode

        return b64encode(value).decode()
    return value


def _uri(value: Any) -> str:
    text = text_of(value)
    if _scheme(text) is None:
        raise Invalid("Invalid URI format.")
    return text


def _scheme(text: str) -> str | None:
    """The scheme of a URI, None for a relative one. Raises Invalid for a text that is none."""
    from flowrt.java.uri import InvalidUri
    from flowrt.java.uriparts import Uri

    try:
        return Uri(text).scheme
    except InvalidUri as error:
        raise Invalid(str(error)) from None


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "STRING": text_of,
    "ENUM": text_of,
    "SELECT": text_of,
    "EMAIL": text_of,
    "SECRET": lambda value: Secret(text_of(value)),
    "INT": _integer,
    "FLOAT": _float,
    "BOOLEAN": _boolean,
    "BOOL": _boolean,
    "DATETIME": _temporal("Instant", "parse_instant"),
    "DATE": _temporal("LocalDate", "parse_local_date"),
    "TIME": _temporal("LocalTime", "parse_local_time"),
    "DURATION": _temporal("Duration", "parse_duration"),
    "JSON": _json,
    "YAML": _yaml,
    "URI": _uri,
}

PACKAGES: dict[str, tuple[str, ...]] = {"SECRET": (CRYPTOGRAPHY,), "YAML": (YAML,)}
"""What types of inputs and outputs need beside the runtime; a SECRET is sealed when there is a store."""


def _file(value: Any, id: str, store_file: StoreFile) -> Uri:
    if isinstance(value, Upload):
        return Uri(store_file(id, value.name, value.data))
    text = text_of(value)
    if _scheme(text) in FILE_SCHEMES:
        return Uri(text)
    from pathlib import Path

    name, text = text.rpartition("/")[2], _java_path(text)
    try:
        with open(text, "rb"):
            return Uri(store_file(id, name, Path(text)))
    except FileNotFoundError:
        raise Unreadable(f"{text} (No such file or directory)") from None
    except OSError as error:
        raise Unreadable(f"{text} ({error.strerror})") from None
    except ValueError:
        # half a surrogate pair is in no name of a file
        raise Unreadable(f"{text!r} (No such file or directory)") from None


def _java_path(text: str) -> str:
    """A path as a file of Java has it: without slashes that say nothing."""
    steps = "/".join(filter(None, text.split("/")))
    return f"/{steps}" if text.startswith("/") else steps


def _listing(value: Any, id: str, store_file: StoreFile, element_type: str | None) -> list[Any]:
    given = _elements(value)
    if element_type is None:
        return given
    elements = []
    for element in given:
        try:
            elements.append(convert(element_type, element, id=id, store_file=store_file))
        except (Invalid, Unreadable):
            shown = text_of(element)
            raise Invalid(
                f"Unable to parse array element as `{element_type}` on `{shown}`"
            ) from None
    return elements


def _elements(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    if not isinstance(value, str):
        raise Unreadable(f"{text_of(value)} is not a list")
    from flowrt.formats.jsonlist import parse_list

    try:
        return parse_list(value)
    except ExpressionError as error:
        raise Unreadable(str(error)) from None


def document_form(value: Any, sealer: Sealer, *, micros: bool = True) -> Any:
    """The JSON kinds of a typed value: dates as text, durations as seconds, secrets sealed.

    `micros`: instants have six decimals, as in inputs; else as many groups of three as they need, as in outputs, also
    those of a pause. Numbers that JSON does not have are texts.
    """
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is float:
        return value if value - value == 0 else text_of(value)
    if kind is Float:
        text = float_text(value)
        return text if text[-1] in "yN" else float(text)
    if isinstance(value, dict):
        return {key: document_form(item, sealer, micros=micros) for key, item in value.items()}
    if isinstance(value, list):
        return [document_form(item, sealer, micros=micros) for item in value]
    if kind is Secret:
        return sealer.seal(value)
    name = kind.__name__
    if name == "Duration":
        return value.nanos / 1_000_000_000
    if name == "LocalTime":
        return value.iso()
    if name == "Instant" and micros:
        return _micros(value)
    return text_of(value)


def _micros(instant: Any) -> str:
    from flowrt.java.time.temporal import LocalDate, LocalDateTime

    local = LocalDateTime.of_epoch_nanos(instant.epoch_nanos)
    time, day = local.time, local.date
    if day.year <= 0:  # years are those of an era, and which era is not told
        day = LocalDate.known(1 - day.year, day.month, day.day)
    clock = f"{time.hour:02d}:{time.minute:02d}:{time.second:02d}"
    return f"{day}T{clock}.{time.nano // 1000:06d}Z"
