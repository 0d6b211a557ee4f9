"""Tasks of Anthropic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DOUBLE,
    INTEGER,
    STRING,
    Declared,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.plugins.ai import anthropic_api
from flowrt.plugins.ai.chat import pick
from flowrt.plugins.web import ask, without_nulls
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Number, Text

from flowrt.plugins.ai.vendor import VendorTask, count_tokens


class AnthropicMessage(Declared):
    """What was said."""

    type: Text | None = prop(enum("ASSISTANT", "USER"), default=None)
    content: Text | None = prop(STRING, default=None)


class AnthropicTool(Declared):
    """A tool that the model may want to be called."""

    name: Text | None = prop(STRING, default=None)
    description: Text | None = prop(STRING, default=None)
    input_schema: Any = prop(mapping(), default=None)


@task_type("io.kestra.plugin.anthropic.ChatCompletion")
class AnthropicChatCompletion(VendorTask):
    """Ask a model of Anthropic."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "outputText": STRING,
        "rawResponse": STRING,
        "stopReason": STRING,
        "toolUses": listing(mapping()),
        "cacheCreationInputTokens": INTEGER,
        "cacheReadInputTokens": INTEGER,
    }

    api_key: Text = prop(STRING)
    model: Text = prop(STRING)
    messages: Listing = prop(listing(record(AnthropicMessage)))
    system: Text | None = prop(STRING, default=None)
    max_tokens: Integer = prop(INTEGER, default=1024)
    temperature: Number | None = prop(DOUBLE, default=None)
    top_p: Number | None = prop(DOUBLE, default=None)
    top_k: Integer | None = prop(INTEGER, default=None)
    tools: Listing | None = prop(listing(record(AnthropicTool)), default=None)
    prompt_caching: Flag = prop(BOOLEAN, default=False)

    def _system(self, run: RunContext) -> Any:
        text = run.text(self.system)
        if text is None or not run.flag(self.prompt_caching):
            return text
        return [{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]

    def _tools(self, run: RunContext) -> list[dict[str, Any]] | None:
        given = self.tools if isinstance(self.tools, list) else []
        return [
            {
                "name": run.text(each.name),
                "description": run.text(each.description),
                "input_schema": run.mapping(each.input_schema) or {"type": "object"},
            }
            for each in given
        ] or None

    def _work(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonwrite import to_json

        if isinstance(self.messages, list):
            rows = [
                {"type": run.text(e.type), "content": run.text(e.content)} for e in self.messages
            ]
        else:
            rows = run.listing(self.messages, ANY) or []
        payload = {
            "model": required_text(run, self.model),
            "max_tokens": run.integer(self.max_tokens),
            "messages": [
                {"role": str(e.get("type") or "USER").lower(), "content": e.get("content")}
                for e in rows
            ],
            "system": self._system(run),
            "temperature": run.double(self.temperature),
            "top_p": run.double(self.top_p),
            "top_k": run.integer(self.top_k),
            "tools": self._tools(run),
        }
        answer = ask(
            run,
            "Anthropic",
            "POST",
            f"{anthropic_api.URL}/messages",
            headers=anthropic_api.headers(required_text(run, self.api_key)),
            json=without_nulls(payload),
        )
        reply = anthropic_api.read(answer)
        count_tokens(
            run,
            reply.usage.input,
            reply.usage.output,
            pick(answer, "usage", "cache_read_input_tokens"),
        )
        return {
            "outputText": reply.text,
            "rawResponse": to_json(answer),
            "stopReason": pick(answer, "stop_reason"),
            "toolUses": [
                {"id": each["id"], "name": each["name"], "input": each.get("input")}
                for each in pick(answer, "content") or ()
                if each.get("type") == "tool_use"
            ],
            "cacheCreationInputTokens": pick(answer, "usage", "cache_creation_input_tokens"),
            "cacheReadInputTokens": pick(answer, "usage", "cache_read_input_tokens"),
        }
