"""The HTTP request behind the function `http`."""

from typing import Any

from flowrt.formats.jsonwrite import to_json
from flowrt.http.client import READ_IDLE, Client, basic
from flowrt.http.failures import BadStatus, ConnectionFailure, HttpFailure
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.printing import text_of

LONGEST = 300.0
"""Seconds that a whole exchange may last, unless the request waits longer for a single byte."""
_FAILED = "Failed to execute HTTP request "


def _payload(body: Any, content_type: str) -> bytes:
    if isinstance(body, (bytes, bytearray)):
        return bytes(body)
    kind = _kind(content_type)
    if "/" not in kind:
        raise _raw(f"Invalid mime type: {content_type}")
    if type(body) is str and kind != "application/json":
        return body.encode()
    if kind == "application/json" or kind.endswith("+json"):
        return to_json(_read(body) if type(body) is str else body).encode()
    if kind == "application/x-www-form-urlencoded" and isinstance(body, dict):
        from urllib.parse import urlencode

        return urlencode({text_of(key): text_of(value) for key, value in body.items()}).encode()
    if kind in ("application/yaml", "application/x-yaml"):
        from flowrt.formats.yamlwrite import to_yaml

        return to_yaml(body).encode()
    if kind.startswith("text/"):
        return text_of(body).encode()
    raise ExpressionError("Unsupported content type ")


def _kind(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _body_type(content_type: str) -> str:
    """The header of a body. Raises RawError for a type with parameters: the charset is added to it."""
    if any(char in content_type for char in '",;'):
        raise _raw("MIME type may not contain reserved characters")
    return f"{_kind(content_type)}; charset=UTF-8"


def _read(text: str) -> Any:
    """The value of a body that should be JSON: the engine reads it, and writes it anew."""
    from flowrt.formats.jsonread import JsonError, parse_json

    try:
        return parse_json(text)
    except JsonError:
        raise ExpressionError("Couldn't parse the request body") from None


def _parsed(data: bytes, content_type: str) -> Any:
    """The value of a body: YAML when it says just that, else JSON, whatever it says, in an encoding that shows by itself."""
    if not data:
        return None
    if content_type in _YAML:
        from flowrt.formats.yamlread import parse_yaml

        return parse_yaml(data.decode("utf-8", "replace"))
    from json import detect_encoding

    from flowrt.formats.jsonread import JsonError, parse_json

    try:
        try:
            return parse_json(data.decode(detect_encoding(data)))
        except UnicodeDecodeError as error:
            # outside of strings bytes are looked at one by one
            parse_json(data.decode("latin-1"))
            raise JsonError(_no_utf8(data, error.start)) from None
    except JsonError as error:
        failure = RawError(f"com.fasterxml.jackson.core.JsonParseException: {error}")
        failure.cause = str(error)
        raise failure from None


def _no_utf8(data: bytes, at: int) -> str:
    """What Jackson says of bytes that are no UTF-8, from a place on."""
    more = {0b110: 1, 0b1110: 2, 0b11110: 3}
    first = data[at]
    length = next((n for lead, n in more.items() if first >> (6 - n) == lead), 0)
    wrong = next(
        (i for i in range(at + 1, at + 1 + length) if i < len(data) and data[i] >> 6 != 0b10), at
    )
    role = "start" if wrong == at else "middle"
    line, column = data.count(b"\n", 0, wrong) + 1, wrong - (data.rfind(b"\n", 0, wrong) + 1) + 2
    return (
        f"Invalid UTF-8 {role} byte 0x{data[wrong]:x}\n at [Source: REDACTED"
        " (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled);"
        f" line: {line}, column: {column}]"
    )


_YAML = ("application/yaml", "application/x-yaml")
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


def _seconds(options: dict[str, Any], name: str, older: str) -> float | None:
    """A timeout in seconds, by its name below `timeout` or its older one."""
    timeout = options.get("timeout")
    text = (timeout.get(name) if isinstance(timeout, dict) else None) or options.get(older)
    if text is None:
        return None
    from flowrt.java.time.duration import SECOND, parse_duration

    return parse_duration(text_of(text)) / SECOND


def _authorization(options: dict[str, Any]) -> str | None:
    """The value of the header, for the schemes BASIC and BEARER."""
    auth = options.get("auth") or {}
    if auth.get("type") == "BEARER":
        return f"Bearer {text_of(auth.get('token'))}"
    user = auth.get("username", options.get("basicAuthUser"))
    if user is None:
        return None
    return basic(text_of(user), text_of(auth.get("password", options.get("basicAuthPassword"))))


def _proxy(options: dict[str, Any]) -> tuple[str, int, str | None] | None:
    """Address, port and credentials of the proxy in between."""
    proxy = options.get("proxy") or {
        name: options.get(f"proxy{name.capitalize()}")
        for name in ("type", "address", "port", "username", "password")
    }
    if not proxy.get("address") or proxy.get("port") is None or proxy.get("type") != "HTTP":
        return None
    user = proxy.get("username")
    credentials = None if user is None else basic(text_of(user), text_of(proxy.get("password")))
    return text_of(proxy["address"]), int(proxy["port"]), credentials


def _client(options: dict[str, Any]) -> Client:
    ssl = options.get("ssl")
    return Client(
        connect_timeout=_seconds(options, "connectTimeout", "connectTimeout"),
        read_timeout=_seconds(options, "readIdleTimeout", "readTimeout") or READ_IDLE,
        follow=options.get("followRedirects") is not False,
        authorization=_authorization(options),
        insecure=isinstance(ssl, dict)
        and ssl.get("insecureTrustAllCertificates") in (True, "true"),
        proxy=_proxy(options),
        allowed=options.get("allowedResponseCodes") or (),
        allow_failed=options.get("allowFailed") is True,
        repeats=True,
    )


def _raw(text: str, cause: str = "") -> RawError:
    failure = RawError(text)
    failure.cause = cause
    return failure


def _rebuilt(text: str, query: dict[str, Any]) -> str:
    """An address and parameters as Micronaut's builder of URIs puts them together: hosts and fragments are form encoded.

    So is the query, whose parameters of the same name come together, and whose `;` is an `&`.
    """
    from flowrt.java.uri import InvalidUri, form_encoded, split_uri
    from flowrt.java.uriparts import Uri

    try:
        uri = Uri(text)
    except InvalidUri as error:
        raise _raw(str(error), str(error)) from None
    server = uri.authority and f"//{form_encoded(uri.authority)}"
    if uri.host is not None:
        port = f":{uri.port}" if uri.port >= 0 else ""
        server = f"//{_user(uri.user)}{form_encoded(uri.host)}{port}"
    head = ("" if uri.scheme is None else f"{uri.scheme}:") + (server or "")
    path = uri.path or ""
    if head and path and not path.startswith("/"):
        path = f"/{path}"
    pairs = _parameters(uri.query or "")
    for name, value in query.items():
        if text_of(name) and value is not None:
            pairs.setdefault(text_of(name), []).append(text_of(value))
    asked = "&".join(
        f"{form_encoded(name)}={form_encoded(value)}"
        for name, values in pairs.items()
        for value in values
    )
    fragment = f"#{form_encoded(uri.fragment)}" if uri.fragment else ""
    built = head + path + (f"?{asked}" if asked else "") + fragment
    try:
        split_uri(built)
    except InvalidUri as error:
        raise _raw(str(error)) from None
    return built


def _user(user: str | None) -> str:
    """User and password in front of a host. The builder counts on both where there is a colon. Raises RawError."""
    from flowrt.java.uri import form_encoded

    if not user:
        return ""
    parts = user.split(":")
    while parts and not parts[-1]:
        parts.pop()
    if ":" not in user:
        return f"{form_encoded(user)}@"
    if len(parts) < 2:
        raise _raw(f"Index {len(parts)} out of bounds for length {len(parts)}")
    return f"{form_encoded(parts[0])}:{form_encoded(parts[1])}@"


def _parameters(query: str) -> dict[str, list[str]]:
    """The parameters of a query, by name; what has no name in front of its `=` is one itself."""
    from urllib.parse import unquote_plus

    found: dict[str, list[str]] = {}
    for piece in query.replace(";", "&").split("&"):
        name, _, value = piece.lstrip("=").partition("=")
        if name:
            found.setdefault(unquote_plus(name), []).append(unquote_plus(value))
    return found


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
    from threading import Timer

    from flowrt.java.values import MISSING

    uri = _rebuilt(uri, query)
    options = _checked(options)
    data = None if body is MISSING or body is None else _payload(body, content_type)
    sent = {}
    for name, value in headers.items():
        if name != "Content-Type":
            values = value if isinstance(value, list) else [value]
            sent[text_of(name)] = ", ".join(map(text_of, values))
    sent["Accept"] = accept
    body_type = "" if data is None else _body_type(content_type)
    client = _client(options)
    # a server that sends a byte now and then never times out
    longest = max(LONGEST, client.read_timeout)
    alarm = Timer(longest, client.abort)
    alarm.daemon = True
    alarm.start()
    try:
        answer = client.send(method, uri, sent, data, body_type=body_type)
    except BadStatus as error:
        raise ExpressionError(
            f"Failed to execute HTTP Request, server respond with status {error.code} : {error.reason}"
        ) from None
    except HttpFailure as error:
        cause = error.__cause__
        late = f"it has lasted more than {longest:g} seconds" if client.aborted else ""
        if late or isinstance(error, ConnectionFailure):
            raise ExpressionError(_FAILED + late) from None
        # The engine's client wraps these in failures that its function lets through.
        raise _raw(
            str(error), str(cause) if type(cause) in (OSError, TimeoutError) else ""
        ) from None
    finally:
        alarm.cancel()
    return _parsed(answer.body or b"", (answer.header("content-type") or "").strip())
