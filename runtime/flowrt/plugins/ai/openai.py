"""Tasks of OpenAI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from flowrt.model.declare import (
    ANY,
    BOOLEAN,
    DOUBLE,
    INTEGER,
    STRING,
    URI,
    Declared,
    Kind,
    enum,
    listing,
    mapping,
    prop,
    record,
    task_type,
)
from flowrt.model.failures import TaskFailure
from flowrt.plugins.ai.chat import pick
from flowrt.plugins.web import ask, without_nulls
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Mapping, Number, Text

from flowrt.plugins.ai.vendor import VendorTask, count_tokens, schema_of

OPENAI = "https://api.openai.com/v1"


class OpenAiTask(VendorTask):
    """What the tasks of OpenAI share."""

    api_key: Text = prop(STRING)
    user: Text | None = prop(STRING, default=None)
    client_timeout: int = prop(INTEGER, static=True, default=10)

    def _ask(self, run: RunContext, path: str, payload: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {required_text(run, self.api_key)}"}
        return ask(run, "OpenAI", "POST", f"{OPENAI}{path}", headers=headers, json=payload)


class OpenAiMessage(Declared):
    """What was said."""

    role: Text | None = prop(STRING, default=None)
    content: Text | None = prop(STRING, default=None)
    name: Text | None = prop(STRING, default=None)


class Parameter(Declared):
    """A parameter of a function."""

    name: Text = prop(STRING)
    description: Text = prop(STRING)
    type: Text = prop(STRING)
    enum_values: Listing | None = prop(listing(STRING), default=None)
    required: Flag | None = prop(BOOLEAN, default=None)


class Function(Declared):
    """A function that the model may want to be called."""

    name: Text | None = prop(STRING, default=None)
    description: Text | None = prop(STRING, default=None)
    parameters: Listing | None = prop(listing(record(Parameter)), default=None)


def _function(run: RunContext, given: Any) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    needed = []
    for each in given.parameters if isinstance(given.parameters, list) else []:
        name = run.text(each.name) or ""
        described: dict[str, Any] = {
            "type": run.text(each.type),
            "description": run.text(each.description),
        }
        values = run.listing(each.enum_values)
        if values:
            described["enum"] = values
        properties[name] = described
        if run.flag(each.required):
            needed.append(name)
    function = {
        "name": run.text(given.name),
        "description": run.text(given.description),
        "parameters": {"type": "object", "properties": properties, "required": needed},
    }
    return {"type": "function", "function": without_nulls(function)}


@task_type("io.kestra.plugin.openai.ChatCompletion")
class OpenAiChatCompletion(OpenAiTask):
    """Ask a model of OpenAI."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "id": STRING,
        "object": STRING,
        "model": STRING,
        "choices": listing(mapping()),
        "usage": mapping(),
    }

    model: Text = prop(STRING)
    messages: Listing | None = prop(listing(record(OpenAiMessage)), default=None)
    prompt: Text | None = prop(STRING, default=None)
    functions: Listing | None = prop(listing(record(Function)), default=None)
    function_call: Text = prop(STRING, default="auto")
    temperature: Number = prop(DOUBLE, default=1.0)
    top_p: Number | None = prop(DOUBLE, default=None)
    n: Integer = prop(INTEGER, default=1)
    stop: Listing | None = prop(listing(STRING), default=None)
    max_tokens: Integer | None = prop(INTEGER, default=None)
    presence_penalty: Number | None = prop(DOUBLE, default=None)
    frequency_penalty: Number | None = prop(DOUBLE, default=None)
    logit_bias: Mapping | None = prop(mapping(INTEGER), default=None)
    json_response_schema: Text | None = prop(STRING, default=None)
    prompt_caching: Flag | None = prop(BOOLEAN, default=None)

    def _messages(self, run: RunContext) -> list[dict[str, Any]]:
        given: Any = self.messages
        if isinstance(given, list):
            given = [
                {"role": run.text(e.role), "content": run.text(e.content), "name": run.text(e.name)}
                for e in given
            ]
        else:
            given = run.listing(given, ANY) or []
        found = [without_nulls(dict(each)) for each in given]
        if self.prompt is not None:
            found.append({"role": "user", "content": required_text(run, self.prompt)})
        if not found:
            raise TaskFailure("Either `messages` or `prompt` must be set")
        return found

    def _tools(self, run: RunContext) -> dict[str, Any]:
        given = self.functions if isinstance(self.functions, list) else []
        tools = [_function(run, each) for each in given if each.parameters is not None]
        choice = run.text(self.function_call) or "auto"
        if not tools:
            if choice.lower() not in ("auto", "none"):
                raise TaskFailure(
                    f"Cannot specify a function name for `functionCall` ('{choice}') "
                    "when no `functions` are provided."
                )
            return {}
        if choice.lower() in ("auto", "none"):
            return {"tools": tools, "tool_choice": choice.lower()}
        if choice not in [each["function"].get("name") for each in tools]:
            raise TaskFailure(
                f"Requested function '{choice}' for `functionCall` is not provided in `functions` list."
            )
        named = {"type": "function", "function": {"name": choice}}
        return {"tools": tools, "tool_choice": named}

    def _work(self, run: RunContext) -> dict[str, Any]:
        schema = schema_of(run.text(self.json_response_schema))
        form = {"type": "json_schema", "json_schema": {"name": "output", "schema": schema}}
        payload = {
            "model": required_text(run, self.model),
            "messages": self._messages(run),
            "temperature": run.double(self.temperature),
            "top_p": run.double(self.top_p),
            "n": run.integer(self.n),
            "stop": run.listing(self.stop) or None,
            "max_completion_tokens": run.integer(self.max_tokens),
            "presence_penalty": run.double(self.presence_penalty),
            "frequency_penalty": run.double(self.frequency_penalty),
            "logit_bias": run.mapping(self.logit_bias, INTEGER) or None,
            "user": run.text(self.user),
            "response_format": form if schema is not None else None,
            "prompt_cache_retention": "24h" if run.flag(self.prompt_caching) else None,
            **self._tools(run),
        }
        answer = self._ask(run, "/chat/completions", without_nulls(payload))
        usage = pick(answer, "usage")
        if isinstance(usage, dict):
            cached = pick(usage, "prompt_tokens_details", "cached_tokens")
            count_tokens(run, usage.get("prompt_tokens"), usage.get("completion_tokens"), cached)
        return {key: pick(answer, key) for key in ("id", "object", "model", "choices", "usage")}


@task_type("io.kestra.plugin.openai.Responses")
class OpenAiResponses(OpenAiTask):
    """Ask a model of OpenAI by the interface of responses, with its own tools."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "responseId": STRING,
        "outputText": STRING,
        "sources": listing(STRING),
        "rawResponse": mapping(),
    }

    model: Text = prop(STRING)
    input: Any = prop(ANY)
    text: Mapping | None = prop(mapping(), default=None)
    tools: Listing | None = prop(listing(mapping()), default=None)
    tool_choice: Text | None = prop(enum("NONE", "AUTO", "REQUIRED"), default=None)
    store: Flag = prop(BOOLEAN, default=True)
    previous_response_id: Text | None = prop(STRING, default=None)
    reasoning: Mapping | None = prop(mapping(STRING), default=None)
    max_output_tokens: Integer | None = prop(INTEGER, default=None)
    temperature: Number = prop(DOUBLE, default=1.0)
    top_p: Number | None = prop(DOUBLE, default=None)
    parallel_tool_calls: Flag | None = prop(BOOLEAN, default=None)
    prompt_id: Text | None = prop(STRING, default=None)
    prompt_variables: Mapping | None = prop(mapping(STRING), default=None)
    prompt_caching: Flag | None = prop(BOOLEAN, default=None)

    def _work(self, run: RunContext) -> dict[str, Any]:
        prompt = run.text(self.prompt_id)
        variables = run.mapping(self.prompt_variables, STRING)
        parallel = self.parallel_tool_calls
        choice = run.text(self.tool_choice)
        payload = {
            "model": required_text(run, self.model),
            "input": run.structure(self.input),
            "text": run.mapping(self.text),
            "tools": run.listing(self.tools, ANY),
            "tool_choice": (choice or "AUTO").lower(),
            "store": run.flag(self.store, True),
            "previous_response_id": run.text(self.previous_response_id) or None,
            "reasoning": run.mapping(self.reasoning, STRING) or None,
            "max_output_tokens": run.integer(self.max_output_tokens),
            "temperature": run.double(self.temperature),
            "top_p": run.double(self.top_p),
            "parallel_tool_calls": None if parallel is None else run.flag(parallel),
            "prompt": None if prompt is None else {"id": prompt, "variables": variables or {}},
            "prompt_cache_retention": "24h" if run.flag(self.prompt_caching) else None,
            "user": run.text(self.user),
        }
        answer = self._ask(run, "/responses", without_nulls(payload))
        usage = pick(answer, "usage")
        if isinstance(usage, dict):
            cached = pick(usage, "input_tokens_details", "cached_tokens")
            count_tokens(run, usage.get("input_tokens"), usage.get("output_tokens"), cached)
        parts = [
            part
            for item in pick(answer, "output") or ()
            for part in (item.get("content") or () if isinstance(item, dict) else ())
            if isinstance(part, dict) and part.get("type") == "output_text"
        ]
        return {
            "responseId": pick(answer, "id"),
            "outputText": "".join(str(part.get("text", "")) for part in parts),
            "sources": [
                note["url"]
                for part in parts
                for note in part.get("annotations") or ()
                if isinstance(note, dict) and note.get("url")
            ],
            "rawResponse": answer,
        }


_SIZES = {"SMALL": "256x256", "MEDIUM": "512x512", "LARGE": "1024x1024"}


@task_type("io.kestra.plugin.openai.CreateImage")
class OpenAiCreateImage(OpenAiTask):
    """Let a model of OpenAI make pictures."""

    outputs: ClassVar[dict[str, Kind] | None] = {"images": listing(URI)}

    model: Text = prop(STRING, default="gpt-image-1")
    prompt: Text = prop(STRING)
    n: int | None = prop(INTEGER, static=True, default=None)
    size: Text = prop(enum(*_SIZES), default="LARGE")
    quality: Text | None = prop(enum("AUTO", "LOW", "MEDIUM", "HIGH"), default=None)
    download: Flag = prop(BOOLEAN, default=False)

    def _work(self, run: RunContext) -> dict[str, Any]:
        from base64 import b64decode

        quality = run.text(self.quality)
        payload = {
            "model": required_text(run, self.model),
            "prompt": required_text(run, self.prompt),
            "n": self.n,
            "size": _SIZES[run.constant(self.size, enum(*_SIZES)) or "LARGE"],
            "quality": None if quality is None else quality.lower(),
            "user": run.text(self.user),
        }
        answer = self._ask(run, "/images/generations", without_nulls(payload))
        found = []
        for each in pick(answer, "data") or ():
            if each.get("b64_json"):
                found.append(run.put_file(b64decode(each["b64_json"]), "image.png"))
            elif each.get("url"):
                found.append(each["url"])
        return {"images": found}


@task_type("io.kestra.plugin.openai.UploadFile")
class OpenAiUploadFile(OpenAiTask):
    """Give OpenAI a file."""

    outputs: ClassVar[dict[str, Kind] | None] = {"fileId": STRING}

    from_: Text = prop(STRING, yaml="from")
    purpose: Text = prop(STRING)

    def _work(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonread import parse_json
        from flowrt.http.multipart import Part, encode
        from flowrt.plugins.web import exchange

        uri = required_text(run, self.from_)
        parts = [
            Part("purpose", required_text(run, self.purpose).encode()),
            Part("file", run.open_file(uri), uri.rpartition("/")[2]),
        ]
        body, kind = encode(parts)
        headers = {
            "Authorization": f"Bearer {required_text(run, self.api_key)}",
            "Content-Type": kind,
        }
        response = exchange(run, "OpenAI", "POST", f"{OPENAI}/files", headers=headers, body=body)
        return {"fileId": pick(parse_json((response.body or b"").decode()), "id")}
