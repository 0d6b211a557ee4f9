"""Models behind an interface of OpenAI's form, which most services offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowrt.model.failures import TaskFailure
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
)
from flowrt.plugins.web import ask, without_nulls

if TYPE_CHECKING:
    from flowrt.model.context import RunContext


class OpenAiModel:
    """`url` is the address below which `/chat/completions` lies, `query` what every address ends with."""

    def __init__(
        self,
        service: str,
        url: str,
        name: str,
        headers: dict[str, str],
        query: str = "",
        limit: str = "max_completion_tokens",
    ) -> None:
        self.service = service
        self.url = url.rstrip("/")
        self.name = name
        self.headers = headers
        self.query = query
        self.limit = limit

    def _ask(self, run: RunContext, path: str, payload: dict[str, Any]) -> Any:
        url = f"{self.url}{path}{self.query}"
        return ask(run, self.service, "POST", url, headers=self.headers, json=payload)

    def reply(
        self,
        run: RunContext,
        messages: list[Message],
        settings: Settings,
        tools: list[ToolSpec],
    ) -> Reply:
        payload: dict[str, Any] = {
            "model": self.name,
            "messages": [_message(run, each) for each in messages],
            "temperature": settings.temperature,
            "top_p": settings.top_p,
            "seed": settings.seed,
            self.limit: settings.max_tokens,
        }
        if settings.schema is not None:
            payload["response_format"] = {
                "type": "json_schema",
                "json_schema": {
                    "name": settings.schema_name,
                    "schema": settings.schema,
                    "strict": settings.strict,
                },
            }
        elif settings.json:
            payload["response_format"] = {"type": "json_object"}
        if tools:
            payload["tools"] = [{"type": "function", "function": each._asdict()} for each in tools]
        answer = self._ask(run, "/chat/completions", without_nulls(payload))
        choice = pick(answer, "choices", 0)
        if not isinstance(choice, dict):
            raise TaskFailure(f"{self.service} answered without a choice")
        said = choice.get("message") or {}
        calls = tuple(
            ToolCall(
                str(each.get("id", "")),
                str(pick(each, "function", "name") or ""),
                str(pick(each, "function", "arguments") or "{}"),
            )
            for each in said.get("tool_calls") or ()
        )
        usage = Usage(
            number(pick(answer, "usage", "prompt_tokens")),
            number(pick(answer, "usage", "completion_tokens")),
        )
        return Reply(
            said.get("content"),
            calls,
            finish(choice.get("finish_reason")),
            usage,
            answer.get("id"),
            said.get("reasoning_content"),
        )

    def embed(self, run: RunContext, texts: list[str]) -> tuple[list[list[float]], Usage]:
        """The meaning of each text."""
        answer = self._ask(run, "/embeddings", {"model": self.name, "input": texts})
        rows = pick(answer, "data")
        if not isinstance(rows, list) or len(rows) != len(texts):
            raise TaskFailure(f"{self.service} answered without embeddings")
        rows = sorted(rows, key=lambda each: number(each.get("index")))
        vectors = [[float(value) for value in each["embedding"]] for each in rows]
        return vectors, Usage(number(pick(answer, "usage", "prompt_tokens")))

    def image(self, run: RunContext, prompt: str) -> str:
        """The address of a picture."""
        answer = self._ask(run, "/images/generations", {"model": self.name, "prompt": prompt})
        made = pick(answer, "data", 0) or {}
        found = made.get("url")
        if not found and made.get("b64_json"):
            found = f"data:image/png;base64,{made['b64_json']}"
        if not found:
            raise TaskFailure(f"{self.service} answered without a picture")
        return str(found)


def _message(run: RunContext, given: Message) -> dict[str, Any]:
    if given.role == "tool":
        return {"role": "tool", "tool_call_id": given.call_id, "content": given.text}
    found: dict[str, Any] = {"role": given.role, "content": given.text}
    if given.blocks:
        parts: list[dict[str, Any]] = [{"type": "text", "text": given.text}] if given.text else []
        parts += [_block(run, kind, address) for kind, address in given.blocks]
        found["content"] = parts
    if given.calls:
        found["tool_calls"] = [
            {
                "id": each.id,
                "type": "function",
                "function": {"name": each.name, "arguments": each.arguments},
            }
            for each in given.calls
        ]
    return found


def _block(run: RunContext, kind: str, address: str) -> dict[str, Any]:
    url = address
    if not address.startswith(("http://", "https://")):
        media, data = data_of(run, address)
        url = f"data:{media};base64,{data}"
    if kind == "PDF":
        return {"type": "file", "file": {"file_data": url, "filename": "document.pdf"}}
    return {"type": "image_url", "image_url": {"url": url}}
