"""Tasks of further services: DeepSeek, Mistral, Perplexity, Hugging Face."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DOUBLE,
    INTEGER,
    STRING,
    Kind,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.plugins.ai.chat import pick
from flowrt.plugins.web import ask, without_nulls
from flowrt.tasks.http_client import HttpOptions
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Number, Text

from flowrt.plugins.ai.vendor import ChatMessage, VendorTask, said, schema_of


class CompatibleTask(VendorTask):
    """What the tasks of services share that answer as OpenAI does."""

    service: ClassVar[str] = ""
    outputs: ClassVar[dict[str, Kind] | None] = {"response": STRING, "raw": STRING}

    api_key: Text = prop(STRING)
    model_name: Text = prop(STRING)
    base_url: Text = prop(STRING, default="")
    messages: Listing = prop(listing(record(ChatMessage)))
    json_response_schema: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonwrite import to_json

        schema = schema_of(run.text(self.json_response_schema))
        form = {"type": "json_schema", "json_schema": {"name": "output", "schema": schema}}
        payload = {
            "model": required_text(run, self.model_name),
            "messages": [{"role": e.role, "content": e.text} for e in said(run, self.messages)],
            "response_format": form if schema is not None else None,
        }
        url = f"{(run.text(self.base_url) or '').rstrip('/')}/chat/completions"
        headers = {"Authorization": f"Bearer {required_text(run, self.api_key)}"}
        answer = ask(run, self.service, "POST", url, headers=headers, json=without_nulls(payload))
        return {
            "response": pick(answer, "choices", 0, "message", "content"),
            "raw": to_json(answer),
        }


@task_type("io.kestra.plugin.deepseek.ChatCompletion")
class DeepSeekChatCompletion(CompatibleTask):
    """Ask a model of DeepSeek."""

    service = "DeepSeek"

    base_url: Text = prop(STRING, default="https://api.deepseek.com/v1")


@task_type("io.kestra.plugin.mistral.ChatCompletion")
class MistralChatCompletion(CompatibleTask):
    """Ask a model of Mistral."""

    service = "Mistral"

    base_url: Text = prop(STRING, default="https://api.mistral.ai/v1")


PERPLEXITY = "https://api.perplexity.ai"


@task_type("io.kestra.plugin.perplexity.ChatCompletion")
class PerplexityChatCompletion(VendorTask):
    """Ask Perplexity, which searches the web."""

    outputs: ClassVar[dict[str, Kind] | None] = {"outputText": STRING, "rawResponse": STRING}

    api_key: Text = prop(STRING)
    model: Text = prop(STRING)
    messages: Listing = prop(listing(record(ChatMessage)))
    temperature: Number = prop(DOUBLE, default=0.2)
    top_p: Number = prop(DOUBLE, default=0.9)
    top_k: Integer = prop(INTEGER, default=0)
    max_tokens: Integer | None = prop(INTEGER, default=None)
    presence_penalty: Number = prop(DOUBLE, default=0.0)
    frequency_penalty: Number = prop(DOUBLE, default=0.0)
    stream: Flag = prop(BOOLEAN, default=False, ignored=True)
    json_response_schema: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonwrite import to_json

        schema = schema_of(run.text(self.json_response_schema))
        form = {"type": "json_schema", "json_schema": {"schema": schema}}
        payload = {
            "model": required_text(run, self.model),
            "messages": [{"role": e.role, "content": e.text} for e in said(run, self.messages)],
            "temperature": run.double(self.temperature),
            "top_p": run.double(self.top_p),
            "top_k": run.integer(self.top_k),
            "max_tokens": run.integer(self.max_tokens),
            "presence_penalty": run.double(self.presence_penalty),
            "frequency_penalty": run.double(self.frequency_penalty),
            "response_format": form if schema is not None else None,
        }
        headers = {"Authorization": f"Bearer {required_text(run, self.api_key)}"}
        url = f"{PERPLEXITY}/chat/completions"
        answer = ask(run, "Perplexity", "POST", url, headers=headers, json=without_nulls(payload))
        return {
            "outputText": pick(answer, "choices", 0, "message", "content"),
            "rawResponse": to_json(answer),
        }


@task_type("io.kestra.plugin.huggingface.Inference")
class HuggingFaceInference(VendorTask):
    """Run a model of Hugging Face."""

    outputs: ClassVar[dict[str, Kind] | None] = {"output": ANY}

    api_key: Text = prop(STRING)
    model: Text = prop(STRING)
    inputs: Text = prop(STRING)
    parameters: Mapping | None = prop(mapping(), default=None)
    endpoint: Text = prop(STRING, default="https://api-inference.huggingface.co/models")
    use_cache: Flag = prop(BOOLEAN, default=True)
    wait_for_model: Flag = prop(BOOLEAN, default=False)
    options: HttpOptions | None = prop(record(HttpOptions), default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        url = f"{(run.text(self.endpoint) or '').rstrip('/')}/{required_text(run, self.model)}"
        headers = {
            "Authorization": f"Bearer {required_text(run, self.api_key)}",
            "x-use-cache": str(run.flag(self.use_cache, True)).lower(),
            "x-wait-for-model": str(run.flag(self.wait_for_model)).lower(),
        }
        payload: dict[str, Any] = {"inputs": required_text(run, self.inputs)}
        parameters = run.mapping(self.parameters)
        if parameters:
            payload["parameters"] = parameters
        answer = ask(
            run, "Hugging Face", "POST", url, headers=headers, json=payload, options=self.options
        )
        return {"output": answer}
