"""Models of Vertex AI: texts and chats are completed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    BOOLEAN,
    DOUBLE,
    INTEGER,
    STRING,
    Declared,
    Kind,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.plugins.google.cloud import CloudTask
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Integer, Number, Text
    from flowrt.plugins.google.auth import Google

ADDRESS = "https://{region}-aiplatform.googleapis.com/v1"
COUNTS = {
    "candidate.token.count": "candidatesTokenCount",
    "prompt.token.count": "promptTokenCount",
    "total.token.count": "totalTokenCount",
}


class ModelParameter(Declared):
    """How a model answers."""

    temperature: Number = prop(DOUBLE, default=0.2)
    max_output_tokens: Integer = prop(INTEGER, default=128)
    top_k: Integer = prop(INTEGER, default=40)
    top_p: Number = prop(DOUBLE, default=0.95)


class Message(Declared):
    """A message of a chat."""

    content: Text = prop(STRING)
    author: Text | None = prop(STRING, default=None, ignored=True)


class Example(Declared):
    """A question and its answer; models no longer take any."""

    input: Text = prop(STRING)
    output: Text = prop(STRING)


class VertexTask(CloudTask):
    """What the tasks share: a model, and how it is asked."""

    region: Text = prop(STRING)
    model_id: Text = prop(STRING, default="gemini-pro")
    parameters: ModelParameter | None = prop(record(ModelParameter), default=None)

    def _generate(self, run: RunContext, google: Google, contents: list[Any]) -> dict[str, Any]:
        """What a model answers to what was said so far."""
        given = self.parameters or ModelParameter()
        region = required_text(run, self.region)
        place = f"projects/{self._project(run, google)}/locations/{region}"
        model = f"{place}/publishers/google/models/{required_text(run, self.model_id)}"
        found: dict[str, Any] = google.ask(
            "POST",
            f"{ADDRESS.format(region=region)}/{model}:generateContent",
            json={
                "contents": contents,
                "generationConfig": {
                    "temperature": run.double(given.temperature),
                    "maxOutputTokens": run.integer(given.max_output_tokens),
                    "topK": run.integer(given.top_k),
                    "topP": run.double(given.top_p),
                },
            },
        )
        return found


def said(text: str | None) -> dict[str, Any]:
    """A text as a part of a chat."""
    return {"role": "user", "parts": [{"text": text or ""}]}


def measure(run: RunContext, answers: list[dict[str, Any]]) -> None:
    """Count the tokens of answers."""
    used = [each.get("usageMetadata") or {} for each in answers]
    for name, key in COUNTS.items():
        run.metric("counter", name, sum(int(each.get(key) or 0) for each in used))


def first_of(answer: dict[str, Any]) -> dict[str, Any]:
    """The first candidate of an answer; an empty one when there is none."""
    found: dict[str, Any] = next(iter(answer.get("candidates") or ()), {})
    return found


def text_of_candidate(candidate: dict[str, Any]) -> str:
    """The first text of an answer."""
    parts = (candidate.get("content") or {}).get("parts") or [{}]
    return str(parts[0].get("text") or "")


def predictions(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers as the tasks put them out."""
    return [_prediction(each) for answer in answers for each in answer.get("candidates") or ()]


def _prediction(candidate: dict[str, Any]) -> dict[str, Any]:
    ratings = candidate.get("safetyRatings") or []
    about = candidate.get("citationMetadata") or {}
    sources = about.get("citations") or about.get("citationSources") or []
    return {
        "safetyAttributes": {
            "scores": [float(each.get("severityScore") or 0) for each in ratings],
            "categories": [each.get("category") for each in ratings],
            "blocked": any(each.get("blocked") for each in ratings),
        },
        "citationMetadata": {"citations": [{"citations": [each.get("title") or ""]} for each in sources]},
        "content": text_of_candidate(candidate),
    }  # fmt: skip


@task_type("io.kestra.plugin.gcp.vertexai.TextCompletion")
class VertexaiTextCompletion(VertexTask):
    """What a model makes of a prompt."""

    outputs: ClassVar[dict[str, Kind] | None] = {"predictions": listing(mapping())}

    prompt: Text = prop(STRING)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        found = self._generate(run, google, [said(required_text(run, self.prompt))])
        measure(run, [found])
        return {"predictions": predictions([found])}


@task_type("io.kestra.plugin.gcp.vertexai.ChatCompletion")
class VertexaiChatCompletion(VertexTask):
    """What a model answers to messages, one after the other."""

    outputs: ClassVar[dict[str, Kind] | None] = {"predictions": listing(mapping())}

    context: Text | None = prop(STRING, default=None)
    examples: list[Example] | None = prop(listing(record(Example)), default=None, ignored=True)
    messages: list[Message] = prop(listing(record(Message)))
    history: list[Message] | None = prop(listing(record(Message)), default=None)

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        chat = [said(run.text(each.content)) for each in self.history or ()]

        def tell(text: str | None) -> dict[str, Any]:
            chat.append(said(text))
            found = self._generate(run, google, chat)
            first = first_of(found)
            if first.get("content"):
                chat.append(first["content"])
            return found

        if self.context is not None:
            tell(run.text(self.context))
        answers = [tell(run.text(each.content)) for each in self.messages]
        measure(run, answers)
        return {"predictions": predictions(answers)}


class Content(Declared):
    """A text, or a stored file of a kind."""

    content: Text = prop(STRING)
    mime_type: Text | None = prop(STRING, default=None)


@task_type("io.kestra.plugin.gcp.vertexai.MultimodalCompletion")
class VertexaiMultimodalCompletion(VertexTask):
    """What a model makes of texts and pictures together."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "blocked": BOOLEAN,
        "finishReason": STRING,
        "safetyRatings": listing(mapping()),
        "text": STRING,
    }

    contents: list[Content] = prop(listing(record(Content)))

    def _work(self, run: RunContext, google: Google) -> dict[str, Any]:
        parts = [self._part(run, each) for each in self.contents]
        found = self._generate(run, google, [{"role": "user", "parts": parts}])
        measure(run, [found])
        first = first_of(found)
        reason = first.get("finishReason")
        return {
            "text": text_of_candidate(first) or None,
            "finishReason": reason,
            "blocked": reason == "SAFETY" or bool((found.get("promptFeedback") or {}).get("blockReason")),
            "safetyRatings": [
                {
                    "category": each.get("category"),
                    "probability": each.get("probability"),
                    "blocked": bool(each.get("blocked")),
                }
                for each in first.get("safetyRatings") or ()
            ],
        }  # fmt: skip

    def _part(self, run: RunContext, given: Content) -> dict[str, Any]:
        from base64 import b64encode

        text, kind = required_text(run, given.content), run.text(given.mime_type)
        if kind is None:
            return {"text": text}
        if text.startswith("gs://"):
            return {"fileData": {"fileUri": text, "mimeType": kind}}
        return {"inlineData": {"data": b64encode(run.open_file(text)).decode(), "mimeType": kind}}
