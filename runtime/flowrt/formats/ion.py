"""Amazon Ion as text: what `toIon` writes and what `fromIon` reads."""

import re
from functools import lru_cache
from typing import Any

from flowrt.java.growth import Parts, check_places, piecewise
from flowrt.java.printing import text_of
from flowrt.java.text.numberparse import whole
from flowrt.java.values import ByteArray, Char, Entry, Float, JavaObject, JavaSet


class IonError(Exception):
    """The text is no Ion."""


# -- writing

_SYMBOL = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_RESERVED = frozenset(("null", "true", "false", "nan"))
_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f]')
_ESCAPES = {
    "\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f",
    "\r": "\\r", '"': '\\"', "\\": "\\\\",
}  # fmt: skip


def _escape(match: "re.Match[str]") -> str:
    char = match.group()
    return _ESCAPES.get(char) or f"\\x{ord(char):02x}"


def _string(text: str) -> str:
    return '"' + piecewise(text, lambda piece: _ESCAPED.sub(_escape, piece)) + '"'


@lru_cache(maxsize=1024)
def _name(text: str) -> str:
    if _SYMBOL.fullmatch(text) and text not in _RESERVED and not re.fullmatch(r"\$\d+", text):
        return text
    return (
        "'"
        + _ESCAPED.sub(lambda m: m.group() if m.group() == '"' else _escape(m), text).replace(
            "'", "\\'"
        )
        + "'"
    )


def _double(number: float) -> str:
    if number != number:
        return "nan"
    if number in (float("inf"), float("-inf")):
        return "+inf" if number > 0 else "-inf"
    from flowrt.java.printing import double_text

    text = double_text(number)
    return text.replace("E", "e") if "E" in text else text.removesuffix(".0") + "e0"


def _decimal(number: Any) -> str:
    sign, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits))
    minus = "-" if sign else ""
    if exponent == 0:
        return f"{minus}{text}."
    if exponent > 0:
        return f"{minus}{text}d{exponent}"
    point = len(text) + exponent
    if point > 0:
        return f"{minus}{text[:point]}.{text[point:]}"
    if point > -6:
        return f"{minus}0.{'0' * -point}{text}"
    return f"{minus}{text}d{exponent}"


def write_ion(value: Any) -> str:
    """The value as compact Ion text."""
    out = Parts()
    _write(value, out)
    return "".join(out)


def _write(value: Any, out: list[str]) -> None:
    kind = type(value)
    if value is None:
        out.append("null")
    elif kind is bool:
        out.append("true" if value else "false")
    elif kind is str or kind is Char:
        out.append(_string(str.__str__(value)))
    elif kind is float or kind is Float:
        out.append(_double(float(value)))
    elif isinstance(value, int):
        out.append(int.__repr__(value))
    elif kind.__name__ == "Decimal":
        out.append(_decimal(value))
    elif isinstance(value, dict):
        out.append("{")
        for number, (key, item) in enumerate(value.items()):
            out.append(
                f"{',' if number else ''}{_name(key if type(key) is str else text_of(key))}:"
            )
            _write(item, out)
        out.append("}")
    elif isinstance(value, (list, JavaSet)):
        out.append("[")
        for number, item in enumerate(value):
            if number:
                out.append(",")
            _write(item, out)
        out.append("]")
    elif isinstance(value, (ByteArray, bytes)):
        import binascii

        out.append("{{" + binascii.b2a_base64(value, newline=False).decode() + "}}")
    elif kind is Entry:
        _write({value.key: value.value}, out)
    elif kind.__name__ == "LogEntry":
        _write(value.json_value(), out)
    else:
        out.append(_object(value))


def _object(value: Any) -> str:
    kind = type(value).__name__
    if kind == "Instant":
        from flowrt.java.time.temporal import LocalDateTime

        local = LocalDateTime.of_epoch_nanos(value.epoch_nanos)
        time = local.time
        return (
            f"{local.date}T{time.hour:02d}:{time.minute:02d}:{time.second:02d}"
            f".{time.nano // 1_000_000:03d}Z"
        )
    if kind == "LegacyDate":
        return _object(value.to_instant())
    if kind == "LocalDate":
        return str(value)
    if kind == "Zoned":
        text = value.iso()
        region = "" if value.zone.is_offset else f"[{value.zone.id}]"
        return f'ZonedDateTime::"{text}{region}"'
    if kind in ("LocalDateTime", "LocalTime"):
        return f'{kind}::"{value.iso()}"'
    if kind == "Duration":
        return str(value.decimal_seconds())
    return _string(value.java_text() if isinstance(value, JavaObject) else text_of(value))


# -- reading

_SPACE = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_TIMESTAMP = re.compile(
    r"(\d{4})T|(\d{4})-(\d\d)T|"
    r"(\d{4})-(\d\d)-(\d\d)(T(?:\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?)?"
)
_NUMBER = re.compile(
    r"-?(?:0[xX][0-9a-fA-F](?:_?[0-9a-fA-F])*|0[bB][01](?:_?[01])*|"
    r"(?:0|[1-9](?:_?[0-9])*)(\.(?:[0-9](?:_?[0-9])*)?)?(?:([eEdD])([+-]?[0-9]+))?)"
)
_OPERATOR = re.compile(r"[!#%&*+./;<=>?@^`|~-]+(?![0-9])")
_WORD = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_END = frozenset(" \t\r\n\v\f{}[](),\"'")
"""What may follow a number at once; a comment may, too."""
_PLAIN = re.compile(r"[^\\\"'\n]+")
_LONG_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "v": "\v",
    '"': '"', "'": "'", "?": "?", "\\": "\\", "/": "/", "\n": "",
}  # fmt: skip


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fail(self, what: str = "invalid syntax") -> IonError:
        line = self.text.count("\n", 0, self.at) + 1
        return IonError(f"Corrupt content to decode: {what} at line {line}")

    def skip(self) -> None:
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]

    def peek(self) -> str:
        self.skip()
        return self.text[self.at : self.at + 1]

    def value(self) -> Any:
        char = self.peek()
        if not char:
            raise self.fail("unexpected end")
        if char in "{[(":
            return self.container(char)
        if char == '"':
            self.at += 1
            return self.quoted('"')
        if char == "'":
            if self.text.startswith("'''", self.at):
                return self.long_string()
            self.at += 1
            symbol = self.quoted("'")
            return self.annotated(symbol) if self.annotation() else symbol
        if char.isdigit() or (char == "-" and self.text[self.at + 1 : self.at + 2].isdigit()):
            return self.number()
        if self.text.startswith(("+inf", "-inf"), self.at):
            self.at += 4
            return float("inf") if char == "+" else float("-inf")
        match = _WORD.match(self.text, self.at)
        if match is None:
            raise self.fail()
        self.at = match.end()
        word = match.group()
        if word not in _RESERVED and self.annotation():
            return self.annotated(word)
        return self.word(word)

    def annotation(self) -> bool:
        start = self.at
        self.skip()
        if self.text.startswith("::", self.at):
            self.at += 2
            return True
        self.at = start
        return False

    def word(self, word: str) -> Any:
        if word == "null":
            if self.text.startswith(".", self.at):
                match = _WORD.match(self.text, self.at + 1)
                if match is None:
                    raise self.fail()
                self.at = match.end()
            return None
        return {"true": True, "false": False, "nan": float("nan")}.get(word, word)

    def quoted(self, quote: str) -> str:
        out: list[str] = []
        while True:
            char = self.text[self.at : self.at + 1]
            if not char or (char == "\n" and quote != "'''"):
                raise self.fail("unterminated string")
            if self.text.startswith(quote, self.at):
                self.at += len(quote)
                return "".join(out)
            if char != "\\":
                plain = _PLAIN.match(self.text, self.at)
                end = self.at + 1 if plain is None else plain.end()
                out.append(self.text[self.at : end])
                self.at = end
                continue
            escape = self.text[self.at + 1 : self.at + 2]
            self.at += 2
            if escape in ("x", "u", "U"):
                size = {"x": 2, "u": 4, "U": 8}[escape]
                try:
                    out.append(chr(int(self.text[self.at : self.at + size], 16)))
                except (ValueError, OverflowError):
                    raise self.fail("bad escape") from None
                self.at += size
            elif escape in _LONG_ESCAPES:
                out.append(_LONG_ESCAPES[escape])
            else:
                raise self.fail("bad escape")

    def long_string(self) -> str:
        out = ""
        while self.text.startswith("'''", self.at):
            self.at += 3
            out += self.quoted("'''")
            end = self.at
            self.skip()
            if not self.text.startswith("'''", self.at):
                self.at = end
        return out

    def number(self) -> Any:
        match = _TIMESTAMP.match(self.text, self.at)
        if match is not None:
            self.ends(match.end())
            return self.timestamp(match)
        match = _NUMBER.match(self.text, self.at)
        if match is None:
            raise self.fail()
        self.ends(match.end())
        text = match.group().replace("_", "")
        fraction, mark = match.group(1), match.group(2)
        if mark in ("e", "E"):
            return float(text)
        if mark in ("d", "D") or fraction is not None:
            from decimal import Decimal

            if len((match.group(3) or "").lstrip("+-0")) > 10:
                raise self.fail("too many digits of an exponent")
            number = Decimal(text.replace("d", "e").replace("D", "e"))
            check_places(number.adjusted())
            return number if number else abs(number)
        return whole(text, 0 if text.lstrip("-")[:2].lower() in ("0x", "0b") else 10)

    def ends(self, at: int) -> None:
        comment = self.text.startswith(("//", "/*"), at)
        if at < len(self.text) and self.text[at] not in _END and not comment:
            raise self.fail()
        self.at = at

    def timestamp(self, match: "re.Match[str]") -> Any:
        """Midnight in UTC is a date, another time without offset an instant."""
        from flowrt.java.errors import RawError
        from flowrt.java.time.isoparse import parse_zoned
        from flowrt.java.time.temporal import LocalDate

        year, year2, month2, year3, month3, day3, time = match.groups()
        try:
            date = LocalDate(
                int(year or year2 or year3), int(month2 or month3 or 1), int(day3 or 1)
            )
            if not time or time == "T":
                return date
            zoned = parse_zoned(f"{date}{time}")
        except RawError as error:
            raise self.fail(str(error)) from None
        # the engine goes through a calendar of millisecond precision
        zoned = zoned.plus_nanos(-(zoned.time.nano % 1_000_000))
        if zoned.offset:
            return zoned
        return zoned.to_instant() if zoned.time.nano_of_day else zoned.date

    def annotated(self, name: str) -> Any:
        """A value behind an annotation: a date that the writer marks so, or one that keeps it."""
        self.peek()
        start = self.at
        value = self.value()
        source = self.text[start : self.at].strip()
        if type(value) is not str or name not in _MARKS:
            return _annotated(name, value, source)
        from flowrt.java.errors import RawError
        from flowrt.java.time import isoparse

        parse = {
            "ZonedDateTime": isoparse.parse_zoned,
            "OffsetDateTime": isoparse.parse_zoned,
            "Instant": isoparse.parse_instant,
            "LocalDateTime": isoparse.parse_local_date_time,
            "LocalDate": isoparse.parse_local_date,
            "LocalTime": isoparse.parse_local_time,
        }[name]
        try:
            return parse(value)
        except RawError as error:
            raise self.fail(str(error)) from None

    def container(self, opening: str) -> Any:
        if self.text.startswith("{{", self.at):
            return self.lob()
        self.at += 1
        if opening == "{":
            return self.struct()
        closing = "]" if opening == "[" else ")"
        items: list[Any] = []
        while self.peek() != closing:
            operator = _OPERATOR.match(self.text, self.at) if closing == ")" else None
            if operator is not None:
                items.append(operator.group())
                self.at = operator.end()
                continue
            items.append(self.value())
            separator = self.peek()
            if closing == "]":
                if separator == ",":
                    self.at += 1
                elif separator != "]":
                    raise self.fail()
        self.at += 1
        return items

    def lob(self) -> Any:
        end = self.text.find("}}", self.at)
        if end < 0:
            raise self.fail("unterminated blob")
        body = self.text[self.at + 2 : end].strip()
        self.at = end + 2
        if body[:1] in ('"', "'"):
            inner = _Reader(body)
            return ByteArray(str(inner.value()).encode("latin-1", "replace"))
        import binascii

        try:
            return ByteArray(binascii.a2b_base64(body))
        except binascii.Error:
            raise self.fail("bad base64") from None

    def struct(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        while self.peek() != "}":
            char = self.peek()
            if char == '"':
                self.at += 1
                name = self.quoted('"')
            elif self.text.startswith("'''", self.at):
                name = self.long_string()
            elif char == "'":
                self.at += 1
                name = self.quoted("'")
            else:
                match = _WORD.match(self.text, self.at)
                if match is None:
                    raise self.fail()
                name = match.group()
                self.at = match.end()
            if self.peek() != ":":
                raise self.fail()
            self.at += 1
            out[name] = self.value()
            separator = self.peek()
            if separator == ",":
                self.at += 1
            elif separator != "}":
                raise self.fail()
        self.at += 1
        return out


_MARKS = frozenset(
    ("ZonedDateTime", "OffsetDateTime", "Instant", "LocalDateTime", "LocalDate", "LocalTime")
)
_CLASSES = {
    bool: "Bool", int: "Int", float: "Float", dict: "Struct", type(None): "Null",
}  # fmt: skip


class Annotated(JavaObject):
    """A value with an annotation, which the engine keeps as an object of the Ion library."""

    __slots__ = ("java_class", "text")

    def __init__(self, text: str, kind: str) -> None:
        self.text = text
        self.java_class = f"com.amazon.ion.impl.lite.Ion{kind}Lite"

    def java_text(self) -> str:
        return self.text

    def json_value(self) -> Any:
        from flowrt.java.errors import RawError

        raise RawError(
            "Document nesting depth (1001) exceeds the maximum allowed (1000, from "
            "`StreamWriteConstraints.getMaxNestingDepth()`)",
            "com.fasterxml.jackson.databind.JsonMappingException",
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Annotated) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)


def _annotated(name: str, value: Any, source: str) -> Any:
    if isinstance(value, Annotated):
        text, kind = value.text, value.java_class.rpartition("Ion")[2].removesuffix("Lite")
        return Annotated(f"{name}::{text}", kind)
    if type(value) is str:
        kind = "String" if source[:1] == '"' or source.startswith("'''") else "Symbol"
    elif type(value) is list:
        kind = "Sexp" if source[:1] == "(" else "List"
    elif type(value) in _CLASSES:
        kind = _CLASSES[type(value)]
        source = write_ion(value) if type(value) is dict else source
    elif type(value).__name__ == "Decimal":
        kind = "Decimal"
    else:
        return value
    return Annotated(f"{name}::{source}", kind)


def read_ion(text: str, every: bool) -> list[Any]:
    """The first value of a text, or every one. Raises IonError, also for a null."""
    reader = _Reader(text)
    out: list[Any] = []
    try:
        while reader.peek():
            value = reader.value()
            if value is None:
                raise IonError("t is null in sink.next(t)")
            if value == "$ion_1_0" and type(value) is str:
                continue
            out.append(value)
            if not every:
                break
    except RecursionError:
        raise reader.fail("nested too deeply") from None
    return out
