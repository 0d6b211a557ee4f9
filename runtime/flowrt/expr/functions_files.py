"""Functions that read files of namespaces and of the storage."""

import re
from typing import Any

from flowrt.expr.context import Context
from flowrt.expr.functions_run import flow_of, optional_text, variable
from flowrt.java.casts import NULL_POINTER
from flowrt.java.errors import ExpressionError, RawError
from flowrt.java.printing import text_of
from flowrt.java.values import INT_MAX, INT_MIN, MISSING, Long, Uri

_KESTRA = "kestra:///"

_CLIMBS = "File should be accessed with their full path and not using relative '..' path."


class _File:
    """A file named by an argument `path`: one of a namespace, of the internal storage, or local."""

    __slots__ = ("namespace", "opens", "path", "scheme", "uri")

    def __init__(self, v: Context, path: Any, namespace: Any, function: str, missing: str) -> None:
        if path is MISSING:
            raise ExpressionError(
                f"The '{function}' function expects an argument 'path' that is {missing}"
            )
        self.opens = function in ("read", "isFileEmpty")
        flow = flow_of(v)
        own = str(flow.get("namespace"))
        given = optional_text(namespace)
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
            data = v.services().local_file(self.path)
            if data is not None:
                return data
            raise RawError(
                f"The path {self.path} is not authorized. Path must be allowed either globally inside the"
                " Kestra configuration using the `kestra.local-files.allowed-paths` property."
            )
        if ".." in self.path.split("/"):
            raise ExpressionError(_CLIMBS)
        try:
            return v.services().namespace_file(
                self.namespace, self.path, None if version is MISSING else version
            )
        except IsADirectoryError:
            if not self.opens:
                return b""
            name = v.services().file_name(self.address())
            raise ExpressionError(f"{name} (Is a directory)") from None

    def address(self) -> str:
        """Where a namespace file lies in the internal storage."""
        path = "/".join(step for step in self.path.split("/") if step not in ("", "."))
        return f"{_KESTRA}{self.namespace.replace('.', '/')}/_files/{path}"

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
    if path.startswith(f"{own}/_files/") and variable(v, "execution"):
        return
    head, executions, tail = path.partition("/executions/")
    if not (
        executions and "/" in head and "/tasks/" in tail and "/" in tail.partition("/tasks/")[2]
    ):
        trigger = variable(v, "trigger")
        triggered = executions and f"{own}/{flow.get('id')}" == head
        if (not triggered and not isinstance(trigger, dict)) or not executions:
            raise ExpressionError(f"Unable to read the file '{uri}' as it is not an execution file")


_VERSION = re.compile(r"[+-]?[0-9]{1,99}")


def _version(value: Any) -> Any:
    """The number of a version; MISSING when none is asked for."""
    if value is MISSING:
        return MISSING
    if value is None:
        raise RawError("Cannot invoke a method of null", NULL_POINTER)
    text = text_of(value)
    if not _VERSION.fullmatch(text) or not INT_MIN <= int(text) <= INT_MAX:
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
    address = file.address()
    if number is MISSING:
        return address
    file.required(v, number)
    return address if number < 2 else f"{address}.v{number}"


def file_size(v: Context, path: Any = MISSING, namespace: Any = MISSING) -> Long:
    """The size of a file, in bytes."""
    file = _File(v, path, namespace, "fileSize", _STORAGE)
    if file.scheme != "kestra":
        return Long(len(file.required(v)))
    size = v.services().file_size(file.uri)
    if (
        size is None
    ):  # the engine asks for attributes, and what it cannot have is told by its name alone
        raise ExpressionError(v.services().file_name(file.uri))
    return Long(size)


def file_exists(v: Context, path: Any = MISSING, namespace: Any = MISSING) -> bool:
    """Whether a file (or a folder of namespace files) exists."""
    file = _File(v, path, namespace, "fileExists", _STORAGE)
    file.found()
    if file.scheme == "kestra":
        return v.services().file_size(file.uri) is not None
    try:
        return file.content(v) is not None
    except ExpressionError as error:
        if file.scheme == "file" and "not authorized" not in error.message:
            return False
        raise


def is_file_empty(v: Context, path: Any = MISSING, namespace: Any = MISSING) -> bool:
    """Whether a file has no content."""
    file = _File(v, path, namespace, "isFileEmpty", _NAMESPACE_OR_STORAGE)
    return not (file.scheme == "kestra" and v.services().file_size(file.uri)) and not file.required(
        v
    )
