"""JSON texts as values of expressions: ints, longs and doubles told apart, only the first value read."""

import json
import re
from typing import Any

from flowrt.formats.numbers import MOST_DIGITS
from flowrt.java.errors import ExpressionError

PLACE = "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {}, column: {}]"
NOTHING = f"No content to map due to end-of-input{PLACE.partition(', column')[0].format(1)}]"
"""What Jackson says of a text without content."""
FIRST = PLACE.format(1, 1)
_EXPECTED = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_LONG = re.compile("[0-9.eE+-]{10}")
"""Each hundredth sign of a text, in a row, where a number is too long."""
_BLANK = re.compile(r"[ \t\n\r]*")
_MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')


class JsonError(ExpressionError):
    """The text is no JSON."""


class _Constant(ValueError):
    """NaN and infinities."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            f"Non-standard token '{name}': "
            "enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow"
        )


def _constant(name: str) -> Any:
    raise _Constant(name)


_decoder = json.JSONDecoder(parse_constant=_constant)
_as_written = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_constant)


def parse_json(text: str, whole: bool = False, words: bool = False) -> Any:
    """The first JSON value of a text; what follows it is looked at when `whole`. Raises JsonError.

    With `words`, for where texts are wanted, the numbers in it stay as they are written.
    """
    start = _BLANK.match(text).end()  # type: ignore[union-attr]
    if start == len(text):
        raise JsonError(NOTHING)
    decoder = _measuring(text[start:]) if _LONG.search(text[::100]) else _decoder
    try:
        value, end = decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        raise _error(*_wording(error)) from None
    except _Constant as error:
        raise _error(str(error), text, text.index(error.name, start) + len(error.name)) from None
    except RecursionError:
        raise JsonError("it is nested too deeply") from None
    if end < len(text) and text[start] not in '{["':
        _check_number(text, end)
        # Jackson reads on to the end of the token, and wants a blank behind a number
        word = _word(text, end)
        if text[end - 1].isdigit() and text[end] not in " \t\n\r":
            raise _error(
                _unexpected(text[end], "Expected space separating root-level values"), text, end
            )
        if word:
            raise _error(
                f"Unrecognized token '{_cut(text[start:end] + word)}': {_EXPECTED}", text, start
            )
    if words and type(value) in (dict, list):
        return _as_written.raw_decode(text, start)[0]
    if whole and _BLANK.match(text, end).end() != len(text):  # type: ignore[union-attr]
        raise JsonError(f"Unexpected text after the value{PLACE}]")
    return value


def _measuring(text: str) -> json.JSONDecoder:
    """Counts digits as Jackson does: one less where a number is the whole text or begins with 0."""

    def number(found: str) -> Any:
        parts = re.findall("[0-9]+", found)
        size = len("".join(parts)) - (len(parts) == 2 and (parts[0] == "0" or found == text))
        if size > MOST_DIGITS:
            raise JsonError(
                f"Number value length ({size}) exceeds the maximum allowed ({MOST_DIGITS}, from "
                "`StreamReadConstraints.getMaxNumberLength()`)"
            )
        return float(found) if len(parts) > 1 else int(found)

    return json.JSONDecoder(parse_int=number, parse_float=number, parse_constant=_constant)


def told(value: Any) -> str:
    """What Jackson calls a value of JSON."""
    for kind, name, token in _KINDS:
        if isinstance(value, kind):
            return f"{name} value (token `JsonToken.{token.format(value).upper()}`)"
    return ""


_KINDS = (
    (bool, "Boolean", "VALUE_{}"),
    (int, "Integer", "VALUE_NUMBER_INT"),
    (float, "Floating-point", "VALUE_NUMBER_FLOAT"),
    (str, "String", "VALUE_STRING"),
    (dict, "Object", "START_OBJECT"),
    (list, "Array", "START_ARRAY"),
    (type(None), "Null", "VALUE_NULL"),
)


_FIRST = ("Lu", "Ll", "Lt", "Lm", "Lo", "Nl", "Sc", "Pc")
_PART = (*_FIRST, "Nd", "Mn", "Mc", "Cf", "ignored")
"""What may stand in an identifier of Java: Jackson takes that for one token."""
_IGNORED = re.compile(r"[\0-\x08\x0e-\x1b\x7f-\x9f]")


def _category(char: str) -> str:
    from unicodedata import category

    if char > "\uffff":  # Java looks at its halves
        return "Cs"
    return "ignored" if _IGNORED.match(char) else category(char)


def _word(text: str, at: int) -> str:
    end, most = at, min(len(text), at + _LONGEST)
    while end < most and _category(text[end]) in _PART:
        end += 1
    return text[at:end]


def _cut(word: str) -> str:
    return word if len(word) < _LONGEST else word[:_LONGEST] + "..."


_LONGEST = 256


def _wording(error: json.JSONDecodeError) -> tuple[str, str, int]:
    """The message, the text, and the place in it that the message names."""
    text, at, reason = error.doc, error.pos, error.msg
    if reason.startswith(("Unterminated string", "Invalid ")):
        said, at = _within_string(text, at, reason)
        return said, text, at
    if at >= len(text):
        return "Unexpected end-of-input" + _left_open(text, reason), text, at
    char = text[at]
    if char < " ":
        return (
            f"Illegal character ({_described(char)}): only regular white space (\\r, \\n, \\t) is allowed between tokens",
            text,
            at + 1,
        )
    if char == "/":
        return _unexpected(char, _COMMENT), text, at
    said = _wrong_close(text, at, reason) if char in "]}" else ""
    if said:
        return said, text, at
    if reason == "Expecting value":
        word = _word(text, at)
        if word and _category(word[0]) in _FIRST:
            return f"Unrecognized token '{_cut(word)}': {_EXPECTED}", text, at
        if char == "-":
            if at + 1 == len(text):
                return "Unexpected end-of-inputNo digit following sign", text, at + 1
            at, char = at + 1, text[at + 1]
            if char != ".":
                return _unexpected(char, _MINUS, " in numeric value"), text, at
        if char == "+":
            return _unexpected(char, _PLUS, " in numeric value"), text, at + bool(_open(text, at))
        reason = _EXPECTED.replace("was expecting", "expected a valid value")
    elif reason.startswith("Expecting property name"):
        reason = "was expecting double-quote to start field name"
    elif reason.startswith("Expecting ':'"):
        reason = "was expecting a colon to separate field name and value"
    elif reason.startswith("Expecting ','"):
        _check_number(text, at)
        _check_literal(text, at)
        reason = f"was expecting comma to separate {_kind(text, _open(text, at))} entries"
    return _unexpected(char, reason), text, at


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_HEX = re.compile("[0-9a-fA-F]{0,4}")
_UNFINISHED = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_NUMBER = re.compile(r"(?:\A|[^0-9.eE+-])-?[0-9]+(\.[0-9]+)?\Z")
_LITERAL = re.compile(r"(?:null|true|false)\Z")


def _within_string(text: str, at: int, reason: str) -> tuple[str, int]:
    """What is wrong with a string, and where."""
    in_escape = "Unexpected end-of-input in character escape sequence", len(text)
    if reason.startswith("Unterminated"):
        found = _STRING.match(text, at)
        if (found is not None and found.end() < len(text)) or _UNFINISHED.search(text[at:]):
            return in_escape
        if _is_name(text, at):
            return "Unexpected end-of-input in field name", len(text)
        return "Unexpected end-of-input: was expecting closing quote for a string value", len(text)
    if reason.startswith("Invalid control"):
        start = [found.start() for found in _STRING.finditer(text[:at])][-1]
        where = "name" if _is_name(text, start) else "string value"
        return (
            f"Illegal unquoted character ({_described(text[at])}): has to be escaped using backslash to be included in"
            f" {where}",
            at,
        )
    at += text[at] == "\\"
    if "u" not in reason:
        return f"Unrecognized character escape {_described(text[at])}", at
    at = _HEX.match(text, at + 1).end()  # type: ignore[union-attr]
    if at == len(text):
        return in_escape
    return _unexpected(text[at], "expected a hex-digit for character escape sequence"), at


def _is_name(text: str, start: int) -> bool:
    """Whether the string that begins here is the name of a field."""
    open_ = _open(text, start)
    return bool(open_) and text[open_[-1]] == "{" and text[:start].rstrip()[-1] in "{,"


def _wrong_close(text: str, at: int, reason: str) -> str:
    """What is said of a bracket that closes what is not open, where something may be closed."""
    char, open_, before = text[at], _open(text, at), text[:at].rstrip(" \t\n\r")[-1:]
    if not open_:
        kind = "Array" if char == "]" else "Object"
        return (
            f"Unexpected close marker '{char}': no open {kind} to close"
            if reason == "Expecting value"
            else ""
        )
    opening = text[open_[-1]]
    closing = "]" if opening == "[" else "}"
    if char == closing:
        return ""
    if reason.startswith("Expecting ','") or before == opening:
        place = PLACE.format(*_line_and_column(text, open_[-1])).removeprefix("\n at ")
        kind = _kind(text, open_)
        return f"Unexpected close marker '{char}': expected '{closing}' (for {kind} starting at {place})"
    if opening == "[" and before == ",":
        return _unexpected(char, "expected a value")
    return ""


_COMMENT = "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled for parser)"
_MINUS = "expected digit (0-9) to follow minus sign, for valid numeric value"
_PLUS = (
    "JSON spec does not allow numbers to have plus signs: enable "
    "`JsonReadFeature.ALLOW_LEADING_PLUS_SIGN_FOR_NUMBERS` to allow"
)


def _check_number(text: str, at: int) -> None:
    """Raises JsonError when what stands here continues a number in front of it that would be malformed."""
    char, before = text[at], text[at - 1] if at else ""
    if not before.isdigit():
        return
    if before == "0" and char.isdigit() and not text[at - 2 : at - 1].isalnum():
        raise _error("Invalid numeric value: Leading zeroes not allowed", text, at)
    number = _NUMBER.search(text[:at]) if char in ".eE" else None
    if number is None or (char == "." and number.group(1)):
        return
    next_ = at + 1
    if char != "." and text[next_ : next_ + 1] in ("+", "-"):
        next_ += 1
    at -= len(number.group(1) or "")  # told is where its whole part ends
    reason = "Decimal point" if char == "." else "Exponent indicator"
    if next_ < len(text):
        said = _unexpected(text[next_], f"{reason} not followed by a digit", " in numeric value")
        raise _error(said, text, at)
    if char == ".":
        said = _unexpected(char, f"{reason} not followed by a digit", " in numeric value")
        raise _error(said, text, at)
    raise _error("Unexpected end-of-inputexpected a digit for number exponent", text, next_)


def _check_literal(text: str, at: int) -> None:
    """Raises JsonError when what stands here goes on with a word in front of it that would be a value."""
    literal, rest = _LITERAL.search(text[:at]), _word(text, at)
    if literal is not None and rest:
        word = literal.group() + rest
        raise _error(f"Unrecognized token '{_cut(word)}': {_EXPECTED}", text, literal.start())


def _open(text: str, end: int) -> list[int]:
    """Where the arrays and objects begin that are open at a place."""
    found: list[int] = []
    for mark in _MARK.finditer(text, 0, end):
        if mark.group() in "[{":
            found.append(mark.start())
        elif mark.group() in "]}" and found:
            found.pop()
    return found


def _kind(text: str, open_: list[int]) -> str:
    return "Array" if open_ and text[open_[-1]] == "[" else "Object"


def _left_open(text: str, reason: str) -> str:
    """What a text that ends too early has not closed."""
    open_ = _open(text, len(text))
    if not open_:
        return ""
    kind = _kind(text, open_)
    if text.rstrip()[-1] in ":," or reason.startswith("Expecting ':'"):
        return f" within/between {kind} entries"
    place = PLACE.format(*_line_and_column(text, open_[-1])).removeprefix("\n at ")
    return f": expected close marker for {kind} (start marker at {place})"


def _unexpected(char: str, reason: str, where: str = "") -> str:
    return f"Unexpected character ({_described(char)}){where}: {reason}"


def _described(char: str) -> str:
    """A sign as Jackson shows it: of one beyond 16 bits it sees the first half, which cannot be shown."""
    code = ord(char)
    if code < 32 or 127 <= code < 160:
        return f"(CTRL-CHAR, code {code})"
    if code > 0xFFFF:
        char, code = "?", 0xD800 + (code - 0x10000 >> 10)
    return f"'{char}' (code {code}" + (f" / {code:#x})" if code > 255 else ")")


def _error(message: str, text: str, position: int) -> JsonError:
    return JsonError(message + PLACE.format(*_line_and_column(text, position)))


def _line_and_column(text: str, position: int) -> tuple[int, int]:
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)
