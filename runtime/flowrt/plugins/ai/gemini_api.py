"""Models behind the interface of Google's Gemini."""

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
    unsupported,
)
from flowrt.plugins.web import ask, without_nulls

if TYPE_CHECKING:
    from flowrt.model.context import RunContext

URL = "https://generativelanguage.googleapis.com/v1beta"


class GeminiModel:
    """`url` is the address below which `/models` lies."""

    service = "Gemini"

    def __init__(self, key: str, name: str, url: str = "") -> None:
        self.key = key
        self.name = name.removeprefix("models/")
        self.url = (url or URL).rstrip("/")

    def call(self, run: RunContext, verb: str, payload: dict[str, Any]) -> Any:
        """Ask the model in the interface's own terms."""
        url = f"{self.url}/models/{self.name}:{verb}"
        return ask(
            run, self.service, "POST", url, headers={"x-goog-api-key": self.key}, json=payload
        )

    def reply(
        self,
        run: RunContext,
        messages: list[Message],
        settings: Settings,
        tools: list[ToolSpec],
    ) -> Reply:
        names = {call.id: call.name for each in messages for call in each.calls}
        system = "\n".join(each.text for each in messages if each.role == "system")
        generation = without_nulls(
            {
                "temperature": settings.temperature,
                "topP": settings.top_p,
                "topK": settings.top_k,
                "seed": settings.seed,
                "maxOutputTokens": settings.max_tokens,
                "responseMimeType": "application/json" if settings.json else None,
                "responseJsonSchema": settings.schema,
            }
        )
        payload: dict[str, Any] = {
            "contents": [
                content_of(run, each, names) for each in messages if each.role != "system"
            ],
            "systemInstruction": {"parts": [{"text": system}]} if system else None,
            "generationConfig": generation or None,
        }
        if tools:
            payload["tools"] = [{"functionDeclarations": [each._asdict() for each in tools]}]
        return self._read(self.call(run, "generateContent", without_nulls(payload)))

    def _read(self, answer: Any) -> Reply:
        from flowrt.formats.jsonwrite import to_json

        candidate = pick(answer, "candidates", 0)
        if not isinstance(candidate, dict):
            blocked = pick(answer, "promptFeedback", "blockReason")
            raise TaskFailure(
                f"Gemini answered nothing{f' (blocked: {blocked})' if blocked else ''}"
            )
        parts = [
            each for each in pick(candidate, "content", "parts") or () if isinstance(each, dict)
        ]
        texts = [str(each["text"]) for each in parts if "text" in each and not each.get("thought")]
        calls = tuple(
            ToolCall(
                f"{each['functionCall'].get('name')}-{index}",
                str(each["functionCall"].get("name")),
                to_json(each["functionCall"].get("args") or {}),
            )
            for index, each in enumerate(parts)
            if isinstance(each.get("functionCall"), dict)
        )
        usage = Usage(
            number(pick(answer, "usageMetadata", "promptTokenCount")),
            number(pick(answer, "usageMetadata", "candidatesTokenCount")),
        )
        ended = "TOOL_EXECUTION" if calls else finish(candidate.get("finishReason"))
        return Reply(
            "".join(texts) if texts else None, calls, ended, usage, answer.get("responseId")
        )

    def embed(self, run: RunContext, texts: list[str]) -> tuple[list[list[float]], Usage]:
        """The meaning of each text."""
        model = f"models/{self.name}"
        requests = [{"model": model, "content": {"parts": [{"text": each}]}} for each in texts]
        answer = self.call(run, "batchEmbedContents", {"requests": requests})
        rows = pick(answer, "embeddings")
        if not isinstance(rows, list) or len(rows) != len(texts):
            raise TaskFailure("Gemini answered without embeddings")
        return [[float(value) for value in each["values"]] for each in rows], Usage()

    def image(self, run: RunContext, prompt: str) -> str:
        raise unsupported(self.service, "make pictures here")


def content_of(run: RunContext, given: Message, names: dict[str, str]) -> dict[str, Any]:
    from flowrt.formats.jsonread import parse_json

    if given.role == "tool":
        response = {"name": names.get(given.call_id, ""), "response": {"result": given.text}}
        return {"role": "user", "parts": [{"functionResponse": response}]}
    parts: list[dict[str, Any]] = [{"text": given.text}] if given.text else []
    for _, address in given.blocks:
        media, data = data_of(run, address)
        parts.append({"inlineData": {"mimeType": media, "data": data}})
    for call in given.calls:
        parts.append(
            {"functionCall": {"name": call.name, "args": parse_json(call.arguments or "{}")}}
        )
    return {"role": "model" if given.role == "assistant" else "user", "parts": parts}
