"""Functions that look into the run: its context, secrets, key-value store, files, other flows."""

import re
from typing import Any

from flowrt.expr.context import Context
from flowrt.java.casts import NULL_POINTER, as_text, cast_failure
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.printing import text_of
from flowrt.java.values import (
    INT_MAX,
    INT_MIN,
    MISSING,
    EnumName,
    Long,
    Uri,
    hash_map,
    number_class,
)

_KESTRA = "kestra:///"


def _optional_text(value: Any) -> str | None:
    return None if value is None or value is MISSING else as_text(value)


def _variable(v: Context, name: str) -> Any:
    # a subscript finds the names of scopes, `get` would not
    return v[name] if name in v else None  # noqa: SIM401


def _flow(v: Context) -> dict[str, Any]:
    flow = _variable(v, "flow")
    if flow is None:
        raise RawError(
            'Cannot invoke "java.util.Map.get(Object)" because "flow" is null', NULL_POINTER
        )
    if not isinstance(flow, dict):
        raise cast_failure(flow, "java.util.Map")
    return flow


# -- secrets and key-value store


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
    name = _optional_text(key)
    _optional_text(namespace)
    _flow(v)
    field = _optional_text(subkey)
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
    name, wanted = _optional_text(key), _optional_text(namespace)
    strict = True
    if error_on_missing is not MISSING and error_on_missing is not None:
        if type(error_on_missing) is not bool:
            raise cast_failure(error_on_missing, "java.lang.Boolean")
        strict = error_on_missing
    own = as_text(_flow(v).get("namespace"))
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


# -- files


_CLIMBS = "File should be accessed with their full path and not using relative '..' path."


class _File:
    """A file named by an argument `path`: one of a namespace, of the internal storage, or local."""

    __slots__ = ("namespace", "path", "scheme", "uri")

    def __init__(self, v: Context, path: Any, namespace: Any, function: str, missing: str) -> None:
        if path is MISSING:
            raise ExpressionError(
                f"The '{function}' function expects an argument 'path' that is {missing}"
            )
        flow = _flow(v)
        own = str(flow.get("namespace"))
        given = _optional_text(namespace)
        text = path.text if isinstance(path, Uri) else path
        if type(text) is not str:
            raise ExpressionError(f"Unable to read the file {text_of(path)}")
        self.uri = text
        self.namespace: str = own if given is None else given
        if text.startswith(_KESTRA):
            self.scheme, self.path = "kestra", text
            _uri_parts(text)
            _check_storage_path(v, flow, text)
            if ".." in text.split("/"):
                raise ExpressionError(_CLIMBS)
        elif text.startswith("file://"):
            self.scheme, self.path = "file", _uri_parts(text)[1]
        elif text.startswith("nsfile"):
            authority, rest = _uri_parts(text)
            if given is not None and authority:
                raise ExpressionError(
                    "You cannot set a namespace both as the function argument and inside the URI"
                )
            if given is None and authority:
                self.namespace = authority
            self.scheme, self.path = "nsfile", "/" + rest.lstrip("/")
        elif _has_scheme(text):
            raise ExpressionError(f"Cannot process the URI {text}: scheme not supported.")
        else:
            self.scheme = "nsfile"
            self.path = _uri_parts("nsfile:///" + text.lstrip("/"))[1]

    def content(self, v: Context, version: Any = MISSING) -> bytes | None:
        """The bytes; None when there is no such file."""
        if self.scheme == "kestra":
            return v.services().read_file(self.uri)
        if self.scheme == "file":
            self.found()
            raise RawError(
                f"The path {self.path} is not authorized. Path must be allowed either globally inside the"
                " Kestra configuration using the `kestra.local-files.allowed-paths` property."
            )
        if ".." in self.path.split("/"):
            raise ExpressionError(_CLIMBS)
        return v.services().namespace_file(
            self.namespace, self.path, None if version is MISSING else version
        )

    def found(self) -> None:
        """Raises ExpressionError for a local file that does not exist: the engine looks before it refuses."""
        import os

        if self.scheme == "file" and not os.path.exists(self.path):
            raise ExpressionError(self.path)

    def required(self, v: Context, version: Any = MISSING) -> bytes:
        """The bytes. Raises ExpressionError when there is no such file."""
        data = self.content(v, version)
        if data is not None:
            return data
        if self.scheme == "kestra":
            name = v.services().file_name(self.uri)
            raise ExpressionError(f"{name} (No such file or directory)")
        if version is not MISSING:
            raise ExpressionError(
                f"Version {version} of file '{self.path}' was not found in namespace "
                f"'{self.namespace}'."
            )
        raise ExpressionError(f"File '{self.path}' was not found in namespace '{self.namespace}'.")


def _uri_parts(text: str) -> tuple[str, str]:
    """Authority and path of a URI, the path decoded. Raises ExpressionError for a text that is none."""
    from flowrt.java.uri import InvalidUri, split_uri, unescape

    try:
        _, authority, path = split_uri(text)
    except InvalidUri as error:
        raise ExpressionError(str(error)) from None
    return authority or "", unescape(path)


def _has_scheme(text: str) -> bool:
    scheme, colon, _ = text.partition(":")
    return bool(
        colon
        and scheme[:1].isalpha()
        and scheme.isascii()
        and all(char.isalnum() or char in "+.-" for char in scheme)
        and "\n" not in text
    )


def _check_storage_path(v: Context, flow: dict[str, Any], uri: str) -> None:
    """Files of the internal storage: those of executions and of the own namespace."""
    own = str(flow.get("namespace")).replace(".", "/")
    path = uri[len(_KESTRA) :]
    if path.startswith(f"{own}/_files/") and _variable(v, "execution"):
        return
    head, executions, tail = path.partition("/executions/")
    if not (
        executions and "/" in head and "/tasks/" in tail and "/" in tail.partition("/tasks/")[2]
    ):
        trigger = _variable(v, "trigger")
        triggered = executions and f"{own}/{flow.get('id')}" == head
        if (not triggered and not isinstance(trigger, dict)) or not executions:
            raise ExpressionError(f"Unable to read the file '{uri}' as it is not an execution file")


def _version(value: Any) -> Any:
    """The number of a version; MISSING when none is asked for."""
    if value is MISSING:
        return MISSING
    if value is None:
        raise RawError("Cannot invoke a method of null", NULL_POINTER)
    text = text_of(value)
    if not text.lstrip("+-").isdigit() or not INT_MIN <= int(text) <= INT_MAX:
        return None
    return int(text)


_NAMESPACE_OR_STORAGE = "a path to a namespace file or an internal storage URI."
_STORAGE = "a path to the internal storage URI."


def read(v: Context, path: Any = MISSING, namespace: Any = MISSING, version: Any = MISSING) -> str:
    """The text of a file."""
    file = _File(v, path, namespace, "read", _NAMESPACE_OR_STORAGE)
    number = _version(version)
    if number is None:
        raise ExpressionError(f'For input string: "{text_of(version)}"')
    return file.required(v, number).decode("utf-8", "replace")


def file_uri(
    v: Context, path: Any = MISSING, namespace: Any = MISSING, version: Any = MISSING
) -> str:
    """The address of a namespace file in the internal storage."""
    file = _File(v, path, namespace, "fileURI", "a path to a namespace file.")
    if file.scheme != "nsfile":
        return file.uri
    if "../" in file.path:
        raise ExpressionError("Path must not contain '../'")
    number = _version(version)
    if number is None:
        raise ExpressionError(
            "The 'fileURI' function expects the 'version' argument to be a valid integer."
        )
    address = f"{_KESTRA}{file.namespace.replace('.', '/')}/_files{file.path}"
    if number is MISSING:
        return address
    file.required(v, number)
    return address if number < 2 else f"{address}.v{number}"


def file_size(v: Context, path: Any = MISSING, namespace: Any = MISSING) -> Long:
    """The size of a file, in bytes."""
    return Long(len(_File(v, path, namespace, "fileSize", _STORAGE).required(v)))


def file_exists(v: Context, path: Any = MISSING, namespace: Any = MISSING) -> bool:
    """Whether a file (or a folder of namespace files) exists."""
    file = _File(v, path, namespace, "fileExists", _STORAGE)
    file.found()
    try:
        return file.content(v) is not None
    except ExpressionError:
        if file.scheme == "file":
            return False
        raise


def is_file_empty(v: Context, path: Any = MISSING, namespace: Any = MISSING) -> bool:
    """Whether a file has no content."""
    return not _File(v, path, namespace, "isFileEmpty", _NAMESPACE_OR_STORAGE).required(v)


# -- the run


def error_logs(v: Context) -> Any:
    """The error log entries of the execution; only for a running task."""
    if v.env is None or not v.env.in_worker:
        raise ExpressionError(
            "The 'errorLogs' function can only be used in the Worker as it access logs from the "
            "database."
        )
    return v.env.error_logs()


def fetch_context(v: Context) -> Any:
    """Every variable, as a map."""
    visible = v.visible()
    size = 16
    while len(visible) > size * 3 // 4:
        size *= 2
    return hash_map(visible.items(), size)


def _state_name(value: Any) -> str | None:
    return text_of(value).upper() if isinstance(value, (str, EnumName)) else None


def tasks_with_state(v: Context, state: Any = MISSING) -> list[Any]:
    """The tasks (and their loop values) that are in a state."""
    if state is MISSING:
        raise ExpressionError("The 'tasksWithState' function expects an argument 'state'.")
    if state is None:
        raise RawError(
            'Cannot invoke "String.toUpperCase()" because the return value of '
            '"java.util.Map.get(Object)" is null',
            NULL_POINTER,
        )
    wanted = as_text(state).upper()
    tasks = _variable(v, "tasks")
    if tasks is None:
        return []
    if not isinstance(tasks, dict):
        raise cast_failure(tasks, "java.util.Map")
    found: list[Any] = []
    for task_id, details in tasks.items():
        if not isinstance(details, dict):
            continue
        for key, value in details.items():
            nested = isinstance(value, dict)
            if not nested and key != "state":
                continue
            if _state_name(value.get("state") if nested else value) == wanted:
                entry = {"taskId": task_id, "state": wanted}
                if nested:
                    entry["value"] = key
                found.append(hash_map(entry.items(), 16))
    return found


def current_each_output(v: Context, outputs: Any = MISSING) -> Any:
    """The part of a task's outputs that belongs to the current values of the loops around."""
    if outputs is MISSING:
        raise ExpressionError("The 'currentEachOutput' function expects an argument 'outputs'.")
    if not isinstance(outputs, dict):
        raise ExpressionError(
            "The 'currentEachOutput' function expects an argument 'outputs' with type map."
        )
    parents = _variable(v, "parents")
    if parents is None:
        raise RawError('Cannot invoke "java.util.List.reversed()" because null', NULL_POINTER)
    if not isinstance(parents, list):
        raise cast_failure(parents, "java.util.List")
    for parent in reversed(parents):
        run = parent.get("taskrun") if isinstance(parent, dict) else None
        if run is not None:
            outputs = outputs.get(run.get("value"))
            if outputs is None:
                return None
            if not isinstance(outputs, dict):
                raise cast_failure(outputs, "java.util.Map")
    run = _variable(v, "taskrun")
    if run is None:
        raise RawError(
            'Cannot invoke "java.util.Map.get(Object)" because "taskrun" is null', NULL_POINTER
        )
    return outputs.get(run.get("value"))


# -- other programs


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
    address = text_of(uri)
    if "://" not in address:
        missing = "Target host is not specified"
        failure = RawError(f"org.apache.hc.client5.http.ClientProtocolException: {missing}")
        failure.cause = f"{missing}\n{missing}"
        raise failure
    from flowrt.expr.httpcall import call

    def text(value: Any, default: str) -> str:
        return default if value is MISSING else text_of(value)

    return call(
        address,
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
    if _variable(v, "taskrun") is not None or _variable(v, "trigger") is not None:
        raise ExpressionError(
            "The 'subflow' function can only be used at flow-input render time (e.g. an input's "
            "'values'); it is not supported inside task or trigger properties."
        )
    target, name = _optional_text(namespace), _optional_text(id)
    if target is None or name is None:
        raise ExpressionError("The 'subflow' function expects the arguments 'namespace' and 'id'.")
    if _variable(v, "flow") is None:
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
