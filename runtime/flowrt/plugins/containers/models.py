"""Docker Model Runner: models of a machine, by its interface over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, cast
from urllib.parse import quote

from flowrt.formats.jsonread import JsonError, parse_json
from flowrt.model.declare import STRING, Kind, listing, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.model.task import Task
from flowrt.tasks.http_client import HttpClient, HttpOptions, HttpTimeout
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowrt.model.context import RunContext
    from flowrt.model.declare import Text

HOST = "http://localhost:12434"
_TIMEOUT = HttpTimeout(connect_timeout="PT10S", read_idle_timeout="PT60S")
_FIELDS = ("id", "tags", "created", "config")
_CONFIG = ("format", "quantization", "parameters", "architecture", "size")


class ModelTask(Task):
    """What the tasks share: where the runner is."""

    host: Text = prop(STRING, default=HOST)

    def run(self, run: RunContext) -> Any:
        return run.in_thread(lambda: self._work(run))

    def _work(self, run: RunContext) -> dict[str, Any] | None:
        raise NotImplementedError

    def _url(self, run: RunContext, path: str) -> str:
        return f"{(run.text(self.host) or HOST).removesuffix('/')}/models{path}"

    def _ask(
        self,
        run: RunContext,
        action: str,
        method: str,
        url: str,
        body: bytes | None = None,
        into: BinaryIO | None = None,
    ) -> bytes:
        """The body of an answer, unless it goes `into` something. Raises TaskFailure, which names the action."""
        client = HttpClient(run, HttpOptions(timeout=_TIMEOUT))
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            return client.send(method, url, headers, body, into).body or b""
        except RunnerFailure:
            raise
        except TaskFailure as error:
            raise TaskFailure(f"Failed to {action} on Docker Model Runner: {error}") from None


class RunnerFailure(TaskFailure):
    """The runner says in its answer that something failed."""


def place_of(model: str) -> str:
    """The path of a model; one without a namespace is of `ai`. Raises TaskFailure for a name that would lead elsewhere."""
    whole = model if "/" in model else f"ai/{model}"
    if not model or any(each in ("", ".", "..") for each in whole.split("/")):
        raise TaskFailure(f"'{model}' is no name of a model")
    return "/" + quote(whole, safe="/:")


@task_type("io.kestra.plugin.docker.model.List")
class DockerModelList(ModelTask):
    """The models that are there."""

    outputs: ClassVar[dict[str, Kind] | None] = {"models": listing(mapping())}

    def _work(self, run: RunContext) -> dict[str, Any]:
        url = self._url(run, "")
        text = self._ask(run, "list models", "GET", url).decode("utf-8", "replace")
        if not text.strip():
            raise TaskFailure(
                f"Docker Model Runner returned an empty response for GET {url}. "
                "Verify the DMR instance is running and reachable."
            )
        why = "a list of models was expected"
        try:
            found = parse_json(text)
        except JsonError as error:
            found, why = None, str(error)
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise TaskFailure(
                f"Failed to parse Docker Model Runner's response for GET {url}: {why}"
            )
        run.log("INFO", f"Found {len(found)} model(s)")
        return {"models": [_described(each) for each in found]}


def _described(found: dict[str, Any]) -> dict[str, Any]:
    """What Kestra's task tells of a model."""
    config = found.get("config")
    told = {name: found.get(name) for name in _FIELDS}
    if isinstance(config, dict):
        told["config"] = {name: config.get(name) for name in _CONFIG}
    return told


@task_type("io.kestra.plugin.docker.model.Delete")
class DockerModelDelete(ModelTask):
    """Delete a model."""

    model: Text = prop(STRING)

    def _work(self, run: RunContext) -> None:
        model = required_text(run, self.model)
        self._ask(run, f"delete model '{model}'", "DELETE", self._url(run, place_of(model)))
        run.log("INFO", f"Deleted model {model}")


@task_type("io.kestra.plugin.docker.model.Pull")
class DockerModelPull(ModelTask):
    """Fetch a model; what the runner tells meanwhile is logged."""

    model: Text = prop(STRING)

    def _work(self, run: RunContext) -> None:
        from flowrt.formats.jsonwrite import to_json

        model = required_text(run, self.model)

        def accept(line: str) -> None:
            try:
                found = parse_json(line)
            except JsonError:
                found = None
            if isinstance(found, dict) and "error" in found:
                raise RunnerFailure(
                    f"Docker Model Runner reported an error while pulling model '{model}': {found['error']}"
                )
            run.log("DEBUG", line)

        lines, body = Lines(accept), to_json({"from": model}).encode()
        url = self._url(run, "/create")
        self._ask(run, f"pull model '{model}'", "POST", url, body, cast("BinaryIO", lines))
        lines.end()
        run.log("INFO", f"Pulled model {model}")


class Lines:
    """Takes a body as a file would, and gives its lines away as they come."""

    def __init__(self, accept: Callable[[str], None]) -> None:
        self._accept, self._rest, self._size = accept, b"", 0

    def tell(self) -> int:
        """How many bytes have come."""
        return self._size

    def write(self, data: bytes) -> int:
        """Some more bytes."""
        self._size += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._told(line)
        return len(data)

    def end(self) -> None:
        """Nothing more comes."""
        self._told(self._rest)

    def _told(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").strip()
        if text:
            self._accept(text)
