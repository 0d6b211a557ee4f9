"""The HTTP request behind the function `http`."""

from typing import Any

from flowrt.expr.errors import ExpressionError, RawError
from flowrt.expr.printing import text_of, to_json

_FAILED = "Failed to execute HTTP request "
_TIMEOUT = 60.0


def _payload(body: Any, content_type: str) -> bytes:
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    kind = content_type.partition(";")[0].strip().lower()
    if type(body) is str and kind != "application/json":
        return body.encode()
    if kind == "application/json" or kind.endswith("+json"):
        return (body if type(body) is str else to_json(body)).encode()
    if kind == "application/x-www-form-urlencoded" and isinstance(body, dict):
        from urllib.parse import urlencode

        return urlencode({text_of(key): text_of(value) for key, value in body.items()}).encode()
    if kind in ("application/yaml", "application/x-yaml"):
        from flowrt.expr.yamlwrite import to_yaml

        return to_yaml(body).encode()
    if kind.startswith("text/"):
        return text_of(body).encode()
    raise ExpressionError("Unsupported content type ")


def _parsed(data: bytes, content_type: str, charset: str) -> Any:
    """The value of a body: YAML when it says so, else JSON, whatever it says."""
    if not data:
        return None
    text = data.decode(charset, "replace")
    if "yaml" in content_type.lower():
        from flowrt.expr.yamlread import parse_yaml

        return parse_yaml(text)
    from flowrt.expr.jsonvalue import JsonError, parse_json

    try:
        return parse_json(text)
    except JsonError as error:
        failure = RawError(f"com.fasterxml.jackson.core.JsonParseException: {error}")
        failure.cause = str(error)
        raise failure from None


def call(
    uri: str,
    method: str,
    *,
    query: dict[str, Any],
    body: Any,
    content_type: str,
    headers: dict[str, Any],
    options: dict[str, Any],
    accept: str,
) -> Any:
    """The response's body, parsed by its content type. Raises ExpressionError when the call fails."""
    import http.client
    import urllib.error
    import urllib.request
    from urllib.parse import urlencode, urlsplit

    from flowrt.expr.values import MISSING

    if urlsplit(uri).scheme not in ("http", "https"):
        raise ExpressionError(_FAILED)
    if query:
        mark = "&" if "?" in uri else "?"
        uri += mark + urlencode({text_of(key): text_of(value) for key, value in query.items()})
    data = None if body is MISSING or body is None else _payload(body, content_type)
    request = urllib.request.Request(uri, data=data, method=method)
    for name, value in headers.items():
        if name != "Content-Type":
            values = value if isinstance(value, list) else [value]
            request.add_header(text_of(name), ", ".join(map(text_of, values)))
    request.add_header("Accept", accept)
    if data is not None:
        request.add_header("Content-Type", content_type)
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:
            info = response.headers
            return _parsed(
                response.read(), info.get_content_type(), info.get_content_charset() or "utf-8"
            )
    except urllib.error.HTTPError as error:
        raise ExpressionError(
            "Failed to execute HTTP Request, server respond with status "
            f"{error.code} : {error.reason}"
        ) from None
    except (OSError, http.client.HTTPException, ValueError):
        raise ExpressionError(_FAILED) from None
