"""Bedrock: language models that AWS runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import INTEGER, STRING, Kind, listing, mapping, prop, task_type
from flowrt.model.failures import TaskFailure
from flowrt.plugins.aws.client import AwsTask
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Mapping, Text

ROLES = ("user", "assistant")
MODALITIES, INFERENCES = ("TEXT", "IMAGE", "EMBEDDING"), ("ON_DEMAND", "PROVISIONED")


class ConversationTask(AwsTask):
    """What the tasks share that talk to a model."""

    service: ClassVar[str] = "bedrock-runtime"
    outputs: ClassVar[dict[str, Kind] | None] = {
        "content": STRING,
        "inputTokens": INTEGER,
        "modelId": STRING,
        "outputTokens": INTEGER,
        "stopReason": STRING,
    }

    model_id: Text = prop(STRING)
    messages: Any = prop(listing(mapping(STRING)))
    system: Text | None = prop(STRING, default=None)
    inference_config: Mapping | None = prop(mapping(), default=None)

    def _asked(self, run: RunContext) -> dict[str, Any]:
        given = run.structure(self.messages)
        if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
            raise TaskFailure("messages must be a list of {role, content} maps")
        asked: dict[str, Any] = {
            "modelId": required_text(run, self.model_id),
            "messages": [_message(place, each) for place, each in enumerate(given)],
        }
        system, settings = run.text(self.system), run.mapping(self.inference_config)
        if system is not None and system.strip():
            asked["system"] = [{"text": system}]
        if settings is not None:
            asked["inferenceConfig"] = _settings(settings)
        return asked

    def _told(
        self, asked: dict[str, Any], text: str, reason: str | None, usage: dict[str, Any]
    ) -> dict[str, Any]:
        return {
            "modelId": asked["modelId"],
            "content": text,
            "stopReason": reason,
            "inputTokens": usage.get("inputTokens"),
            "outputTokens": usage.get("outputTokens"),
        }


def _message(place: int, given: dict[str, Any]) -> dict[str, Any]:
    """A message as the interface takes it. Raises TaskFailure for one that nobody says, or that says nothing."""
    role, content = given.get("role"), given.get("content")
    if role is None or not str(role).strip():
        raise TaskFailure(f"Message at index {place} is missing required field 'role'.")
    if str(role).lower() not in ROLES:
        raise TaskFailure(
            f"Message at index {place} has unsupported role '{role}'. Allowed values: 'user', 'assistant'."
        )
    if content is None:
        raise TaskFailure(f"Message at index {place} is missing required field 'content'.")
    return {"role": str(role).lower(), "content": [{"text": str(content)}]}


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    """The settings that Bedrock knows. Raises TaskFailure for values that are none."""
    from decimal import Decimal

    found: dict[str, Any] = {}
    for name, kind, wanted in (
        ("maxTokens", int, "an integer"),
        ("temperature", float, "a number between 0 and 1"),
        ("topP", float, "a number between 0 and 1"),
    ):
        if name not in given:
            continue
        value = given[name]
        if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
            raise TaskFailure(f"inferenceConfig.{name} must be {wanted}, got: {value}")
        found[name] = kind(value)
    if "stopSequences" in given:
        stops = given["stopSequences"]
        if not isinstance(stops, list):
            raise TaskFailure(
                f"inferenceConfig.stopSequences must be a list of strings, got: {stops}"
            )
        found["stopSequences"] = [str(each) for each in stops]
    return found


@task_type("io.kestra.plugin.aws.bedrock.Converse")
class BedrockConverse(ConversationTask):
    """Ask a model, and take its answer as a whole."""

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        asked = self._asked(run)
        found = client.converse(**asked)
        blocks = found["output"]["message"]["content"]
        text = next((each["text"] for each in blocks if "text" in each), "")
        return self._told(asked, text, found.get("stopReason"), found.get("usage") or {})


@task_type("io.kestra.plugin.aws.bedrock.ConverseStream")
class BedrockConverseStream(ConversationTask):
    """Ask a model, and take its answer as it comes."""

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        asked, texts, reason = self._asked(run), [], None
        usage: dict[str, Any] = {"inputTokens": 0, "outputTokens": 0}
        stream = client.converse_stream(**asked)["stream"]
        run.on_kill(stream.close)
        for event in stream:
            if "contentBlockDelta" in event:
                texts.append(event["contentBlockDelta"].get("delta", {}).get("text") or "")
            elif "messageStop" in event:
                reason = event["messageStop"].get("stopReason")
            elif "metadata" in event:
                usage |= event["metadata"].get("usage") or {}
        return self._told(asked, "".join(texts), reason, usage)


@task_type("io.kestra.plugin.aws.bedrock.InvokeModel")
class BedrockInvokeModel(AwsTask):
    """Ask a model in its own terms."""

    service: ClassVar[str] = "bedrock-runtime"
    outputs: ClassVar[dict[str, Kind] | None] = {"body": mapping(), "modelId": STRING}

    model_id: Text = prop(STRING)
    body: Mapping = prop(mapping())

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        from flowrt.formats.jsonread import parse_json
        from flowrt.formats.jsonwrite import to_json

        model, data = (
            required_text(run, self.model_id),
            to_json(run.mapping(self.body) or {}).encode(),
        )
        run.log("DEBUG", f"Invoking Bedrock model '{model}', request size={len(data)} bytes")
        kind = "application/json"
        found = client.invoke_model(modelId=model, body=data, contentType=kind, accept=kind)
        said = found["body"].read()
        run.log("DEBUG", f"Bedrock model '{model}' responded, response size={len(said)} bytes")
        body = parse_json(said.decode("utf-8", "replace"))
        if not isinstance(body, dict):
            raise TaskFailure(f"The model '{model}' answered with no map")
        return {"modelId": model, "body": body}


@task_type("io.kestra.plugin.aws.bedrock.ListFoundationModels")
class BedrockListFoundationModels(AwsTask):
    """The models that there are."""

    service: ClassVar[str] = "bedrock"
    outputs: ClassVar[dict[str, Kind] | None] = {"models": listing(mapping())}

    by_provider: Text | None = prop(STRING, default=None)
    by_output_modality: Text | None = prop(STRING, default=None)
    by_inference_type: Text | None = prop(STRING, default=None)

    def _work(self, run: RunContext, client: Any) -> dict[str, Any]:
        asked = {
            "byProvider": run.text(self.by_provider),
            "byOutputModality": run.text(self.by_output_modality),
            "byInferenceType": run.text(self.by_inference_type),
        }
        for name, values in (("byOutputModality", MODALITIES), ("byInferenceType", INFERENCES)):
            if asked[name] is not None and asked[name] not in values:
                raise TaskFailure(
                    f"{name} '{asked[name]}' is not valid. Valid values: {', '.join(values)}."
                )
        given = {key: value for key, value in asked.items() if value is not None}
        found = client.list_foundation_models(**given).get("modelSummaries") or ()
        return {"models": [_model(each) for each in found]}


def _model(found: dict[str, Any]) -> dict[str, Any]:
    names = ("modelId", "modelName", "providerName")
    lists = (
        *("outputModalities", "inputModalities"),
        *("inferenceTypesSupported", "customizationsSupported"),
    )
    return {
        **{name: found.get(name, "") for name in names},
        **{name: found.get(name) or [] for name in lists},
        "responseStreamingSupported": found.get("responseStreamingSupported"),
    }
