"""YAML text as the filter `yaml` writes it: block style, quotes only where needed, lists indented by one."""

import re
from typing import Any

from flowrt.java.casts import NULL_POINTER
from flowrt.java.errors import RawError
from flowrt.java.growth import Parts, piecewise
from flowrt.java.limits import check_text
from flowrt.java.printing import text_of
from flowrt.java.values import ByteArray, Char, Entry, JavaObject, JavaSet, number_class

_RESERVED = frozenset(
    [
        "false",
        "False",
        "FALSE",
        "n",
        "N",
        "no",
        "No",
        "NO",
        "null",
        "Null",
        "NULL",
        "on",
        "On",
        "ON",
        "off",
        "Off",
        "OFF",
        "true",
        "True",
        "TRUE",
        "y",
        "Y",
        "yes",
        "Yes",
        "YES",
        "~",
    ]
)
_QUOTABLE = re.compile(r"[\[\]{},]|(?:\A|[ \t])#|:(?=[ \t]|\Z)|\A~")
_OCTAL = re.compile(r"0[0-7]+")
_LONGEST_KEY = 128


class _Analysis:
    """What a text allows (the rules of SnakeYAML's emitter, outside of flow collections)."""

    def __init__(self, text: str) -> None:
        self.multiline = "\n" in text
        indicators = text.startswith(("---", "...")) or text[0] in "#,[]{}&*!|>'\"%@`"
        following = text[1:2]
        blank_follows = not following or following in " \t\n\r\0"
        if text[0] in "?:-" and blank_follows:
            indicators = True
        if re.search(r":(?=[\s\0]|\Z)|(?<=[\s\0])#", text[1:]) or re.match(r"[\s\0]#", text):
            indicators = True
        special = _SPECIAL.search(text) is not None
        leading = text[0] in " \n"
        trailing = text[-1] in " \n"
        break_space = "\n " in text
        space_break = " \n" in text
        self.plain = not (
            indicators or leading or trailing or break_space or space_break or special
        )
        self.single = not (break_space or space_break or special)
        self.block = not (text[-1] == " " or space_break or special)


_PRINTED = " -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
_SPECIAL = re.compile(rf"[^\n{_PRINTED}]")
_ESCAPED = re.compile(rf'["\\\x85\xa0\u2028\u2029]|[^{_PRINTED}]')


_ESCAPES = {
    "\0": "0", "\x07": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r",
    "\x1b": "e", '"': '"', "\\": "\\", "\x85": "N", "\xa0": "_", "\u2028": "L", "\u2029": "P",
}  # fmt: skip


def _escape(match: "re.Match[str]") -> str:
    char = match.group()
    if char in _ESCAPES:
        return "\\" + _ESCAPES[char]
    return f"\\x{ord(char):02x}" if char <= "\xff" else f"\\u{ord(char):04x}"


def _double(text: str) -> str:
    return '"' + piecewise(text, lambda piece: _ESCAPED.sub(_escape, piece)) + '"'


def _single(text: str, indent: int) -> str:
    quoted = text.replace("'", "''")
    check_text(len(quoted) + quoted.count("\n") * (indent + 1))
    # a run of line breaks gets one more, since reading folds them
    return "'" + re.sub(r"\n+", lambda m: "\n" + m.group() + " " * indent, quoted) + "'"


def _literal(text: str, indent: int) -> str:
    hint = "2" if text[0] in " \n" else ""
    if not text.endswith("\n"):
        hint += "-"
    elif text == "\n" or text.endswith("\n\n"):
        hint += "+"
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    check_text(len(text) + indent * len(lines))
    body = "\n".join(" " * indent + line if line else "" for line in lines)
    return f"|{hint}\n{body}"


def _needs_quotes(text: str) -> bool:
    return text in _RESERVED or _QUOTABLE.search(text) is not None


def _scalar(text: str, indent: int) -> str:
    """A text as value; `indent` is that of its lines when it has several."""
    if not text:
        return '""'
    analysis = _Analysis(text)
    if analysis.multiline:
        if analysis.block:
            return _literal(text, indent)
    elif _needs_quotes(text):
        return _double(text)
    elif analysis.plain and not _OCTAL.fullmatch(text):
        return text
    return _single(text, indent) if analysis.single else _double(text)


def _key(text: str) -> str:
    reserved = not text or text in _RESERVED or text[0] in "~+-.0123456789"
    if reserved or any(char < " " for char in text):
        return _double(text)
    analysis = _Analysis(text)
    if analysis.plain and not analysis.multiline:
        return text
    return _single(text, 0) if analysis.single and not analysis.multiline else _double(text)


def _plain(value: Any, indent: int) -> str:
    """A value that is no collection."""
    if value is None:
        return "null"
    kind = type(value)
    if kind is str:
        return _scalar(value, indent)
    if kind is Char:
        return _scalar(str.__str__(value), indent)
    if isinstance(value, (ByteArray, bytes)):
        import binascii

        return "!!binary " + _single(binascii.b2a_base64(value, newline=False).decode(), indent)
    if isinstance(value, JavaObject):
        iso = getattr(value, "iso", None)
        if iso is not None:
            return _scalar(iso(), indent)
        plain = value.json_value()
        return _scalar(plain, indent) if type(plain) is str else format(plain, "f")
    return text_of(value)


def to_yaml(value: Any) -> str:
    """The value as a YAML document. Raises RawError for a null key."""
    out = Parts()
    if _entries(value) is None and _items(value) is None:
        text = _plain(value, 2)
        return ("--- " if text == '""' else "") + text + "\n"
    _node(value, 0, out, "")
    return "\n".join(out) + "\n"


def _entries(value: Any) -> dict[Any, Any] | None:
    if type(value) is Entry:
        return {value.key: value.value}
    if type(value).__name__ == "LogEntry":
        fields: dict[Any, Any] = value.fields
        return fields
    return value if isinstance(value, dict) else None


def _items(value: Any) -> list[Any] | None:
    return list(value) if isinstance(value, (list, JavaSet)) else None


def _node(value: Any, indent: int, out: list[str], lead: str) -> None:
    """Adds the lines of a collection; `lead` is what stands before an empty one."""
    entries = _entries(value)
    items = _items(value)
    if entries is not None:
        if not entries:
            out.append(lead + "{}")
            return
        if lead:
            out.append(lead.rstrip(" ") if lead.strip() else lead)
        for key, item in entries.items():
            _entry(key, item, indent, out)
    elif items is not None:
        if not items:
            out.append(lead + "[]")
            return
        if lead:
            out.append(lead.rstrip(" ") if lead.strip() else lead)
        for item in items:
            start = " " * indent + " - "
            if _entries(item) is None and _items(item) is None:
                out.append(start + _plain(item, indent + 2))
            else:
                _node(item, indent + 2, out, start)


def _entry(key: Any, item: Any, indent: int, out: list[str]) -> None:
    if key is None:
        raise RawError("Null key for a Map not allowed in JSON", NULL_POINTER)
    # whole numbers stand without the quotes that a text of digits has
    name = text_of(key) if number_class(key) in ("Integer", "Long") else _key(text_of(key))
    pad = " " * indent
    if len(name) > _LONGEST_KEY or not key or (type(key) is str and "\n" in key):
        out.append(f"{pad}? {name}")
        start = f"{pad}: "
    else:
        start = f"{pad}{name}: "
    if _entries(item) is not None:
        _node(item, indent + 2, out, start)
    elif _items(item) is not None:
        # a list in a map is not indented further than its key
        _node(item, indent, out, start)
    else:
        out.append(start + _plain(item, indent + 2))
