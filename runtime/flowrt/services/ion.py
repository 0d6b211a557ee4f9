"""Amazon ION text, the format of rows that tasks exchange and of stored key-value entries.

Values are those of expressions (`flowrt.expr.values`, `flowrt.expr.temporal`). JSON is read too, since every JSON
text is an ION text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*", re.ASCII)
_KEYWORDS = frozenset(("null", "true", "false", "nan"))
_UNSAFE = re.compile(r'["\\\x00-\x1f\x7f-\x9f]')
_UNSAFE_SYMBOL = re.compile(r"['\\\x00-\x1f\x7f-\x9f]")
_SHORT = {
    '"': '\\"', "'": "\\'", "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r",
    "\0": "\\0", "\a": "\\a", "\b": "\\b", "\v": "\\v", "\f": "\\f",
}  # fmt: skip


class IonError(ValueError):
    """A text that is no ION."""


def _escaped(match: re.Match[str]) -> str:
    char = match.group()
    return _SHORT.get(char) or f"\\x{ord(char):02X}"


def _symbol(name: str) -> str:
    if _IDENTIFIER.fullmatch(name) and name not in _KEYWORDS:
        return name
    return "'" + _UNSAFE_SYMBOL.sub(_escaped, name) + "'"


def _float(value: float) -> str:
    if value != value:
        return "nan"
    if value in (float("inf"), float("-inf")):
        return "+inf" if value > 0 else "-inf"
    if value.is_integer() and abs(value) < 1e15:
        return f"{int(value)}e0"
    text = repr(float(value))
    return text if "e" in text else f"{text}e0"


def dumps(value: Any) -> str:
    """One value on one line. Members of maps whose value is null are left out."""
    out: list[str] = []
    _write(value, out)
    return "".join(out)


def _write(value: Any, out: list[str]) -> None:
    if value is None:
        out.append("null")
    elif isinstance(value, bool):
        out.append("true" if value else "false")
    elif isinstance(value, str):
        out.append('"' + _UNSAFE.sub(_escaped, str.__str__(value)) + '"')
    elif isinstance(value, int):
        out.append(int.__repr__(value))
    elif isinstance(value, float):
        out.append(_float(value))
    elif isinstance(value, dict):
        out.append("{")
        separator = ""
        for key, item in value.items():
            if item is not None:
                out.append(f"{separator}{_symbol(str(key))}:")
                _write(item, out)
                separator = ","
        out.append("}")
    elif isinstance(value, (bytes, bytearray)):
        import base64

        out.append("{{" + base64.b64encode(value).decode() + "}}")
    elif isinstance(value, list) or hasattr(value, "__iter__"):
        out.append("[")
        for index, item in enumerate(value):
            if index:
                out.append(",")
            _write(item, out)
        out.append("]")
    else:
        _write_object(value, out)


def _write_object(value: Any, out: list[str]) -> None:
    kind = type(value).__name__
    if kind == "Decimal":
        text = format(value, "f")
        out.append(text if "." in text else f"{text}.")
    elif kind == "Instant":
        text = str(value)
        head, _, fraction = text.removesuffix("Z").partition(".")
        out.append(f"{head}.{(fraction or '0').ljust(3, '0')[:3]}Z")
    elif kind == "LocalDate":
        out.append(str(value))
    elif kind == "Zoned":
        _annotated("ZonedDateTime", value, out)
    elif kind in ("LocalDateTime", "LocalTime"):
        _annotated(kind, value, out)
    elif kind == "Duration":
        out.append(value.decimal_seconds())
    else:
        text = value.java_text() if hasattr(value, "java_text") else str(value)
        _write(text, out)


def _annotated(kind: str, value: Any, out: list[str]) -> None:
    out.append(f"{kind}::")
    _write(str(value), out)


def loads(text: str) -> Any:
    """The first value of a text. Raises IonError when there is none."""
    for value in values(text):
        return value
    raise IonError("No content to map due to end-of-input")


def values(text: str) -> Iterator[Any]:
    """All values of a text, one after the other."""
    reader = _Reader(text.removeprefix("\ufeff"))
    while reader.more():
        value, annotations = reader.value()
        if not (value == "$ion_1_0" and reader.symbol and not annotations):
            yield value


_SKIP = re.compile(r"(?:[\s]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_NUMBER = re.compile(
    r"[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eEdD][+-]?[0-9]+)?)"
)
_TIMESTAMP = re.compile(
    r"\d{4}(?:T|-\d\d(?:T|-\d\d(?:T(?:\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?)?))"
)
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_LONG = re.compile(r"'''(.*?)'''", re.DOTALL)
_BLOB = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_ESCAPE = re.compile(r"\\(x..|u....|U........|\r\n|.)", re.DOTALL)
_LITERALS: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "nan": float("nan"),
}
_LETTERS = {
    "n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "v": "\v", "f": "\f",
    "\n": "", "\r\n": "",
}  # fmt: skip


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text

    def char(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] in "xuU" and len(code) > 1:
            return chr(int(code[1:], 16))
        return _LETTERS.get(code, code)

    plain = _ESCAPE.sub(char, text)
    if any("\ud800" <= c < "\ue000" for c in plain):
        # pairs of escaped surrogates, as JSON writes what lies beyond 16 bits
        plain = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return plain


class _Reader:
    """Reads values from a text, left to right; `symbol`: the last value was a bare symbol."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.symbol = False

    def skip(self) -> None:
        match = _SKIP.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def more(self) -> bool:
        self.skip()
        return self.at < len(self.text)

    def fail(self) -> IonError:
        here = self.text[self.at : self.at + 1]
        shown = f"Unexpected character '{here}'" if here else "Unexpected end of input"
        return IonError(f"{shown} at offset {self.at}")

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
        return match

    def value(self) -> tuple[Any, list[str]]:
        annotations: list[str] = []
        while True:
            self.skip()
            self.symbol = False
            value = self.plain()
            self.skip()
            if self.text.startswith("::", self.at) and isinstance(value, str):
                self.at += 2
                annotations.append(value)
                continue
            return (_typed(value, annotations[-1]) if annotations else value), annotations

    def plain(self) -> Any:
        char = self.text[self.at : self.at + 1]
        if char == '"':
            if (match := self.take(_TEXT)) is None:
                raise self.fail()
            return _unescaped(match.group(1))
        if char == "{":
            if (match := self.take(_BLOB)) is not None:
                import base64

                return base64.b64decode(match.group(1))
            return self.members()
        if char == "[":
            return self.items("]")
        if char == "(":
            return self.items(")")
        if char == "'":
            return self.quoted()
        if (match := self.take(_TIMESTAMP)) is not None:
            return _timestamp(match.group())
        if (match := self.take(_NUMBER)) is not None:
            return _number(match.group().replace("_", ""))
        for word, number in (("+inf", float("inf")), ("-inf", float("-inf"))):
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return number
        if (match := self.take(_IDENTIFIER)) is None:
            raise self.fail()
        word = match.group()
        if word == "null" and self.text.startswith(".", self.at):
            self.at += 1
            self.take(_IDENTIFIER)
        if word in _LITERALS:
            return _LITERALS[word]
        self.symbol = True
        return word

    def quoted(self) -> str:
        if not self.text.startswith("'''", self.at):
            if (match := self.take(_QUOTED)) is None:
                raise self.fail()
            self.symbol = True
            return _unescaped(match.group(1))
        parts = []
        while (match := self.take(_LONG)) is not None:
            parts.append(_unescaped(match.group(1)))
            self.skip()
        return "".join(parts)

    def items(self, end: str) -> list[Any]:
        self.at += 1
        found: list[Any] = []
        while True:
            self.skip()
            if self.text.startswith(end, self.at):
                self.at += 1
                return found
            if found:
                if self.text.startswith(",", self.at):
                    self.at += 1
                    self.skip()
                    if self.text.startswith(end, self.at):
                        continue
                elif end == "]":
                    raise self.fail()
            if self.at >= len(self.text):
                raise self.fail()
            found.append(self.value()[0])

    def members(self) -> dict[str, Any]:
        self.at += 1
        found: dict[str, Any] = {}
        while True:
            self.skip()
            if self.text.startswith("}", self.at):
                self.at += 1
                return found
            if found:
                if not self.text.startswith(",", self.at):
                    raise self.fail()
                self.at += 1
                self.skip()
                if self.text.startswith("}", self.at):
                    continue
            name = self.plain()
            self.skip()
            if not isinstance(name, str) or not self.text.startswith(":", self.at):
                raise self.fail()
            self.at += 1
            found[name] = self.value()[0]


def _number(text: str) -> Any:
    lower = text.lower()
    if lower.lstrip("+-").startswith(("0x", "0b")):
        return int(lower, 0)
    if "e" in lower:
        return float(lower)
    if "." in lower or "d" in lower:
        from decimal import Decimal

        return Decimal(lower.replace("d", "e"))
    return int(lower)


def _timestamp(text: str) -> Any:
    from flowrt.expr.isoparse import parse_zoned
    from flowrt.expr.temporal import NANOS, Instant, LocalDate

    if len(text) <= 11:
        year, month, day = [*text.rstrip("T").split("-"), "1", "1"][:3]
        return LocalDate(int(year), int(month), int(day))
    zoned = parse_zoned(text)
    if not text.endswith(("Z", "+00:00")):
        return zoned
    instant = zoned.to_instant()
    if instant.epoch_nanos % (86400 * NANOS) == 0:
        return zoned.local.date
    return Instant(instant.epoch_nanos)


def _typed(value: Any, annotation: str) -> Any:
    """An annotated text is a date or time of the named kind."""
    if not isinstance(value, str):
        return value
    from flowrt.expr import isoparse

    parse = {
        "ZonedDateTime": isoparse.parse_zoned,
        "OffsetDateTime": isoparse.parse_zoned,
        "LocalDateTime": isoparse.parse_local_date_time,
        "LocalTime": isoparse.parse_local_time,
        "LocalDate": isoparse.parse_local_date,
        "Instant": isoparse.parse_instant,
    }.get(annotation)
    return parse(value) if parse else value
