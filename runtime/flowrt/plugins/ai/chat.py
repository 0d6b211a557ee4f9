"""A conversation with a language model, whoever runs the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from flowrt.model.failures import TaskFailure

if TYPE_CHECKING:
    from flowrt.model.context import RunContext


class ToolCall(NamedTuple):
    """A tool that the model wants to be called; `arguments` as the text of a JSON object."""

    id: str
    name: str
    arguments: str


class Message(NamedTuple):
    """What was said: `role` is system, user, assistant or tool. `blocks` are pictures and documents, as type and address."""

    role: str
    text: str
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""
    blocks: tuple[tuple[str, str], ...] = ()


class ToolSpec(NamedTuple):
    """A tool as the model sees it; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: dict[str, Any]


class Settings(NamedTuple):
    """How the model answers. None: as the service does by itself. `schema` is that of the JSON to be answered."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    seed: int | None = None
    max_tokens: int | None = None
    json: bool = False
    schema: dict[str, Any] | None = None
    schema_name: str = "output"
    strict: bool = False
    thinking: int | None = None
    """The tokens that it may think for."""


class Usage(NamedTuple):
    """Tokens."""

    input: int = 0
    output: int = 0

    def __add__(self, other: Usage) -> Usage:  # type: ignore[override]
        return Usage(self.input + other.input, self.output + other.output)

    @property
    def document(self) -> dict[str, int]:
        """As outputs have it."""
        return {
            "inputTokenCount": self.input,
            "outputTokenCount": self.output,
            "totalTokenCount": self.input + self.output,
        }


class Reply(NamedTuple):
    """What the model answered."""

    text: str | None
    calls: tuple[ToolCall, ...]
    finish: str
    usage: Usage
    id: str | None = None
    thinking: str | None = None


class Model(Protocol):
    """A model of a service."""

    def reply(
        self,
        run: RunContext,
        messages: list[Message],
        settings: Settings,
        tools: list[ToolSpec],
    ) -> Reply:
        """Ask it, in the thread of the caller. Raises TaskFailure."""

    def embed(self, run: RunContext, texts: list[str]) -> tuple[list[list[float]], Usage]:
        """The meaning of each text as numbers. Raises TaskFailure."""

    def image(self, run: RunContext, prompt: str) -> str:
        """The address of a picture that it made, or the picture as a `data:` address. Raises TaskFailure."""


FINISHES = {
    "stop": "STOP",
    "end_turn": "STOP",
    "stop_sequence": "STOP",
    "STOP": "STOP",
    "length": "LENGTH",
    "max_tokens": "LENGTH",
    "MAX_TOKENS": "LENGTH",
    "tool_calls": "TOOL_EXECUTION",
    "function_call": "TOOL_EXECUTION",
    "tool_use": "TOOL_EXECUTION",
    "content_filter": "CONTENT_FILTER",
    "refusal": "CONTENT_FILTER",
    "SAFETY": "CONTENT_FILTER",
    "RECITATION": "CONTENT_FILTER",
}
"""Why services say that they stopped, and Kestra's word for it."""


def finish(said: Any) -> str:
    """Kestra's word for why a model stopped."""
    return FINISHES.get(str(said), "OTHER")


def pick(value: Any, *path: str | int) -> Any:
    """What lies below a path of an answer; None where something on the way is missing."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and len(value) > step else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def number(value: Any) -> int:
    """A count in an answer; 0 when there is none."""
    return int(value) if isinstance(value, (int, float)) else 0


def data_of(run: RunContext, address: str) -> tuple[str, str]:
    """The media type and the base64 of a stored file or `data:` address."""
    from base64 import b64encode
    from mimetypes import guess_type

    if address.startswith("data:"):
        head, _, data = address.partition(",")
        return head[5:].partition(";")[0], data
    kind = guess_type(address)[0] or "application/octet-stream"
    return kind, b64encode(run.open_file(address)).decode()


def unsupported(name: str, what: str) -> TaskFailure:
    """The failure of a service that cannot do something, to be raised."""
    return TaskFailure(f"{name} does not {what}")
