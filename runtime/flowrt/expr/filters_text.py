"""Filters of texts."""

from collections.abc import Callable
from typing import Any

from flowrt.java.casts import ILLEGAL_ARGUMENT, NULL_POINTER, as_text, cast_failure
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.growth import checked
from flowrt.java.limits import check_text
from flowrt.java.narrowing import to_int
from flowrt.java.printing import text_of
from flowrt.java.text.base64 import decode_base64
from flowrt.java.values import MISSING, JavaArray, Values, number_class


def lower(value: Any) -> Any:
    """The text in lower case."""
    return None if value is None else text_of(value).lower()


def upper(value: Any) -> Any:
    """The text in upper case."""
    return None if value is None else text_of(value).upper()


def trim(value: Any) -> Any:
    """The text without characters up to U+0020 at both ends."""
    return None if value is None else as_text(value).strip("".join(map(chr, range(33))))


def _blank(char: str) -> bool:
    return char.isspace() and char not in "\u00a0\u2007\u202f\x85"


def capitalize(value: Any) -> Any:
    """The text with its first character that is no blank in upper case."""
    if value is None:
        return None
    text = as_text(value)
    for index, char in enumerate(text):
        if not _blank(char):
            return text[:index] + _title_char(char) + text[index + 1 :]
    return text


def _title_char(char: str) -> str:
    title = char.title()
    return title if len(title) == 1 else char


def title(value: Any) -> Any:
    """The text with the first letter of each word in upper case."""
    if value is None:
        return None
    text = as_text(value)
    out, start = [], True
    for char in text:
        if _blank(char):
            out.append(char)
            start = True
        else:
            out.append(_title_char(char) if start else char)
            start = False
    return "".join(out)


def _int_value(number: Any) -> int:
    """An argument that is a Long, as the 32 bits that Java keeps of it."""
    if number is MISSING or number is None:
        raise RawError(
            f'Cannot invoke "java.lang.Long.intValue()" because {_LOOKED_UP} is null', NULL_POINTER
        )
    if number_class(number) != "Long":
        raise cast_failure(number, "java.lang.Long")
    return to_int(number)


def abbreviate(value: Any, length: Any = MISSING) -> Any:
    """The text cut to a length, with `...` at the end where that has room."""
    if value is None:
        return None
    text = as_text(value)
    wanted = _int_value(length)
    if wanted < 0:
        raise ExpressionError("Invalid argument to abbreviate filter; must be greater than zero")
    units = text.encode("utf-16-le", "surrogatepass")
    size = len(units) // 2
    if size < wanted or size <= 3:
        return text
    if wanted <= 3:
        return units[: wanted * 2].decode("utf-16-le", "surrogatepass")
    return units[: (wanted - 3) * 2].decode("utf-16-le", "surrogatepass") + "..."


def split(value: Any, delimiter: Any = MISSING, limit: Any = MISSING) -> Any:
    """The parts between the matches of a regular expression, as an array of texts."""
    from flowrt.java.regex import patterns

    if value is None:
        return None
    if delimiter is MISSING or delimiter is None:
        raise ExpressionError("missing delimiter parameter in split filter")
    regex = as_text(delimiter)
    count = 0
    if limit is not MISSING and limit is not None:
        if not number_class(limit):
            raise cast_failure(limit, "java.lang.Number")
        count = int(limit)
    return JavaArray(patterns.split(regex, as_text(value), count), "java.lang.String")


def leaves(value: Any, change: Callable[[str], str], name: str = '"data"') -> Any:
    """The value with every text leaf of lists and maps changed; other leaves become text. `name` is the engine's for it."""
    if isinstance(value, dict):
        from flowrt.java.values import hash_map

        return hash_map((key, leaves(item, change, '"value"')) for key, item in value.items())
    if isinstance(value, list) and not isinstance(value, (JavaArray, Values)):
        return [leaves(item, change, '"item"') for item in value]
    if value is None:
        raise _no_text(name)
    return change(text_of(value))


def _no_text(name: str) -> RawError:
    return RawError(f'Cannot invoke "Object.toString()" because {name} is null', NULL_POINTER)


_LOOKED_UP = 'the return value of "java.util.Map.get(Object)"'


def replace(value: Any, replace_pairs: Any = MISSING, regexp: Any = MISSING) -> Any:
    """The text with each key of the map replaced by its value, pair after pair."""
    if value is None:
        return None
    if replace_pairs is MISSING or replace_pairs is None:
        raise ExpressionError("The argument 'replace_pairs' is required.")
    use_regex = False
    if regexp is not MISSING:
        if regexp is None:
            raise RawError(
                f'Cannot invoke "java.lang.Boolean.booleanValue()" because {_LOOKED_UP} is null',
                NULL_POINTER,
            )
        if type(regexp) is not bool:
            raise cast_failure(regexp, "java.lang.Boolean")
        use_regex = regexp
    if not isinstance(replace_pairs, dict):
        raise cast_failure(replace_pairs, "java.util.Map")

    def change(text: str) -> str:
        for key, by in replace_pairs.items():
            pattern, replacement = _pair_text(key, "getKey"), _pair_text(by, "getValue")
            if use_regex:
                from flowrt.java.regex import patterns

                text = patterns.replace_all(pattern, replacement, text)
            else:
                check_text(len(text) + text.count(pattern) * len(replacement))
                text = text.replace(pattern, replacement)
        return text

    return leaves(value, change)


def _pair_text(value: Any, method: str) -> str:
    if value is None:
        raise _no_text(f'the return value of "java.util.Map$Entry.{method}()"')
    return text_of(value)


def urlencode(value: Any) -> Any:
    """The text in form encoding (a blank becomes `+`)."""
    if value is None:
        return None
    from flowrt.java.uri import form_encoded

    return checked(form_encoded(as_text(value)))


def urldecode(value: Any) -> Any:
    """The inverse of `urlencode`."""
    if value is None:
        return None
    text = as_text(value)
    out = bytearray()
    index = 0
    while index < len(text):
        char = text[index]
        if char == "%":
            digits = text[index + 1 : index + 3]
            if len(digits) < 2:
                raise RawError(
                    "URLDecoder: Incomplete trailing escape (%) pattern", ILLEGAL_ARGUMENT
                )
            try:
                out.append(int(digits, 16))
            except ValueError:
                raise RawError(
                    "URLDecoder: Illegal hex characters in escape (%) pattern - Error at index 0 "
                    f'in: "{digits}"',
                    ILLEGAL_ARGUMENT,
                ) from None
            index += 3
            continue
        out += b" " if char == "+" else char.encode("utf-8", "replace")
        index += 1
    return out.decode("utf-8", "replace")


def base64encode(value: Any) -> Any:
    """The text's UTF-8 bytes in base64."""
    if value is None:
        return None
    import binascii

    data = text_of(value).encode("utf-8", "replace")
    return checked(binascii.b2a_base64(data, newline=False).decode())


def base64decode(value: Any) -> Any:
    """The UTF-8 text that base64 text holds."""
    if value is None:
        return None
    if type(value) is not str:
        raise ExpressionError("This filter applies to String\n")
    data = decode_base64(value)
    if data is None:
        raise ExpressionError(
            "Please provide a correctly Base64 encoded string containing an UTF-8 string\n"
        )
    return data.decode("utf-8", "replace")


def _digest(value: Any, algorithm: str) -> Any:
    if value is None:
        return None
    if type(value) is not str:
        raise ExpressionError("Need a string to hash\n")
    import hashlib

    return hashlib.new(
        algorithm, value.encode("utf-8", "replace"), usedforsecurity=False
    ).hexdigest()


def md5(value: Any) -> Any:
    """MD5 of the text, hexadecimal."""
    return _digest(value, "md5")


def sha1(value: Any) -> Any:
    """SHA-1 of the text, hexadecimal."""
    return _digest(value, "sha1")


def sha256(value: Any) -> Any:
    """SHA-256 of the text, hexadecimal."""
    return _digest(value, "sha256")


def sha512(value: Any) -> Any:
    """SHA-512 of the text, hexadecimal."""
    return _digest(value, "sha512")


def slugify(value: Any, *ignored: Any) -> Any:
    """The text as a part of a URL: `Ça va` becomes `ca-va`."""
    if value is None:
        return None
    import re
    import unicodedata

    dashed = re.sub(r"[ \t\n\x0b\f\r]", "-", text_of(value))
    plain = re.sub(r"[^A-Za-z0-9_-]", "", unicodedata.normalize("NFD", dashed))
    collapsed = re.sub(r"-+", "-", plain.replace("_", "-"))
    return collapsed.removeprefix("-").removesuffix("-").lower()


def _separator(value: Any, filter_name: str, separator: Any) -> str | None:
    if separator is MISSING:
        raise ExpressionError(f"The '{filter_name}' filter expects an argument 'separator'.")
    if separator is not None and type(separator) is not str:
        raise cast_failure(separator, "java.lang.String")
    return separator


def substring_before(value: Any, separator: Any = MISSING) -> Any:
    """What stands before the first separator; all of it without one."""
    if value is None:
        return None
    text, mark = text_of(value), _separator(value, "substringBefore", separator)
    if not text or mark is None:
        return text
    if not mark:
        return ""
    return text.partition(mark)[0]


def substring_before_last(value: Any, separator: Any = MISSING) -> Any:
    """What stands before the last separator; all of it without one."""
    if value is None:
        return None
    text, mark = text_of(value), _separator(value, "substringBeforeLast", separator)
    if not text or not mark or mark not in text:
        return text
    return text.rpartition(mark)[0]


def substring_after(value: Any, separator: Any = MISSING) -> Any:
    """What stands after the first separator; nothing without one."""
    if value is None:
        return None
    text, mark = text_of(value), _separator(value, "substringAfter", separator)
    if not text or mark is None:
        return "" if text else text
    return text.partition(mark)[2] if mark else text


def substring_after_last(value: Any, separator: Any = MISSING) -> Any:
    """What stands after the last separator; nothing without one."""
    if value is None:
        return None
    text, mark = text_of(value), _separator(value, "substringAfterLast", separator)
    if not text or not mark or mark not in text:
        return ""
    return text.rpartition(mark)[2]


def _wanted(value: Any) -> str:
    if value is MISSING or value is None:
        raise ExpressionError("The argument 'value' is required.")
    return text_of(value)


def starts_with(value: Any, prefix: Any = MISSING) -> Any:
    """Whether the text begins with another."""
    return value is not None and text_of(value).startswith(_wanted(prefix))


def ends_with(value: Any, suffix: Any = MISSING) -> Any:
    """Whether the text ends with another."""
    return value is not None and text_of(value).endswith(_wanted(suffix))


_ESCAPES = {"single": ("'", "\\'"), "double": ('"', '\\"'), "shell": ("'", "'\\''")}


def escape_char(value: Any, type: Any = MISSING) -> Any:
    """The text (or every leaf of a list or map) with quotes escaped."""
    if value is None:
        return None
    kind = None if type is MISSING or type is None else as_text(type).lower()

    def escaped(text: str) -> str:
        # a missing or wrong type is noticed at the first leaf
        if type is MISSING:
            raise ExpressionError("The 'escapeChar' filter expects an argument 'type'.")
        if kind not in _ESCAPES:
            raise ExpressionError(
                "The 'escapeChar' filter expects the value of 'type' to be either 'single', "
                "'double', or 'shell'."
            )
        quote, by = _ESCAPES[kind]
        check_text(len(text) + text.count(quote) * (len(by) - 1))
        return text.replace(quote, by)

    return leaves(value, escaped)


def _indented(value: Any, name: str, amount: Any, prefix: Any, first: bool) -> Any:
    if value is None:
        return None
    text = text_of(value)
    if not text:
        return ""
    if amount is MISSING:
        raise ExpressionError(f"The '{name}' filter expects an integer as argument 'amount'.")
    count = _int_value(amount)
    if count < 0:
        raise ExpressionError(
            f"The '{name}' filter expects a positive integer >=0 as argument 'amount'."
        )
    if prefix is None:
        raise RawError('Cannot invoke "String.repeat(int)" because "prefix" is null', NULL_POINTER)
    unit = " " if prefix is MISSING else as_text(prefix)
    line_break = "\n"
    for candidate in ("\r\n", "\n\r", "\n", "\r"):
        if candidate in text:
            line_break = candidate
            break
    check_text((text.count(line_break) + 1) * (len(unit) * count + 2) + len(text))
    lead = line_break + unit * count
    return ((line_break if first else "") + text).replace(line_break, lead)


def indent(value: Any, amount: Any = MISSING, prefix: Any = MISSING) -> Any:
    """The text with a prefix after every line break."""
    return _indented(value, "indent", amount, prefix, False)


def nindent(value: Any, amount: Any = MISSING, prefix: Any = MISSING) -> Any:
    """As `indent`, with a line break and the prefix in front."""
    return _indented(value, "nindent", amount, prefix, True)


def nl2br(value: Any) -> Any:
    """The text with `<br />` for line breaks."""
    if value is None:
        return None
    if type(value) is not str:
        raise RawError(
            "nl2br filters only supports String input.", "java.lang.IllegalArgumentException"
        )
    check_text(len(value) + (value.count("\n") + value.count("\r")) * len("<br />"))
    return value.replace("\r\n", "<br />").replace("\n", "<br />").replace("\r", "<br />")


def format_(value: Any, *arguments: Any) -> Any:
    """Java's `String.format` with the text as pattern."""
    if value is None:
        return None
    text = text_of(value)
    if "%" not in text:
        return text
    from flowrt.java.text.stringformat import format_string

    return format_string(text, list(arguments))
