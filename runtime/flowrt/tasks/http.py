"""HTTP tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar

from flowrt.http.client import LARGEST_BODY
from flowrt.model.declare import (
    BOOLEAN,
    INTEGER,
    STRING,
    URI,
    Kind,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.tasks.http_client import HttpClient, HttpOptions, Ssl
from flowrt.tasks.storage import charset_of, required_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flowrt.http.client import Response
    from flowrt.http.multipart import Part
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Mapping, Text

SECONDS_TO_END = 1.0
"""How long an exchange that was ended is waited for."""
MAX_BODY = 19 * 1024 * 1024
HTTP = "io.kestra.plugin.core.http."
OLD_HTTP = "io.kestra.plugin.fs.http."


class Prepared:
    """A request that is rendered."""

    __slots__ = ("body", "body_type", "headers", "method", "uri")

    def __init__(
        self,
        method: str,
        uri: str,
        headers: dict[str, str],
        body: bytes | None,
        body_type: str,
    ) -> None:
        self.method = method
        self.uri = uri
        self.headers = headers
        self.body = body
        self.body_type = body_type
        """What the body is, whatever the header says of it."""


class HttpTask(Task):
    """What HTTP tasks share: the request."""

    uri: Text = prop(STRING)
    method: Text = prop(STRING, default="GET")
    params: Mapping | None = prop(mapping(), default=None)
    headers: Mapping | None = prop(mapping(STRING), default=None)
    body: Text | None = prop(STRING, default=None)
    form_data: Mapping | None = prop(mapping(), default=None)
    content_type: Text | None = prop(STRING, default="application/json")
    options: HttpOptions | None = prop(record(HttpOptions), default=None)
    allow_failed: Flag | None = prop(BOOLEAN, default=None)
    ssl_options: Ssl | None = prop(record(Ssl), default=None)

    def _client(self, run: RunContext, largest: int = LARGEST_BODY) -> HttpClient:
        failing = run.flag(self.allow_failed)
        return HttpClient(run, self.options, failing, self.ssl_options, largest, repeats=True)

    def _request(self, run: RunContext) -> Prepared:
        uri = required_text(run, self.uri).replace(" ", "%20")
        uri = _with_params(uri, run.mapping(self.params) or {})
        headers: dict[str, str] = {}
        body: bytes | None = None
        body_type = ""
        content_type = run.text(self.content_type)
        form = run.mapping(self.form_data) or {}
        if form and content_type == "multipart/form-data":
            from flowrt.http.multipart import encode

            body, body_type = encode(_parts(run, form))
        elif form:
            from urllib.parse import urlencode

            pairs = {name: _text(value) for name, value in form.items()}
            body = urlencode(pairs, encoding="iso-8859-1", errors="replace").encode()
            body_type = "application/x-www-form-urlencoded; charset=ISO-8859-1"
        elif self.body is not None:
            charset = charset_of(run, (self.options or HttpOptions()).default_charset)
            body = (run.text(self.body) or "").encode(charset)
            body_type = f"{_media_type(content_type)}; charset={charset}"
        elif content_type is not None:
            headers["Content-Type"] = content_type
        given = run.mapping(self.headers, STRING) or {}
        if given:
            names = sorted(given, key=str.lower)
            headers = {name: _text(given[name]) for name in names}
        return Prepared(run.text(self.method) or "GET", uri, headers, body, body_type)

    def _sent(
        self, client: HttpClient, request: Prepared, into: BinaryIO | None = None
    ) -> Response:
        return client.send(
            request.method,
            request.uri,
            request.headers,
            request.body,
            into=into,
            body_type=request.body_type,
        )


async def finished(run: RunContext, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do blocking work beside the event loop. When the run is interrupted the exchange is ended at once.

    What has come to its end by then stays as the outputs of the run.
    """
    import asyncio

    task = asyncio.ensure_future(run.in_thread(work))
    try:
        return dict(await asyncio.shield(task))
    except asyncio.CancelledError:
        from contextlib import suppress

        await asyncio.wait({task}, timeout=SECONDS_TO_END)
        if task.done():
            with suppress(Exception):
                run.keep_outputs(task.result())
        raise


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    from flowrt.java.printing import text_of

    return text_of(value)


def _media_type(text: str | None) -> str:
    """The type of a body, in small letters. Raises TaskFailure for one with parameters: the charset is added to it."""
    if text is None or not text.strip():
        raise TaskFailure("MIME type must not be blank")
    if any(char in text for char in '",;'):
        raise TaskFailure("MIME type may not contain reserved characters")
    return text.lower()


def _with_params(uri: str, params: dict[str, Any]) -> str:
    from flowrt.http.address import built
    from flowrt.java.uri import InvalidUri

    pairs = []
    for name, value in params.items():
        if not isinstance(value, (str, list)):
            from flowrt.java.values import class_name

            raise TaskFailure(f"Unsupported param type: class {class_name(value)}")
        for item in value if isinstance(value, list) else [value]:
            pairs.append((name, _text(item)))
    try:
        return built(uri, pairs)
    except InvalidUri as error:
        raise TaskFailure(str(error)) from None


def _parts(run: RunContext, form: dict[str, Any]) -> Iterator[Part]:
    """The fields of a form; an address of a stored file stands for the file."""
    from flowrt.formats.jsonwrite import to_json
    from flowrt.http.multipart import Part
    from flowrt.services.folders import temporary_name

    for name, value in form.items():
        if isinstance(value, str) and value.startswith("kestra://"):
            yield Part(name, run.storage.read(value), temporary_name())
        elif isinstance(value, dict) and {"name", "content"} <= value.keys():
            yield Part(name, run.storage.read(str(value["content"])), str(value["name"]))
        else:
            yield Part(name, (value if isinstance(value, str) else to_json(value)).encode())


@task_type(f"{HTTP}Request", f"{OLD_HTTP}Request")
class HttpRequest(HttpTask):
    """Send a request and answer its body as text."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "uri": STRING,
        "code": INTEGER,
        "headers": mapping(),
        "body": STRING,
        "encryptedBody": mapping(),
    }

    encrypt_body: Flag = prop(BOOLEAN, default=False)

    async def run(self, run: RunContext) -> dict[str, Any]:
        if run.flag(self.encrypt_body):
            raise TaskFailure("`encryptBody` needs an encryption key, and none is configured")
        return await finished(run, lambda: self._send(run))

    def _send(self, run: RunContext) -> dict[str, Any]:
        from flowrt.http.failures import TooLarge

        client, request = self._client(run, MAX_BODY), self._request(run)
        try:
            response = self._sent(client, request)
        except TooLarge as failure:
            raise TaskFailure(
                f"Response body is too large to store in task outputs ({failure.size} bytes > max"
                f" {MAX_BODY} bytes). Use io.kestra.plugin.core.http.Download to fetch large payloads as files"
                " instead."
            ) from None
        body = None
        if response.body is not None:
            body = response.body.decode("utf-8", "replace")
            _check_unicode(body)
        return {
            "uri": request.uri,
            "code": response.code,
            "headers": response.headers,
            "body": body,
        }


def _check_unicode(text: str) -> None:
    """Raises TaskFailure for a character that Unicode does not define."""
    if text.isascii():
        return
    from unicodedata import category

    for char in text:
        if category(char) == "Cn":
            raise TaskFailure(
                f"Illegal unicode code point in request body: {ord(char)}, the Request task only support valid"
                " Unicode strings as body.\nYou can try using the Download task instead."
            )


@task_type(f"{HTTP}Download", f"{OLD_HTTP}Download")
class HttpDownload(HttpTask):
    """Send a request and store its body."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "uri": URI,
        "code": INTEGER,
        "length": INTEGER,
        "headers": mapping(),
    }

    fail_on_empty_response: Flag = prop(BOOLEAN, default=True)
    save_as: Text | None = prop(STRING, default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        return await finished(run, lambda: self._download(run))

    def _download(self, run: RunContext) -> dict[str, Any]:
        from urllib.parse import urlsplit

        from flowrt.services.folders import extension_of, temporary_name

        source = required_text(run, self.uri)
        _with_params(source, {})
        client, request = self._client(run), self._request(run)
        target = run.working_dir / temporary_name(extension_of(urlsplit(source).path))
        with target.open("wb") as file:
            response = self._sent(client, request, file)
        self._check_size(run, source, response, client.allow_failed)
        name = run.text(self.save_as)
        if name is None:
            name = _disposition_name(response.header("content-disposition")) or target.name
        run.log("DEBUG", f"File '{source}' downloaded with size '{response.size}'")
        return {
            "uri": run.put_file(target, name),
            "code": response.code,
            "length": response.size,
            "headers": response.headers,
        }

    def _check_size(
        self, run: RunContext, source: str, response: Response, allow_failed: bool
    ) -> None:
        expected = (response.header("content-length") or "").lstrip("0")
        if expected.isascii() and expected.isdigit() and expected != str(response.size):
            raise TaskFailure(f"Invalid size, got {response.size}, expected {expected}")
        if response.size == 0:
            if not run.flag(self.fail_on_empty_response, True):
                run.log("WARN", f"File '{source}' is empty")
            elif not allow_failed:
                raise TaskFailure("No response from server")


def _disposition_name(header: str | None) -> str | None:
    """The file name that a `Content-Disposition` header gives, fit for a URI."""
    name = None
    for part in (header or "").split(";"):
        key, mark, value = part.strip().partition("=")
        if not mark:
            continue
        if key.strip() == "filename*":
            name = value.rpartition("'")[2].strip('"')
        elif key.strip() == "filename":
            name = value.strip().strip('"')
    if not name:
        return None
    name = name.rsplit("/", 1)[-1]
    return name.replace(" ", "+").replace("[", "%5B").replace("]", "%5D")


@task_type(f"{HTTP}SseRequest")
class SseRequest(HttpTask):
    """Read a stream of server-sent events to its end."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "uri": STRING,
        "size": INTEGER,
        "events": listing(mapping()),
        "result": STRING,
    }

    concat_jq_expression: Text | None = prop(STRING, default=None)
    failed_on_missing_jq: Flag = prop(BOOLEAN, default=True)

    async def run(self, run: RunContext) -> dict[str, Any]:
        return await finished(run, lambda: self._read(run))

    def _read(self, run: RunContext) -> dict[str, Any]:
        client, request = self._client(run), self._request(run)
        response = self._sent(client, request)
        events = parse_events((response.body or b"").decode("utf-8", "replace"))
        run.metric("counter", "size", len(events))
        outputs: dict[str, Any] = {"uri": request.uri, "size": len(events)}
        program = run.text(self.concat_jq_expression)
        texts = self._texts(run, program, events) if program else []
        outputs.update({"result": "".join(texts)} if texts else {"events": events})
        return outputs

    def _texts(self, run: RunContext, program: str, events: list[dict[str, Any]]) -> list[str]:
        from flowrt import jq
        from flowrt.formats.jsonwrite import to_json

        texts: list[str] = []
        for event in events:
            try:
                results = jq.run(program, event)
                if any(result is None or isinstance(result, (list, dict)) for result in results):
                    raise ValueError("Expected text value from JQ expression")
            except Exception as error:
                text = f"Failed to resolve JQ expression '{program}' and value '{to_json(event)}'"
                if run.flag(self.failed_on_missing_jq, True):
                    raise TaskFailure(text) from error
                run.log("DEBUG", f"{text}. Skipping this event.")
                continue
            texts.extend(_text(result) for result in results[-1:])
        return texts


def parse_events(text: str) -> list[dict[str, Any]]:
    """The events of a stream; one without data is dropped, an unfinished one too."""
    from flowrt.formats.jsonread import parse_json

    events: list[dict[str, Any]] = []
    data: list[str] = []
    event: dict[str, Any] = {}
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]:
        if not line:
            if data:
                joined = "\n".join(data)
                try:
                    value = parse_json(joined)
                except Exception:
                    value = joined
                events.append({"data": value, **event})
            data, event = [], {}
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "id":
            event["id"] = value
        elif field == "event":
            event["name"] = value
        elif field == "retry" and value.isdecimal() and len(value) < 20:
            event["retry"] = int(value)
        elif not field:
            event["comment"] = value
    return events
