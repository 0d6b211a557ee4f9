"""The tasks that converse with the model of a provider."""

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
from flowrt.model.task import Task
from flowrt.plugins.ai import assistant
from flowrt.plugins.ai.chat import Message, Settings
from flowrt.plugins.ai.providers import kind_of, model_of, rendered
from flowrt.plugins.ai.rag import EmbeddingStore, Segment, retrieve
from flowrt.plugins.ai.tools import WebSearch, tools_of
from flowrt.tasks.storage import required_text

if TYPE_CHECKING:
    from flowrt.model.context import RunContext
    from flowrt.model.declare import Flag, Integer, Listing, Number, Text

USAGE = mapping(INTEGER)
CHAT_OUTPUTS: dict[str, Kind] = {
    "textOutput": STRING,
    "jsonOutput": mapping(),
    "tokenUsage": USAGE,
    "finishReason": STRING,
    "toolExecutions": listing(mapping()),
    "intermediateResponses": listing(mapping()),
    "requestDuration": INTEGER,
    "sources": listing(mapping()),
    "thinking": STRING,
    "outputFiles": mapping(URI),
    "guardrailViolated": BOOLEAN,
    "guardrailViolationMessage": STRING,
}
FORMATS = enum("TEXT", "JSON")


class ResponseFormat(Declared):
    """Text, or JSON, perhaps of a schema."""

    type: Text = prop(FORMATS, default="TEXT")
    json_schema: Any = prop(mapping(), default=None)
    json_schema_description: Text | None = prop(STRING, default=None)
    strict_json: Flag = prop(BOOLEAN, default=False)


class Configuration(Declared):
    """How the model answers."""

    temperature: Number | None = prop(DOUBLE, default=None)
    top_k: Integer | None = prop(INTEGER, default=None)
    top_p: Number | None = prop(DOUBLE, default=None)
    seed: Integer | None = prop(INTEGER, default=None)
    max_token: Integer | None = prop(INTEGER, default=None)
    response_format: ResponseFormat | None = prop(record(ResponseFormat), default=None)
    thinking_enabled: Flag | None = prop(BOOLEAN, default=None)
    thinking_budget_tokens: Integer | None = prop(INTEGER, default=None)
    return_thinking: Flag | None = prop(BOOLEAN, default=None)
    log_requests: Flag | None = prop(BOOLEAN, default=None, ignored=True)
    log_responses: Flag | None = prop(BOOLEAN, default=None, ignored=True)
    prompt_caching: Flag | None = prop(BOOLEAN, default=None, ignored=True)


def settings_of(run: RunContext, given: Configuration | None) -> Settings:
    """The rendered configuration of a task."""
    if given is None:
        return Settings()
    form = given.response_format or ResponseFormat()
    thinking = run.integer(given.thinking_budget_tokens)
    return Settings(
        temperature=run.double(given.temperature),
        top_p=run.double(given.top_p),
        top_k=run.integer(given.top_k),
        seed=run.integer(given.seed),
        max_tokens=run.integer(given.max_token),
        json=run.constant(form.type, FORMATS) == "JSON",
        schema=run.mapping(form.json_schema),
        strict=run.flag(form.strict_json),
        thinking=thinking if run.flag(given.thinking_enabled) else None,
    )


class ChatMessage(Declared):
    """What was said before."""

    type: Text | None = prop(enum("SYSTEM", "AI", "USER"), default=None)
    content: Text | None = prop(STRING, default=None)
    content_blocks: Any = prop(ANY, default=None)


ROLES = {"SYSTEM": "system", "AI": "assistant", "USER": "user"}


def blocks_of(run: RunContext, given: Any) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The texts of the blocks of a message, and its pictures and documents."""
    texts, found = [], []
    for block in run.structure(given) or ():
        kind = str(block.get("type", "TEXT"))
        if kind == "TEXT":
            texts.append(str(block.get("text") or ""))
        else:
            found.append((kind, str(block.get("uri") or "")))
    return "\n".join(texts), tuple(found)


def messages_of(run: RunContext, given: Any) -> list[Message]:
    """The messages of a task: a list of objects, or an expression of one. Raises TaskFailure."""
    if isinstance(given, list):
        rows = [
            {
                "type": run.text(each.type),
                "content": run.text(each.content),
                "contentBlocks": each.content_blocks,
            }
            for each in given
        ]
    else:
        rows = run.listing(given, ANY) or []
    found = []
    for row in rows:
        text, blocks = blocks_of(run, row.get("contentBlocks"))
        role = ROLES.get(str(row.get("type")))
        if role is None:
            raise TaskFailure("the type of a message is SYSTEM, AI or USER")
        found.append(Message(role, str(row.get("content") or text), blocks=blocks))
    return found


class AiTask(Task):
    """What the tasks of providers share."""

    provider: Any = prop(ANY)
    configuration: Configuration | None = prop(record(Configuration), default=None)
    guardrails: Any = prop(ANY, default=None)

    async def run(self, run: RunContext) -> dict[str, Any]:
        found: dict[str, Any] = await run.in_thread(lambda: self._converse(run))
        return found

    def _converse(self, run: RunContext) -> dict[str, Any]:
        raise NotImplementedError


@task_type(
    "io.kestra.plugin.ai.completion.ChatCompletion",
    "io.kestra.plugin.langchain4j.ChatCompletion",
    "io.kestra.plugin.langchain4j.completion.ChatCompletion",
)
class ChatCompletion(AiTask):
    """Ask the model of a provider."""

    outputs: ClassVar[dict[str, Kind] | None] = {**CHAT_OUTPUTS, "aiResponse": STRING}

    messages: Listing = prop(listing(record(ChatMessage)))
    tools: Any = prop(ANY, default=None)
    observability: Any = prop(ANY, default=None, ignored=True)

    def _converse(self, run: RunContext) -> dict[str, Any]:
        messages = messages_of(run, self.messages)
        if sum(each.role == "system" for each in messages) > 1:
            raise TaskFailure("Only one system message is allowed")
        if not messages or messages[-1].role != "user":
            raise TaskFailure("The last message must be a user message")
        broken = assistant.violation(run, self.guardrails, "input", messages[-1].text)
        if broken is not None:
            return assistant.violated(broken)
        settings = settings_of(run, self.configuration)
        ended = assistant.converse(
            run, model_of(run, self.provider), messages, settings, tools_of(run, self.tools)
        )
        broken = assistant.violation(run, self.guardrails, "output", ended.reply.text or "")
        if broken is not None:
            return assistant.violated(broken)
        found = assistant.outputs(run, ended, settings)
        return {**found, "aiResponse": found["textOutput"]}


class Prompted(AiTask):
    """What the tasks of one question share."""

    prompt: Text | None = prop(STRING, default=None)
    content_blocks: Any = prop(ANY, default=None)

    def _ask(self, run: RunContext, system: str, settings: Settings) -> Any:
        text, blocks = blocks_of(run, self.content_blocks)
        prompt = run.text(self.prompt)
        if prompt is None and not text and not blocks:
            raise TaskFailure("Either `prompt` or `contentBlocks` must be provided")
        broken = assistant.violation(run, self.guardrails, "input", prompt or text)
        if broken is not None:
            return broken
        messages = [
            Message("system", system),
            Message("user", prompt if prompt is not None else text, blocks=blocks),
        ]
        ended = assistant.converse(run, model_of(run, self.provider), messages, settings, [])
        assistant.outputs(run, ended, settings._replace(json=False))
        broken = assistant.violation(run, self.guardrails, "output", ended.reply.text or "")
        return ended if broken is None else broken


@task_type(
    "io.kestra.plugin.ai.completion.Classification",
    "io.kestra.plugin.langchain4j.Classification",
    "io.kestra.plugin.langchain4j.completion.Classification",
)
class Classification(Prompted):
    """Let a model choose one of several classes for a text."""

    adds_variables: ClassVar[bool] = True
    outputs: ClassVar[dict[str, Kind] | None] = {
        "classification": STRING,
        "tokenUsage": USAGE,
        "finishReason": STRING,
        "guardrailViolated": BOOLEAN,
        "guardrailViolationMessage": STRING,
    }

    classes: Listing = prop(listing(STRING))
    system_message: Text | None = prop(STRING, default=None)

    def _converse(self, run: RunContext) -> dict[str, Any]:
        from flowrt.formats.jsonwrite import to_json

        classes = [str(each) for each in run.listing(self.classes) or []]
        system = (
            run.text_with(self.system_message, {"classes": classes})
            if self.system_message
            else None
        )
        if system is None:
            system = (
                "Respond by only one of the following classes by typing just the exact class name: "
                + to_json(classes)
            )
        ended = self._ask(run, system, settings_of(run, self.configuration))
        if isinstance(ended, str):
            return assistant.violated(ended)
        return {
            "classification": ended.reply.text,
            "tokenUsage": ended.usage.document,
            "finishReason": ended.reply.finish,
            "guardrailViolated": False,
        }


@task_type(
    "io.kestra.plugin.ai.completion.JSONStructuredExtraction",
    "io.kestra.plugin.langchain4j.JSONStructuredExtraction",
    "io.kestra.plugin.langchain4j.completion.JSONStructuredExtraction",
)
class JSONStructuredExtraction(Prompted):
    """Let a model find the values of fields in a text."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "schemaName": STRING,
        "extractedJson": STRING,
        "tokenUsage": USAGE,
        "finishReason": STRING,
        "guardrailViolated": BOOLEAN,
        "guardrailViolationMessage": STRING,
    }

    schema_name: Text = prop(STRING)
    json_fields: Listing = prop(listing(STRING))
    system_message: Text = prop(
        STRING,
        default="You are a structured JSON extraction assistant. Always respond with valid JSON.",
    )

    def _converse(self, run: RunContext) -> dict[str, Any]:
        name = required_text(run, self.schema_name)
        fields = [str(each) for each in run.listing(self.json_fields) or []]
        schema = {
            "type": "object",
            "properties": {each: {"type": "string"} for each in fields},
            "required": fields,
            "additionalProperties": False,
        }
        settings = settings_of(run, self.configuration)._replace(
            json=True, schema=schema, schema_name=name
        )
        ended = self._ask(run, run.text(self.system_message) or "", settings)
        if isinstance(ended, str):
            return assistant.violated(ended)
        return {
            "schemaName": name,
            "extractedJson": ended.reply.text,
            "tokenUsage": ended.usage.document,
            "finishReason": ended.reply.finish,
            "guardrailViolated": False,
        }


@task_type(
    "io.kestra.plugin.ai.completion.ImageGeneration",
    "io.kestra.plugin.langchain4j.ImageGeneration",
    "io.kestra.plugin.langchain4j.completion.ImageGeneration",
)
class ImageGeneration(Task):
    """Let a model make a picture."""

    outputs: ClassVar[dict[str, Kind] | None] = {
        "imageUrl": STRING,
        "tokenUsage": USAGE,
        "finishReason": STRING,
    }

    provider: Any = prop(ANY)
    prompt: Text = prop(STRING)

    async def run(self, run: RunContext) -> dict[str, Any]:
        prompt = required_text(run, self.prompt)
        url = await run.in_thread(lambda: model_of(run, self.provider).image(run, prompt))
        return {"imageUrl": url}


def sources_of(run: RunContext, given: Any, query: str) -> list[Segment]:
    """What the retrievers of a task find about a question. Raises TaskFailure for one that is not available."""
    found: list[Segment] = []
    for each in given if isinstance(given, list) else run.listing(given, ANY) or []:
        retriever = rendered(run, each, "contentRetrievers")
        kind, most = kind_of(retriever), int(retriever.get("maxResults") or 3)
        if kind in ("TavilyWebSearch", "GoogleCustomWebSearch"):
            pages = WebSearch(retriever, most).search(run, query)
            found += [Segment(page["text"], {"url": page["url"]}) for page in pages]
        elif kind == "EmbeddingStoreRetriever":
            store = EmbeddingStore(run, retriever.get("embeddings"))
            model = model_of(run, retriever.get("embeddingProvider"))
            least = float(retriever.get("minScore") or 0.0)
            found += retrieve(run, model, store, query, most, least)
        else:
            raise TaskFailure(f"the retriever {kind} is not available here")
    return found


def augmented(prompt: str, sources: list[Segment]) -> str:
    """A question with what was found about it."""
    if not sources:
        return prompt
    texts = "\n\n".join(each.text for each in sources)
    return f"{prompt}\n\nAnswer using the following information:\n{texts}"


class Answering(Task):
    """What agents and answers from documents share."""

    prompt: Text = prop(STRING)
    system_message: Text | None = prop(STRING, default=None)
    tools: Any = prop(ANY, default=None)
    memory: Any = prop(ANY, default=None)
    content_retrievers: Any = prop(ANY, default=None)
    guardrails: Any = prop(ANY, default=None)

    def _answer(
        self,
        run: RunContext,
        provider: Any,
        configuration: Configuration | None,
        sources: list[Segment],
        limit: int | None = None,
    ) -> dict[str, Any]:
        from flowrt.plugins.ai.memory import Memory

        prompt = required_text(run, self.prompt)
        broken = assistant.violation(run, self.guardrails, "input", prompt)
        if broken is not None:
            return assistant.violated(broken)
        sources = [*sources, *sources_of(run, self.content_retrievers, prompt)]
        settings = settings_of(run, configuration)
        system = run.text(self.system_message)
        memory = Memory(run, self.memory) if self.memory is not None else None
        messages = [Message("system", system)] if system is not None else []
        messages += memory.messages if memory is not None else []
        messages.append(Message("user", augmented(prompt, sources)))
        ended = assistant.converse(
            run, model_of(run, provider), messages, settings, tools_of(run, self.tools), limit
        )
        if memory is not None:
            memory.keep(run, ended.messages)
        broken = assistant.violation(run, self.guardrails, "output", ended.reply.text or "")
        if broken is not None:
            return assistant.violated(broken)
        found = assistant.outputs(run, ended, settings)
        found["sources"] = [{"content": s.text, "metadata": s.metadata} for s in sources]
        return found


@task_type("io.kestra.plugin.ai.agent.AIAgent")
class AIAgent(Answering):
    """Let a model work on a task with tools, memory and retrieved documents."""

    adds_variables: ClassVar[bool] = True
    outputs: ClassVar[dict[str, Kind] | None] = CHAT_OUTPUTS

    provider: Any = prop(ANY)
    configuration: Configuration | None = prop(record(Configuration), default=None)
    max_sequential_tools_invocations: Integer | None = prop(INTEGER, default=None)
    output_files: Listing | None = prop(listing(STRING), default=None)
    observability: Any = prop(ANY, default=None, ignored=True)

    async def run(self, run: RunContext) -> dict[str, Any]:
        from flowrt.services.folders import collect_outputs

        if self.output_files is not None:
            run.variables["workingDir"] = str(run.working_dir)
        limit = run.integer(self.max_sequential_tools_invocations)
        found = await run.in_thread(
            lambda: self._answer(run, self.provider, self.configuration, [], limit)
        )
        patterns = run.listing(self.output_files) or []
        files = (
            await run.in_thread(lambda: collect_outputs(run, run.working_dir, patterns))
            if patterns
            else {}
        )
        return {**found, "outputFiles": files}


class RetrieverConfiguration(Declared):
    """How much is retrieved."""

    max_results: int = prop(INTEGER, static=True, default=3)
    min_score: float = prop(DOUBLE, static=True, default=0.0)


@task_type(
    "io.kestra.plugin.ai.rag.ChatCompletion", "io.kestra.plugin.langchain4j.rag.ChatCompletion"
)
class RagChatCompletion(Answering):
    """Answer a question from documents."""

    outputs: ClassVar[dict[str, Kind] | None] = {**CHAT_OUTPUTS, "completion": STRING}

    chat_provider: Any = prop(ANY)
    chat_configuration: Configuration | None = prop(record(Configuration), default=None)
    embedding_provider: Any = prop(ANY, default=None)
    embeddings: Any = prop(ANY, default=None)
    content_retriever_configuration: RetrieverConfiguration | None = prop(
        record(RetrieverConfiguration), default=None
    )

    async def run(self, run: RunContext) -> dict[str, Any]:
        found: dict[str, Any] = await run.in_thread(lambda: self._run(run))
        return found

    def _run(self, run: RunContext) -> dict[str, Any]:
        if self.embeddings is None and not self.content_retrievers:
            raise TaskFailure("Either `embeddings` or `contentRetrievers` must be provided.")
        sources: list[Segment] = []
        if self.embeddings is not None:
            how = self.content_retriever_configuration or RetrieverConfiguration()
            provider = (
                self.chat_provider if self.embedding_provider is None else self.embedding_provider
            )
            sources = retrieve(
                run,
                model_of(run, provider),
                EmbeddingStore(run, self.embeddings),
                required_text(run, self.prompt),
                how.max_results,
                how.min_score,
            )
        found = self._answer(run, self.chat_provider, self.chat_configuration, sources)
        return {**found, "completion": found.get("textOutput")}
