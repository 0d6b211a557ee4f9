"""The HTTP request behind the function `http`."""

from typing import Any

from flowrt.formats.jsonwrite import to_json
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.printing import text_of

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
        from flowrt.formats.yamlwrite import to_yaml

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
        from flowrt.formats.yamlread import parse_yaml

        return parse_yaml(text)
    from flowrt.formats.jsonread import JsonError, parse_json

    try:
        return parse_json(text)
    except JsonError as error:
        failure = RawError(f"com.fasterxml.jackson.core.JsonParseException: {error}")
        failure.cause = str(error)
        raise failure from None


_OPTIONS = (
    "logLevel", "timeout", "proxyUsername", "proxyAddress", "auth", "proxyPassword", "readTimeout", "ssl", "proxy",
    "logs", "basicAuthPassword", "connectionPoolIdleTimeout", "connectTimeout", "maxContentLength",
    "allowedResponseCodes", "basicAuthUser", "followRedirects", "proxyType", "defaultCharset", "proxyPort",
    "readIdleTimeout", "allowFailed", "enabledTcpExtendedKeepAlive",
)  # fmt: skip
_BUILDER = "io.kestra.core.http.client.configurations.HttpConfiguration$HttpConfigurationBuilder"


def _checked(options: Any) -> dict[str, Any]:
    """The options, which must be a map of known names. Raises RawError."""
    said = ""
    if not isinstance(options, dict):
        said = (
            f"Cannot construct instance of `{_BUILDER}` (although at least one Creator exists): no String-argument"
            f" constructor/factory method to deserialize from String value ('{text_of(options)}')"
        )
    else:
        for name in options:
            if name not in _OPTIONS:
                known = ", ".join(f'"{each}"' for each in _OPTIONS)
                said = (
                    f'Unrecognized field "{name}" (class {_BUILDER}), not marked as ignorable'
                    f" ({len(_OPTIONS)} known properties: {known})"
                )
                break
        else:
            return options
    failure = RawError(said)
    failure.cause = said
    raise failure


def _timeout(options: dict[str, Any]) -> float:
    """Seconds without a byte after which the response counts as lost."""
    timeout = options.get("timeout")
    idle = timeout.get("readIdleTimeout") if isinstance(timeout, dict) else None
    idle = idle or options.get("readTimeout")
    if idle is None:
        return _TIMEOUT
    from flowrt.java.time.isoparse import parse_duration

    return parse_duration(text_of(idle)).nanos / 1_000_000_000


def _authorization(options: dict[str, Any]) -> str | None:
    """The value of the header, for the schemes BASIC and BEARER."""
    auth = options.get("auth") or {}
    if auth.get("type") == "BEARER":
        return f"Bearer {text_of(auth.get('token'))}"
    user = auth.get("username", options.get("basicAuthUser"))
    if user is None:
        return None
    from base64 import b64encode

    password = auth.get("password", options.get("basicAuthPassword"))
    return "Basic " + b64encode(f"{text_of(user)}:{text_of(password)}".encode()).decode()


def _allowed(options: dict[str, Any], code: int) -> bool:
    """Whether an answer with that code is no failure; codes that are named are the only ones."""
    codes = options.get("allowedResponseCodes")
    if codes:
        return code in codes
    return options.get("allowFailed") is True or code < 400


def call(
    uri: str,
    method: str,
    *,
    query: dict[str, Any],
    body: Any,
    content_type: str,
    headers: dict[str, Any],
    options: Any,
    accept: str,
) -> Any:
    """The response's body, parsed by its content type. Raises ExpressionError when the call fails."""
    import http.client
    import urllib.error
    import urllib.request
    from urllib.parse import urlencode, urlsplit

    from flowrt.java.values import MISSING

    if urlsplit(uri).scheme not in ("http", "https"):
        raise ExpressionError(_FAILED)
    options = _checked(options)
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
    authorization = _authorization(options)
    if authorization is not None:
        request.add_header("Authorization", authorization)

    def body_of(response: Any) -> Any:
        if not _allowed(options, response.status):
            raise ExpressionError(
                "Failed to execute HTTP Request, server respond with status "
                f"{response.status} : {response.reason}"
            )
        info = response.headers
        charset = info.get_content_charset() or text_of(options.get("defaultCharset") or "utf-8")
        return _parsed(response.read(), info.get_content_type(), charset)

    try:
        with urllib.request.urlopen(request, timeout=_timeout(options)) as response:
            return body_of(response)
    except urllib.error.HTTPError as error:
        return body_of(error)
    except (OSError, http.client.HTTPException, ValueError):
        raise ExpressionError(_FAILED) from None
