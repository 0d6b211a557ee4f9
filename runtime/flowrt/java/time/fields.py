"""Elements of date patterns that are texts, or hold others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flowrt.java.errors import RawError
from flowrt.java.time.elements import Element, Parsed
from flowrt.java.time.numbers import FIELD_VALUES
from flowrt.java.time.temporal import Zoned

if TYPE_CHECKING:
    from flowrt.java.time.locale import Locale


class Literal(Element):
    """Fixed text; ``fold`` ignores case when parsing."""

    __slots__ = ("fold", "text")

    def __init__(self, text: str, fold: bool = False) -> None:
        self.text = text
        self.fold = fold

    def print(self, value: Zoned, locale: Locale) -> str:
        return self.text

    def parse(self, text: str, index: int, into: Parsed) -> int:
        end = index + len(self.text)
        found = text[index:end]
        same = found.lower() == self.text.lower() if self.fold else found == self.text
        return end if same else ~index


class Text(Element):
    """A name of a field in the locale; ``key`` is the key of the locale's table."""

    __slots__ = ("field", "fold", "key")

    def __init__(self, field: str, key: str, fold: bool = False) -> None:
        self.field = field
        self.key = {"E": "EEE", "c": "ccc"}.get(key, key)
        self.fold = fold

    def _first(self) -> int:
        return 0 if self.field in ("ampm", "era") else 1

    def print(self, value: Zoned, locale: Locale) -> str:
        return locale.names(self.key)[FIELD_VALUES[self.field](value) - self._first()]

    def parse(self, text: str, index: int, into: Parsed) -> int:
        best, found = "", -1
        for number, name in enumerate(into.locale.names(self.key), self._first()):
            part = text[index : index + len(name)]
            same = part.lower() == name.lower() if self.fold else part == name
            if same and len(name) > len(best):
                best, found = name, number
        if found < 0:
            return ~index
        return into.put(self.field, found, index, index + len(best))


class Period(Element):
    """The period of the day (``in the morning``)."""

    __slots__ = ("key",)

    def __init__(self, key: str) -> None:
        self.key = key

    def print(self, value: Zoned, locale: Locale) -> str:
        midnight, noon, *periods = locale.names(self.key)
        hour, minute = value.time.hour, value.time.minute
        exact = midnight if hour == 0 else noon if hour == 12 else ""
        if minute == 0 and exact:
            return exact
        name = ""
        for period in periods:
            begin, _, text = period.partition(":")
            if hour >= int(begin):
                name = text
        return name

    def parse(self, text: str, index: int, into: Parsed) -> int:
        midnight, noon, *periods = into.locale.names(self.key)
        for name in [p.partition(":")[2] for p in periods] + [midnight, noon]:
            if name and text.startswith(name, index):
                return index + len(name)
        return ~index


class Pad(Element):
    """Another element, padded on the left with blanks."""

    __slots__ = ("inner", "width")

    def __init__(self, inner: Element, width: int) -> None:
        self.inner = inner
        self.width = width

    def print(self, value: Zoned, locale: Locale) -> str:
        text = self.inner.print(value, locale)
        if len(text) > self.width:
            raise RawError(
                f"Cannot print as output of {len(text)} characters exceeds pad width of {self.width}"
            )
        return text.rjust(self.width)

    def parse(self, text: str, index: int, into: Parsed) -> int:
        end = index + self.width
        if end > len(text):
            return ~index
        at = index
        while at < end and text[at] == " ":
            at += 1
        result = self.inner.parse(text[:end], at, into)
        if result != end and result >= 0:
            return ~(index + at)
        return result


class Optional(Element):
    """A part that may be absent from a text to parse."""

    __slots__ = ("inner",)

    def __init__(self, inner: list[Element]) -> None:
        self.inner = inner

    def print(self, value: Zoned, locale: Locale) -> str:
        return "".join(element.print(value, locale) for element in self.inner)

    def parse(self, text: str, index: int, into: Parsed) -> int:
        saved = dict(into.fields), into.offset, into.zone
        at = index
        for element in self.inner:
            at = element.parse(text, at, into)
            if at < 0:
                into.fields, into.offset, into.zone = saved
                return index
        return at


class Style(Element):
    """A date and time in the locale's ``full``, ``long``, ``medium`` or ``short`` style."""

    __slots__ = ("_cache", "_compile", "key")

    def __init__(self, style: str, compile: Callable[[str], list[Element]]) -> None:
        self.key = style.upper()
        self._compile = compile
        self._cache: dict[str, list[Element]] = {}

    def _elements(self, locale: Locale) -> list[Element]:
        pattern = locale.entry(self.key)
        if pattern not in self._cache:
            self._cache[pattern] = self._compile(pattern)
        return self._cache[pattern]

    def print(self, value: Zoned, locale: Locale) -> str:
        return "".join(element.print(value, locale) for element in self._elements(locale))

    def parse(self, text: str, index: int, into: Parsed) -> int:
        for element in self._elements(into.locale):
            index = element.parse(text, index, into)
            if index < 0:
                break
        return index
