"""URIs of the internal storage: what is a legal one, and which path it names."""

from __future__ import annotations

from flowrt.java.uri import InvalidUri, split_uri

SCHEME = "kestra"
_SECRET_WORDS = ("pass", "secret", "token", "key", "credential")

_UNRESERVED = frozenset(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'()" + ";/?:@&=+$,%"
)


def whole_path(path: str) -> str:
    """The path, when it may stand in a URI.

    Raises TaskFailure otherwise, with a cause of the same words.
    """
    try:
        split_uri(path)
    except InvalidUri as error:
        from flowrt.model.failures import TaskFailure

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


def execution_path(namespace: str, flow: str, execution: str) -> str:
    """The path in the storage below which an execution has its files."""
    return f"/{namespace_path(namespace)}/{slug(flow)}/executions/{execution}"


def without_password(address: str) -> str:
    """An address as messages show it: no password of its user, no value of a parameter that is named like one."""
    scheme, separator, rest = address.partition("://")
    if not separator:
        return address
    place, mark, query = rest.partition("?")
    shown = place + mark + "&".join(map(_without_value, query.split("&")))
    login, at, place = shown.rpartition("@")
    user, colon, _ = login.partition(":")
    return f"{scheme}://{user}:***@{place}" if at and colon else f"{scheme}://{shown}"


def _without_value(parameter: str) -> str:
    from urllib.parse import unquote

    name, equals, _ = parameter.partition("=")
    kept = not equals or not any(word in unquote(name).lower() for word in _SECRET_WORDS)
    return parameter if kept else f"{name}=***"
