"""Java's regular expressions: matching, splitting and replacing with the semantics of ``java.util.regex``.

Patterns are translated (:mod:`flowrt.java.regex.translate`) and run by :mod:`re`.  What cannot be translated is
refused with a RawError.  Both engines backtrack, so a hostile pattern can take for ever; here it cannot: a pattern
in which the translation saw nested unbounded repetition (or many of them in a row) is run in a process of its own
when the text is long enough to matter, and given up after the seconds that an expression has.
"""

import re
from collections.abc import Iterator
from time import monotonic
from typing import Any

from flowrt.java.errors import RawError
from flowrt.java.growth import Growing
from flowrt.java.limits import Clock, too_slow
from flowrt.java.regex.translate import Translated, translate
from flowrt.java.values import utf16_units

#: texts up to this length cannot keep even a nested repetition busy for long
_SAFE_LENGTH = 20
#: the same for repetitions in a row, whose cost is a power of the length
_SAFE_ROW_LENGTH = 1000

#: start, end and the groups (text or None) of a match
_Match = tuple[int, int, tuple[str | None, ...]]


class Untranslatable(RawError):
    """A pattern that Java takes, and Python does not."""


class Regex:
    """A compiled pattern."""

    __slots__ = ("_pattern", "names", "translated")

    def __init__(self, regex: str) -> None:
        self.translated: Translated = translate(regex)
        try:
            self._pattern = re.compile(self.translated.pattern)
        except (re.error, RecursionError, OverflowError) as error:
            raise Untranslatable(
                f"The regular expression cannot be used: {error}: {regex}",
                "java.util.regex.PatternSyntaxException",
            ) from None
        self.names: dict[str, int] = dict(self._pattern.groupindex)

    @property
    def groups(self) -> int:
        return self._pattern.groups

    def _hostile(self, text: str) -> bool:
        nested = self.translated.nested and len(text) > _SAFE_LENGTH
        return nested or (self.translated.repetitions > 2 and len(text) > _SAFE_ROW_LENGTH)

    def find_all(self, text: str) -> Iterator[_Match]:
        """All matches, from left to right."""
        if self._hostile(text):
            for start, end, groups in _apart(self.translated.pattern, text, "all"):
                yield start, end, tuple(groups)
            return
        for match in _found(self._pattern, text):
            yield match.start(), match.end(), match.groups()

    def spans(self, text: str) -> list[list[tuple[int, int]]]:
        """Start and end of every match and of its groups (-1, -1 for a group without part in it)."""
        if self._hostile(text):
            return [
                [tuple(span) for span in match]
                for match in _apart(self.translated.pattern, text, "spans")
            ]
        return [list(match.regs) for match in _found(self._pattern, text)]

    def matches(self, text: str) -> bool:
        """Whether the whole text matches."""
        if self._hostile(text):
            return bool(_apart(self.translated.pattern, text, "whole"))
        return self._pattern.fullmatch(text) is not None


def _found(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """The matches as Java finds them: behind one of no width it goes on with the next character."""
    at = 0
    while at <= len(text) and (match := pattern.search(text, at)):
        yield match
        at = match.end() + (match.end() == match.start())


_WORKER = """
import json, re, sys
pattern, text, what = json.load(sys.stdin)
pattern = re.compile(pattern)
def found():
    at = 0
    while at <= len(text) and (match := pattern.search(text, at)):
        yield match
        at = match.end() + (match.end() == match.start())
if what == "whole":
    result = pattern.fullmatch(text) is not None
elif what == "spans":
    result = [m.regs for m in found()]
else:
    result = [[m.start(), m.end(), m.groups()] for m in found()]
json.dump(result, sys.stdout)
"""


def _time_left() -> float:
    clock = Clock()
    clock.look()
    return clock.end - monotonic()


def _apart(pattern: str, text: str, what: str) -> Any:
    """What is asked for, found in another process that is given a limited time."""
    import json
    import subprocess
    import sys

    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _WORKER],
            input=json.dumps([pattern, text, what]).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_time_left(),
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise too_slow() from None
    except (OSError, subprocess.CalledProcessError):
        raise RawError("The regular expression could not be run", "java.lang.Error") from None
    return json.loads(done.stdout)


_cache: dict[str, Regex] = {}


def compiled(regex: str) -> Regex:
    """The compiled pattern; raises RawError for one that is malformed or cannot be translated."""
    found = _cache.get(regex)
    if found is None:
        if len(_cache) > 200:
            _cache.clear()
        found = _cache[regex] = Regex(regex)
    return found


def matches(regex: str, text: str) -> bool:
    """`text.matches(regex)`."""
    return compiled(regex).matches(text)


def split(regex: str, text: str, limit: int = 0) -> list[str]:
    """`text.split(regex, limit)`."""
    parts: list[str] = []
    index = 0
    if not regex and not text.isascii():
        text = "".join(map(chr, utf16_units(text)))  # it matches inside of characters, too
    for start, end, _ in compiled(regex).find_all(text):
        if limit > 0 and len(parts) == limit - 1:
            break
        if index == 0 and start == end == 0:
            continue  # no empty part in front of a match of no width
        parts.append(text[index:start])
        index = end
    if not parts:
        return [text]
    parts.append(text[index:])
    if limit == 0:
        while parts and not parts[-1]:
            parts.pop()
    return parts


def replace_all(regex: str, replacement: str, text: str) -> str:
    """`text.replaceAll(regex, replacement)`; `$1`, `${name}` stand for groups, `\\` quotes."""
    return _replace(regex, replacement, text, False)


def replace_first(regex: str, replacement: str, text: str) -> str:
    """`text.replaceFirst(regex, replacement)`."""
    return _replace(regex, replacement, text, True)


def _replace(regex: str, replacement: str, text: str, once: bool) -> str:
    pattern = compiled(regex)
    pieces: list[Any] | None = None
    out: list[str] = []
    growing = Growing()
    index = 0
    for start, end, groups in pattern.find_all(text):
        if pieces is None:
            pieces = _replacement(replacement, pattern)
        out.append(growing.add(text[index:start]))
        for piece in pieces:
            if type(piece) is str:
                out.append(growing.add(piece))
            else:
                out.append(growing.add(text[start:end] if piece == 0 else groups[piece - 1] or ""))
        index = end
        if once:
            break
    out.append(text[index:])
    return "".join(out)


def _replacement(text: str, pattern: Regex) -> list[Any]:
    """The literal texts and group numbers a replacement consists of."""
    pieces: list[Any] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\":
            if at + 1 == len(text):
                raise _bad("character to be escaped is missing")
            pieces.append(text[at + 1])
            at += 2
        elif char == "$":
            number, at = _group(text, at + 1, pattern)
            pieces.append(number)
        else:
            end = at
            while end < len(text) and text[end] not in "\\$":
                end += 1
            pieces.append(text[at:end])
            at = end
    return pieces


def _bad(message: str) -> RawError:
    return RawError(message, "java.lang.IllegalArgumentException")


def _group(text: str, at: int, pattern: Regex) -> tuple[int, int]:
    if at == len(text):
        raise _bad("Illegal group reference: group index is missing")
    if text[at] == "{":
        end = at + 1
        while end < len(text) and text[end].isascii() and text[end].isalnum():
            end += 1
        name = text[at + 1 : end]
        if not name:
            raise _bad("named capturing group has 0 length name")
        if name[0].isdigit():
            raise _bad(f"capturing group name {{{name}}} starts with digit character")
        if text[end : end + 1] != "}":
            raise _bad("named capturing group is missing trailing '}'")
        if name not in pattern.names:
            raise _bad(f"No group with name {{{name}}}")
        return pattern.names[name], end + 1
    if not ("0" <= text[at] <= "9"):
        raise _bad("Illegal group reference")
    number = int(text[at])
    at += 1
    if number > pattern.groups:
        raise RawError(f"No group {number}", "java.lang.IndexOutOfBoundsException")
    while (
        at < len(text) and "0" <= text[at] <= "9" and number * 10 + int(text[at]) <= pattern.groups
    ):
        number = number * 10 + int(text[at])
        at += 1
    return number, at
