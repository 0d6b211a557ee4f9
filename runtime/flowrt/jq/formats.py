"""The formats of jq: `@csv`, `@base64` …"""

from collections.abc import Callable
from typing import Any

from flowrt.jq.natives import node_type
from flowrt.jq.values import JqError, is_number, shown, to_text


def _text(v: Any) -> str:
    return v if isinstance(v, str) else to_text(v)


def _row(name: str, separator: str, escape: Callable[[str], str]) -> Callable[[Any], str]:
    def format(v: Any) -> str:
        if not isinstance(v, list):
            raise JqError(f"{shown(v)} cannot be {name}-formatted, only array")
        out: list[str] = []
        for item in v:
            if isinstance(item, str):
                out.append(escape(item))
            elif item is None or (is_number(item) and float(item) != float(item)):
                out.append("")
            elif isinstance(item, (list, dict)):
                raise JqError(f"{shown(item)} is not valid in a csv row")
            else:
                out.append(to_text(item))
        return separator.join(out)

    return format


def _csv(text: str) -> str:
    return '"' + text.replace('"', '""').replace("\0", "\\0") + '"'


def _tsv(text: str) -> str:
    for char, by in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"), ("\0", "\\0")):
        text = text.replace(char, by)
    return text


def _html(v: Any) -> str:
    text = _text(v).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("'", "&apos;").replace('"', "&quot;").replace("\0", "\\0")


def _uri(v: Any) -> str:
    from urllib.parse import quote

    return quote(_text(v), safe="-_.!~*'()")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''").replace("\0", "\\0") + "'"


def _sh(v: Any) -> str:
    out: list[str] = []
    for item in v if isinstance(v, list) else [v]:
        if isinstance(item, (list, dict)):
            raise JqError(f"{node_type(item)} cannot be escaped for shell")
        out.append(_quoted(item) if isinstance(item, str) else to_text(item))
    return " ".join(out)


def _base64(v: Any) -> str:
    import binascii

    data = _text(v).encode("utf-8", "replace")
    return binascii.b2a_base64(data, newline=False).decode()


def _base64d(v: Any) -> str:
    from flowrt.java.text.base64 import base64_fault, decode_base64

    text = _text(v)
    data = decode_base64(text)
    if data is None:
        raise JqError(f"{shown(text)} is not valid base64 data: {base64_fault(text)}")
    return data.decode("utf-8", "replace")


FORMATS: dict[str, Callable[[Any], str]] = {
    "@csv/0": _row("csv", ",", _csv),
    "@tsv/0": _row("tsv", "\t", _tsv),
    "@html/0": _html,
    "@uri/0": _uri,
    "@sh/0": _sh,
    "@base64/0": _base64,
    "@base64d/0": _base64d,
}
