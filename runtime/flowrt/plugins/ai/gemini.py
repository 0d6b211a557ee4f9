"""Tasks of Google's Gemini."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    STRING,
    Declared,
    Kind,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.plugins.ai.chat import pick
from flowrt.plugins.ai.gemini_api import GeminiModel, content_of
from flowrt.plugins.web import without_nulls
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Listing, Text

from flowrt.plugins.ai.vendor import ChatMessage, VendorTask, said, schema_of


class GeminiTask(VendorTask):
    """What the tasks of Gemini share."""

    outputs: ClassVar[dict[str, Kind] | None] = {"predictions": listing(mapping())}

    api_key: Text = prop(STRING)
    model: Text = prop(STRING)

    def _payload(self, run: RunContext) -> dict[str, Any]:
        raise NotImplementedError

    def _answer(self, run: RunContext) -> Any:
        model = GeminiModel(required_text(run, self.api_key), required_text(run, self.model))
        return model.call(run, "generateContent", self._payload(run))

    def _work(self, run: RunContext) -> dict[str, Any]:
        return {
            "predictions": [
                without_nulls(
                    {
                        "content": _text(each),
                        "safetyRatings": each.get("safetyRatings"),
                        "citationMetadata": each.get("citationMetadata"),
                    }
                )
                for each in pick(self._answer(run), "candidates") or ()
            ]
        }


def _text(candidate: Any) -> str:
    parts = pick(candidate, "content", "parts") or ()
    return "".join(str(each.get("text", "")) for each in parts if not each.get("thought"))


@task_type("io.kestra.plugin.gemini.TextCompletion")
class GeminiTextCompletion(GeminiTask):
    """Give Gemini a prompt."""

    prompt: Text = prop(STRING)

    def _payload(self, run: RunContext) -> dict[str, Any]:
        return {
            "contents": [{"role": "user", "parts": [{"text": required_text(run, self.prompt)}]}]
        }


@task_type("io.kestra.plugin.gemini.ChatCompletion")
class GeminiChatCompletion(GeminiTask):
    """Converse with Gemini."""

    messages: Listing = prop(listing(record(ChatMessage)))

    def _payload(self, run: RunContext) -> dict[str, Any]:
        messages = said(run, self.messages)
        system = "\n".join(each.text for each in messages if each.role == "system")
        found: dict[str, Any] = {
            "contents": [content_of(run, each, {}) for each in messages if each.role != "system"]
        }
        if system:
            found["systemInstruction"] = {"parts": [{"text": system}]}
        return found


@task_type("io.kestra.plugin.gemini.StructuredOutputCompletion")
class GeminiStructuredOutputCompletion(GeminiTask):
    """Let Gemini answer with JSON of a schema."""

    outputs: ClassVar[dict[str, Kind] | None] = {"predictions": listing(STRING)}

    prompt: Text = prop(STRING)
    json_response_schema: Text = prop(STRING)

    def _payload(self, run: RunContext) -> dict[str, Any]:
        schema = schema_of(required_text(run, self.json_response_schema))
        return {
            "contents": [{"role": "user", "parts": [{"text": required_text(run, self.prompt)}]}],
            "generationConfig": {
                "responseMimeType": "application/json",
                "responseJsonSchema": schema,
            },
        }

    def _work(self, run: RunContext) -> dict[str, Any]:
        found = pick(self._answer(run), "candidates") or ()
        return {"predictions": [_text(each) for each in found]}


class Content(Declared):
    """A text, or a stored file of a media type."""

    content: Text = prop(STRING)
    mime_type: Text | None = prop(STRING, default=None)
    role: Text = prop(STRING, default="user")


@task_type("io.kestra.plugin.gemini.MultimodalCompletion")
class GeminiMultimodalCompletion(GeminiTask):
    """Give Gemini texts, pictures, sounds."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "text": STRING,
        "finishReason": STRING,
        "blocked": BOOLEAN,
        "safetyRatings": listing(mapping()),
        "images": listing(mapping()),
    }

    contents: Listing = prop(listing(record(Content)))

    def _payload(self, run: RunContext) -> dict[str, Any]:
        from base64 import b64encode

        found = []
        for each in self.contents if isinstance(self.contents, list) else []:
            kind, text = run.text(each.mime_type), run.text(each.content) or ""
            part: dict[str, Any] = {"text": text}
            if kind is not None:
                data = b64encode(run.open_file(text)).decode()
                part = {"inlineData": {"mimeType": kind, "data": data}}
            found.append({"role": run.text(each.role), "parts": [part]})
        return {"contents": found}

    def _work(self, run: RunContext) -> dict[str, Any]:
        from base64 import b64decode

        answer = self._answer(run)
        candidate = pick(answer, "candidates", 0) or {}
        images = []
        for part in pick(candidate, "content", "parts") or ():
            data = part.get("inlineData")
            if isinstance(data, dict):
                uri = run.put_file(b64decode(data.get("data") or ""), "image")
                images.append({"mimeType": data.get("mimeType"), "uri": uri})
        return {
            "text": _text(candidate),
            "finishReason": candidate.get("finishReason"),
            "blocked": pick(answer, "promptFeedback", "blockReason") is not None,
            "safetyRatings": candidate.get("safetyRatings"),
            "images": images,
        }
