"""From template text to tokens: delimiters, whitespace control, strings with interpolation."""

import re
from bisect import bisect_right
from typing import NamedTuple, NoReturn

from flowrt.expr.errors import TemplateSyntaxError
from flowrt.java.errors import RawError

TEXT, PRINT_START, PRINT_END = "TEXT", "PRINT_START", "PRINT_END"
EXECUTE_START, EXECUTE_END = "EXECUTE_START", "EXECUTE_END"
NAME, NUMBER, LONG, STRING = "NAME", "NUMBER", "LONG", "STRING"
OPERATOR, PUNCTUATION, EOF = "OPERATOR", "PUNCTUATION", "EOF"
INTERPOLATION_START = "STRING_INTERPOLATION_START"
INTERPOLATION_END = "STRING_INTERPOLATION_END"


class Token(NamedTuple):
    """A piece of a template; `value` is None where the kind says it all, `line` counts from 1."""

    kind: str
    value: str | None
    line: int
    offset: int
    end: int


# Two notions of blank meet here: `\s` of the host's regular expressions, which is ASCII, and its
# character class "whitespace", which has the Unicode spaces but the non-breaking ones.
_S = r"[ \t\n\x0b\f\r]"
_BLANK = "\t-\r\x1c-\x20\u1680\u2000-\u2006\u2008-\u200a\u2028\u2029\u205f\u3000"
_BLANKS = re.compile(f"[{_BLANK}]*")
_TRAILING_BLANKS = re.compile(f"(?<![{_BLANK}])[{_BLANK}]+\\Z")

_OPENING = re.compile(r"\{\{|\{%|\{#")
_PRINT_CLOSE = re.compile(_S + r"*-?\}\}")
_EXECUTE_CLOSE = re.compile(_S + r"*-?%\}")
_TRIM_AFTER_OPENING = re.compile("-" + _S + "+")
_TRIM_BEFORE_CLOSING = re.compile(_S + r"*-(?:\}\}|%\}|#\})")
_TRIM_AT_COMMENT_END = re.compile(_S + r"-\Z")
_VERBATIM = re.compile(_S + r"*verbatim" + _S + r"*-?%\}")
_END_VERBATIM = re.compile(r"\{%(-)?" + _S + "*endverbatim" + _S + r"*(-)?%\}")
_INTERPOLATION_CLOSE = re.compile(_S + r"*\}")
_STRING_PART = re.compile(r'[^#"\\]*(?:(?:\\.|#(?!\{))[^#"\\]*)*', re.S)
_PLAIN_STRING = re.compile(r'"[^#"\\]*(?:\\.[^#"\\]*)*"|\'[^\'\\]*(?:\\.[^\'\\]*)*\'', re.S)
_LONG = re.compile(r"[0-9]+L")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_NAME = re.compile(r"[^\W\d]\w*")
_ASCII_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?![A-Za-z0-9_]|[^\x00-\x7f])")
_NEWLINE = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_PUNCTUATION = frozenset("()[]{}?:.,|=")
_CLOSING = {"(": ")", "[": "]", "{": "}"}

WORD_OPERATORS = ("is not", "contains", "equals", "isIn", "not", "and", "or", "is")
SYMBOL_OPERATORS = (
    *("???", "??", "==", "!=", ">=", "<=", ".."),
    *("+", "-", ">", "<", "*", "/", "%", "|", "~"),
)
_OPERATOR = re.compile(
    "(?:"
    + "|".join(WORD_OPERATORS)
    + ")(?![a-zA-Z0-9_])|"
    + "|".join(map(re.escape, SYMBOL_OPERATORS))
)


def blank_left(text: str) -> str:
    """The text without the blanks in front."""
    return text[_BLANKS.match(text).end() :]  # type: ignore[union-attr]


def blank_right(text: str) -> str:
    """The text without the blanks at its end."""
    return _TRAILING_BLANKS.sub("", text)


class Lexer:
    """Cuts one template into tokens; `tokens()` raises TemplateSyntaxError or RawError."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._out: list[Token] = []
        self._brackets: list[str] = []
        self._trim_next = False
        self._newlines = [match.end() for match in _NEWLINE.finditer(text)]
        self._states = [self._data]

    def tokens(self) -> list[Token]:
        """All tokens, `EOF` last."""
        size = len(self._text)
        while self._at < size:
            self._states[-1]()
        self._push(EOF, None, size, size)
        if self._brackets:
            self._unclosed(self._brackets[-1], self._brackets[-1])
        return self._out

    def _line(self, offset: int) -> int:
        return bisect_right(self._newlines, offset) + 1

    def _push(self, kind: str, value: str | None, start: int, end: int, line: int = 0) -> None:
        self._out.append(Token(kind, value, line or self._line(start), start, end))

    def _fail(self, message: str, hint: str = "") -> NoReturn:
        at = min(self._at, len(self._text))
        raise TemplateSyntaxError(message, self._line(self._at), at, hint=hint)

    def _unclosed(self, closing: str, opened: str) -> NoReturn:
        self._fail(f'Unclosed "{closing}"', f"`{opened}` is never closed")

    def _data(self) -> None:
        text, start = self._text, self._at
        opening = _OPENING.search(text, start)
        data_end, self._at = (opening.start(), opening.end()) if opening else (len(text),) * 2
        data = text[start:data_end]
        if self._trim_next:
            data = blank_left(data)
            self._trim_next = False
        line = self._line(self._at)
        if opening:
            # the text before is trimmed only when there is some, the dash is skipped either way
            trim = _TRIM_AFTER_OPENING.match(text, self._at)
            if trim:
                data, kept = blank_right(data), bool(data)
                self._at = trim.end()
                if kept and not data:
                    self._push(TEXT, "", start, data_end, line)
        if data:
            self._push(TEXT, data, start, data_end, line)
        if not opening:
            return
        kind = opening.group()
        if kind == "{#":
            self._states.append(self._comment)
        elif kind == "{{":
            self._push(PRINT_START, None, opening.start(), opening.end(), self._line(self._at))
            self._states.append(self._print)
        elif verbatim := _VERBATIM.match(text, self._at):
            self._verbatim(verbatim.end())
            self._states.append(self._data)
        else:
            self._push(EXECUTE_START, None, opening.start(), opening.end(), self._line(self._at))
            self._states.append(self._execute)

    def _verbatim(self, start: int) -> None:
        self._at = start
        end = _END_VERBATIM.search(self._text, start)
        if end is None:
            self._fail("Unclosed verbatim tag.", "close it with `{% endverbatim %}`")
        data = blank_left(self._text[start : end.start()])
        if end.group(1):
            data = blank_right(data)
        if end.group(2):
            self._trim_next = True
        self._at = end.end()
        if data:
            self._push(TEXT, data, start, end.start(), self._line(self._at))

    def _comment(self) -> None:
        end = self._text.find("#}", self._at)
        if end < 0:
            self._fail("Unclosed comment.", "close it with `#}`")
        if _TRIM_AT_COMMENT_END.search(self._text, max(self._at, end - 2), end):
            self._trim_next = True
        self._at = end + 2
        self._states.pop()

    def _print(self) -> None:
        self._between(_PRINT_CLOSE, PRINT_END, "}}")

    def _execute(self) -> None:
        self._between(_EXECUTE_CLOSE, EXECUTE_END, "%}")

    def _between(self, close: "re.Pattern[str]", kind: str, value: str) -> None:
        if _TRIM_BEFORE_CLOSING.match(self._text, self._at):
            self._trim_next = True
        end = None if self._brackets else close.match(self._text, self._at)
        if end is None:
            self._expression()
            return
        self._push(kind, value, end.end() - 2, end.end(), self._line(self._at))
        self._at = end.end()
        self._states.pop()

    def _string(self) -> None:
        text, start = self._text, self._at
        if text.startswith("#{", start):
            self._brackets.append("#{")
            self._push(INTERPOLATION_START, None, start, start + 2)
            self._at = start + 2
            self._states.append(self._interpolation)
            return
        part = _STRING_PART.match(text, start)
        if part and part.end() > start:
            self._at = part.end()
            self._push(STRING, part.group(), start, part.end(), self._line(self._at))
        elif text[start] == '"':
            self._brackets.pop()
            self._states.pop()
            self._at = start + 1
        else:  # a backslash is the last character
            self._unclosed('"', '"')

    def _interpolation(self) -> None:
        end = _INTERPOLATION_CLOSE.match(self._text, self._at)
        if end and self._brackets[-1] == "#{":
            self._brackets.pop()
            self._push(INTERPOLATION_END, None, end.end() - 1, end.end(), self._line(self._at))
            self._at = end.end()
            self._states.pop()
        else:
            self._expression()

    def _expression(self) -> None:
        text = self._text
        self._at = start = _BLANKS.match(text, self._at).end()  # type: ignore[union-attr]
        if start >= len(text):
            closing = "%}" if self._execute in self._states else "}}"
            self._fail("Unexpected character [\0]", f"close it with `{closing}`")
        found = _OPERATOR.match(text, start)
        if found:
            self._take(OPERATOR, start, found.end())
            return
        end = self._name_end(start)
        if end > start:
            self._take(NAME, start, end)
        elif found := _LONG.match(text, start):
            self._push(LONG, found.group()[:-1], start, found.end())
            self._at = found.end()
        elif found := _NUMBER.match(text, start):
            self._take(NUMBER, start, found.end())
        elif text[start] in _PUNCTUATION:
            self._bracket(text[start])
            self._take(PUNCTUATION, start, start + 1)
        elif found := _PLAIN_STRING.match(text, start):
            quote, self._at = text[start], found.end()
            value = found.group()[1:-1].replace("\\" + quote, quote)
            self._push(STRING, value, start, found.end(), self._line(self._at))
        elif text[start] == '"':
            self._brackets.append('"')
            self._states.append(self._string)
            self._at = start + 1
        else:
            char = text[start]
            self._fail(f"Unexpected character [{char if ord(char) < 0x10000 else '?'}]")

    def _take(self, kind: str, start: int, end: int) -> None:
        self._push(kind, self._text[start:end], start, end)
        self._at = end

    def _name_end(self, start: int) -> int:
        text = self._text
        found = _ASCII_NAME.match(text, start)
        if found:
            return found.end()
        found = _NAME.match(text, start)
        if not found:
            return start
        # `\w` also has the numbers that are no digits, such as superscripts
        end = start
        while end < found.end() and (
            text[end] == "_" or text[end].isalpha() or (end > start and text[end].isdecimal())
        ):
            end += 1
        return end

    def _bracket(self, char: str) -> None:
        if char in _CLOSING:
            self._brackets.append(char)
        elif char in ")]}":
            if not self._brackets:
                self._fail(f'Unexpected "{char}"', f"nothing is open that `{char}` closes")
            last = self._brackets.pop()
            expected = _CLOSING.get(last)
            if expected is None:  # the innermost opening is that of a string
                raise RawError('Cannot invoke "String.equals(Object)" because "expected" is null')
            if expected != char:
                self._unclosed(expected, last)
