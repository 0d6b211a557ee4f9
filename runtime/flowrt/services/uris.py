"""URIs of the internal storage: what is a legal one, and which path it names."""

from __future__ import annotations

SCHEME = "kestra"

_UNRESERVED = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()" + ";/?:@&=+$,%"
)
_HEX = frozenset("0123456789abcdefABCDEF")


class InvalidUri(ValueError):
    """A text that is no URI; the message says where, as `java.net.URI` words it."""


def _component(text: str, start: int, end: int, name: str, more: str = "") -> None:
    index = start
    while index < end:
        char = text[index]
        if char == "%":
            if not (text[index + 1 : index + 3] and set(text[index + 1 : index + 3]) <= _HEX) or (
                index + 2 >= end
            ):
                raise InvalidUri(f"Malformed escape pair at index {index}: {text}")
            index += 3
            continue
        # letters beyond ASCII are legal, blanks and control characters are not
        strange = ord(char) < 0xA0 or char.isspace()
        if strange and char not in _UNRESERVED and char not in more:
            raise InvalidUri(f"Illegal character in {name} at index {index}: {text}")
        index += 1


def split_uri(text: str) -> tuple[str | None, str | None, str]:
    """Scheme, authority and path of a URI, still escaped.

    Raises InvalidUri, worded as the engine words it, for a text that is no URI.
    """
    rest, scheme = 0, None
    colon, slash = text.find(":"), text.find("/")
    if colon > 0 and (slash < 0 or colon < slash) and text[0].isascii() and text[0].isalpha():
        scheme, rest = text[:colon], colon + 1
        if rest == len(text):
            raise InvalidUri(f"Expected scheme-specific part at index {rest}: {text}")
    fragment = text.find("#", rest)
    end = len(text) if fragment < 0 else fragment
    query = text.find("?", rest, end)
    path_end = end if query < 0 else query
    authority = None
    start = rest
    if text.startswith("//", rest):
        start = text.find("/", rest + 2, path_end)
        start = path_end if start < 0 else start
        authority = text[rest + 2 : start]
        if not authority and start == len(text):
            raise InvalidUri(f"Expected authority at index {rest + 2}: {text}")
        _component(text, rest + 2, start, "authority", "[]")
    _component(text, start, path_end, "path")
    if query >= 0:
        _component(text, query + 1, end, "query", "[]")
    if fragment >= 0:
        _component(text, fragment + 1, len(text), "fragment", "[]")
    return scheme, authority, text[start:path_end]


def unescape(path: str) -> str:
    """A path with its `%HH` sequences decoded."""
    if "%" not in path:
        return path
    from urllib.parse import unquote

    return unquote(path)


def storage_path(uri: str) -> str:
    """The path that a `kestra:///` URI names, decoded.

    Raises ValueError for other schemes and for paths that climb.
    """
    scheme, _, path = split_uri(uri)
    if scheme is None:
        raise ValueError(f"Invalid internal storage uri, got uri '{uri}'")
    if scheme != SCHEME:
        raise ValueError(f"Invalid internal storage scheme, got uri '{uri}'")
    path = unescape(path)
    if ".." in path.replace("\\", "/").split("/"):
        raise ValueError(
            "File should be accessed with their full path and not using relative '..' path."
        )
    return path


def whole_path(path: str) -> str:
    """The path, when it may stand in a URI.

    Raises TaskFailure otherwise, with a cause of the same words.
    """
    try:
        split_uri(path)
    except InvalidUri as error:
        from flowrt.tasks.base import TaskFailure

        raise TaskFailure(str(error)) from error
    return path


def escape(path: str) -> str:
    """A path made fit for a URI; what is legal stays as it is."""
    out = []
    for char in path:
        legal = char in _UNRESERVED and char not in "?%"
        if legal or (ord(char) >= 0xA0 and not char.isspace()):
            out.append(char)
        else:
            out.extend(f"%{byte:02X}" for byte in char.encode())
    return "".join(out)


def slug(text: str) -> str:
    """The form of an id in storage paths: lower case, single dashes, word characters only."""
    import re
    import unicodedata

    text = unicodedata.normalize("NFD", re.sub(r"\s", "-", text))
    text = re.sub(r"[^\w-]", "", text, flags=re.ASCII).replace("_", "-")
    text = re.sub(r"-{2,}", "-", text)
    return text.removeprefix("-").removesuffix("-").lower()


def namespace_path(namespace: str) -> str:
    """`company.team` is `company/team`."""
    return namespace.replace(".", "/")
