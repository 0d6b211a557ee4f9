"""Models behind Anthropic's interface of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.plugins.ai.chat import (
    Message,
    Reply,
    Settings,
    ToolCall,
    ToolSpec,
    Usage,
    data_of,
    finish,
    number,
    pick,
    unsupported,
)
from flowrt.plugins.web import ask, without_nulls

if TYPE_CHECKING:
    from flowrt.model.context import RunContext

URL = "https://api.anthropic.com/v1"
VERSION = "2023-06-01"
DEFAULT_LIMIT = 1024
"""Tokens of an answer, of which the interface wants to be told a limit."""


def headers(key: str) -> dict[str, str]:
    """What every request carries."""
    return {"x-api-key": key, "anthropic-version": VERSION}


class AnthropicModel:
    """`url` is the address below which `/messages` lies."""

    service = "Anthropic"

    def __init__(self, key: str, name: str, url: str = "", limit: int | None = None) -> None:
        self.key = key
        self.name = name
        self.url = (url or URL).rstrip("/")
        self.limit = limit

    def reply(
        self,
        run: RunContext,
        messages: list[Message],
        settings: Settings,
        tools: list[ToolSpec],
    ) -> Reply:
        system = "\n".join(each.text for each in messages if each.role == "system")
        if settings.json:
            wanted = "Answer with JSON alone."
            if settings.schema is not None:
                from flowrt.formats.jsonwrite import to_json

                wanted += f" It follows this JSON schema: {to_json(settings.schema)}"
            system = f"{system}\n{wanted}".strip()
        payload: dict[str, Any] = {
            "model": self.name,
            "max_tokens": settings.max_tokens or self.limit or DEFAULT_LIMIT,
            "messages": [_message(run, each) for each in messages if each.role != "system"],
            "system": system or None,
            "temperature": settings.temperature,
            "top_p": settings.top_p,
            "top_k": settings.top_k,
        }
        if settings.thinking is not None:
            payload["thinking"] = {"type": "enabled", "budget_tokens": settings.thinking}
        if tools:
            payload["tools"] = [
                {
                    "name": each.name,
                    "description": each.description,
                    "input_schema": each.parameters,
                }
                for each in tools
            ]
        answer = ask(
            run,
            self.service,
            "POST",
            f"{self.url}/messages",
            headers=headers(self.key),
            json=without_nulls(payload),
        )
        return read(answer)

    def embed(self, run: RunContext, texts: list[str]) -> tuple[list[list[float]], Usage]:
        raise unsupported(self.service, "offer embeddings")

    def image(self, run: RunContext, prompt: str) -> str:
        raise unsupported(self.service, "make pictures")


def read(answer: Any) -> Reply:
    """An answer of the interface."""
    from flowrt.formats.jsonwrite import to_json

    blocks = [each for each in pick(answer, "content") or () if isinstance(each, dict)]
    texts = [str(each.get("text", "")) for each in blocks if each.get("type") == "text"]
    thoughts = [str(each.get("thinking", "")) for each in blocks if each.get("type") == "thinking"]
    calls = tuple(
        ToolCall(str(each.get("id")), str(each.get("name")), to_json(each.get("input") or {}))
        for each in blocks
        if each.get("type") == "tool_use"
    )
    usage = Usage(
        number(pick(answer, "usage", "input_tokens")),
        number(pick(answer, "usage", "output_tokens")),
    )
    return Reply(
        "".join(texts) if texts else None,
        calls,
        finish(pick(answer, "stop_reason")),
        usage,
        pick(answer, "id"),
        "".join(thoughts) or None,
    )


def _message(run: RunContext, given: Message) -> dict[str, Any]:
    from flowrt.formats.jsonread import parse_json

    if given.role == "tool":
        block = {"type": "tool_result", "tool_use_id": given.call_id, "content": given.text}
        return {"role": "user", "content": [block]}
    parts: list[dict[str, Any]] = [{"type": "text", "text": given.text}] if given.text else []
    for kind, address in given.blocks:
        media, data = data_of(run, address)
        source = {"type": "base64", "media_type": media, "data": data}
        parts.append({"type": "document" if kind == "PDF" else "image", "source": source})
    for call in given.calls:
        parts.append(
            {
                "type": "tool_use",
                "id": call.id,
                "name": call.name,
                "input": parse_json(call.arguments or "{}"),
            }
        )
    return {"role": given.role, "content": parts}
