"""Functions that reach services: secrets, keys and values, HTTP, other flows."""

import re
from typing import Any

from flowrt.expr.context import Context
from flowrt.expr.functions_run import flow_of, optional_text, variable
from flowrt.java.casts import NULL_POINTER, as_text, cast_failure
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.printing import text_of
from flowrt.java.values import MISSING, number_class


def secret(
    v: Context,
    key: Any = MISSING,
    namespace: Any = MISSING,
    subkey: Any = MISSING,
    full: Any = MISSING,
) -> Any:
    """A secret, a field of a JSON secret, or the secret as a map."""
    if key is MISSING:
        raise ExpressionError("The 'secret' function expects an argument 'key'.")
    name = optional_text(key)
    optional_text(namespace)
    flow_of(v)
    field = optional_text(subkey)
    if full is True and field:
        raise ExpressionError(
            "The 'secret' function cannot be called with both 'subkey' and 'full' arguments."
        )
    if name is None:
        raise RawError('Cannot invoke "String.toUpperCase()" because "key" is null', NULL_POINTER)
    env = v.services()
    text = env.secret(name)
    if text is None:
        raise ExpressionError(f"Cannot find secret for key '{name}'.")
    if full is True:
        env.register_secret(text)
        return {"value": text}
    if field:
        text = _field_of_secret(text, field, name)
    env.register_secret(text)
    return text


def _field_of_secret(text: str, field: str, name: str) -> str:
    from flowrt.formats.jsonread import parse_json
    from flowrt.formats.jsonwrite import to_json

    try:
        parsed = parse_json(text)
    except ExpressionError:
        raise ExpressionError(
            f"Failed to read secret sub-key '{field}' from secret '{name}'. Ensure the secret "
            "contains valid JSON value."
        ) from None
    if not isinstance(parsed, dict) or field not in parsed:
        raise ExpressionError(f"Cannot find secret sub-key '{field}' in secret '{name}'.")
    value = parsed[field]
    return to_json(value) if isinstance(value, (dict, list)) else text_of(value)


_KEY = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]*")


def kv(
    v: Context, key: Any = MISSING, namespace: Any = MISSING, error_on_missing: Any = MISSING
) -> Any:
    """A value of the key-value store of the namespace, or of one of its parents."""
    if key is MISSING:
        raise ExpressionError("The 'kv' function expects an argument 'key'.")
    name, wanted = optional_text(key), optional_text(namespace)
    strict = True
    if error_on_missing is not MISSING and error_on_missing is not None:
        if type(error_on_missing) is not bool:
            raise cast_failure(error_on_missing, "java.lang.Boolean")
        strict = error_on_missing
    own = as_text(flow_of(v).get("namespace"))
    if not name:
        raise ExpressionError("Key cannot be null or empty")
    env = v.services()
    searched = own if wanted is None else wanted
    if wanted is not None and wanted != own and not env.namespace_exists(wanted):
        raise ExpressionError(
            f"Cannot access the KV store. The namespace '{wanted}' does not exist."
        )
    if not _KEY.fullmatch(name):
        raise ExpressionError(
            "Key must start with an alphanumeric character (uppercase or lowercase) and can contain alphanumeric "
            "characters (uppercase or lowercase), dots (.), underscores (_), and hyphens (-) only."
        )
    here = searched
    while True:
        try:
            found, value = env.kv(here, name)
        except ExpressionError as error:
            # an entry that has expired counts as missing for those who can do without it
            if strict or not error.message.endswith("has expired"):
                raise
            env.drop_expired(here, name)
            return None
        if found or wanted is not None or "." not in here:
            break
        here = here.rpartition(".")[0]
    if found:
        return value
    if strict:
        raise ExpressionError(f"The key '{name}' does not exist in the namespace '{searched}'.")
    return None


def http(
    v: Context,
    uri: Any = MISSING,
    method: Any = MISSING,
    query: Any = MISSING,
    body: Any = MISSING,
    content_type: Any = MISSING,
    headers: Any = MISSING,
    options: Any = MISSING,
    accept: Any = MISSING,
) -> Any:
    """The body of an HTTP response, parsed by its content type."""
    if uri is MISSING:
        raise ExpressionError("The 'http' function expects an argument 'uri'.")
    if uri is None:
        raise RawError('Cannot invoke "Object.toString()" because a value is null', NULL_POINTER)
    for argument in (query, headers):
        if argument is not MISSING and argument is not None and not isinstance(argument, dict):
            raise cast_failure(argument, "java.util.Map")
    from flowrt.expr.httpcall import call

    def text(value: Any, default: str) -> str:
        return default if value is MISSING else text_of(value)

    return call(
        text_of(uri),
        text(method, "GET").upper(),
        query=query or {},
        body=body,
        content_type=text(content_type, "application/json"),
        headers=headers or {},
        options={} if options is MISSING or options is None else options,
        accept=text(accept, "application/json"),
    )


def subflow(
    v: Context,
    namespace: Any = MISSING,
    id: Any = MISSING,
    inputs: Any = MISSING,
    revision: Any = MISSING,
    labels: Any = MISSING,
    timeout: Any = MISSING,
) -> Any:
    """Runs a flow to its end while inputs are rendered; `.id .state .outputs .labels` of the execution."""
    if variable(v, "taskrun") is not None or variable(v, "trigger") is not None:
        raise ExpressionError(
            "The 'subflow' function can only be used at flow-input render time (e.g. an input's "
            "'values'); it is not supported inside task or trigger properties."
        )
    target, name = optional_text(namespace), optional_text(id)
    if target is None or name is None:
        raise ExpressionError("The 'subflow' function expects the arguments 'namespace' and 'id'.")
    if variable(v, "flow") is None:
        raise ExpressionError(
            "The 'subflow' function can only be used in a flow context (e.g. an input's 'values'); "
            "the caller flow could not be resolved."
        )
    if revision is MISSING or revision is None:
        number = None
    elif number_class(revision):
        number = int(revision)
    else:
        raise cast_failure(revision, "java.lang.Number")
    if inputs is not MISSING and inputs is not None and not isinstance(inputs, dict):
        raise cast_failure(inputs, "java.util.Map")
    if labels is not MISSING and labels is not None and not isinstance(labels, dict):
        raise ExpressionError(
            "The 'subflow' function 'labels' must be a map of string keys to values."
        )
    return v.services().subflow(
        {
            "namespace": target,
            "id": name,
            "inputs": inputs or {},
            "revision": number,
            "labels": None if labels is MISSING else labels,
            "timeout": _subflow_timeout(timeout),
        }
    )


def _subflow_timeout(value: Any) -> Any:
    from flowrt.java.time.isoparse import parse_duration
    from flowrt.java.time.temporal import NANOS, Duration

    longest = Duration(300 * NANOS)
    if value is None or value is MISSING:
        return longest
    if isinstance(value, Duration):
        timeout = value
    elif type(value) is str:
        try:
            timeout = parse_duration(value)
        except RawError:
            raise ExpressionError(
                "The 'subflow' function 'timeout' must be an ISO-8601 duration (e.g. 'PT30S'), "
                f"got '{value}'."
            ) from None
    else:
        raise ExpressionError(
            "The 'subflow' function 'timeout' must be an ISO-8601 duration string (e.g. 'PT30S')."
        )
    if longest < timeout:
        raise ExpressionError(
            f"The 'subflow' function 'timeout' ({timeout}) exceeds the maximum allowed ({longest})."
        )
    return timeout
