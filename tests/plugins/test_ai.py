"""Language models, against a service that answers as the interfaces of their vendors do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins.service import Asked, Service, serving
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.ai.completion import ChatMessage, Configuration, ResponseFormat
from flowrt.plugins.ai.openai import Function, OpenAiMessage, Parameter
from flowrt.plugins.ai.rag import DocumentSplitter, InlineDocument, split

PROVIDER = "io.kestra.plugin.ai.provider."
EMBEDDINGS = {"type": "io.kestra.plugin.ai.embeddings.KestraKVStore"}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    with serving() as found:
        monkeypatch.setattr("flowrt.plugins.ai.openai.OPENAI", f"{found.url}/v1")
        monkeypatch.setattr("flowrt.plugins.ai.anthropic_api.URL", f"{found.url}/v1")
        monkeypatch.setattr("flowrt.plugins.ai.gemini_api.URL", f"{found.url}/v1beta")
        monkeypatch.setattr("flowrt.plugins.ai.others.PERPLEXITY", found.url)
        yield found


def provider(service: Service, kind: str = "OpenAI", **more: Any) -> dict[str, Any]:
    return {
        "type": f"{PROVIDER}{kind}",
        "modelName": "m",
        "apiKey": t("{{ key }}"),
        "baseUrl": service.url,
        **more,
    }


def openai(text: str | None, *calls: tuple[str, str], finish: str = "stop") -> dict[str, Any]:
    """An answer of OpenAI's form."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [
            {"id": f"c{i}", "type": "function", "function": {"name": n, "arguments": a}}
            for i, (n, a) in enumerate(calls)
        ]
        finish = "tool_calls"
    return {
        "id": "r1",
        "object": "chat.completion",
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5},
    }


def a_run(tmp_path: Path, **variables: Any) -> FakeRun:
    return FakeRun(tmp_path, key="sk-1", **variables)


# ---- tasks of one service -------------------------------------------------------------------------------------------


def test_openai_chat(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (200, openai("four"))
    run = a_run(tmp_path)
    found = run.run(
        task(
            "openai.ChatCompletion",
            api_key=t("{{ key }}"),
            model="gpt",
            messages=[OpenAiMessage(role="system", content="be short")],
            prompt="2 + 2?",
            temperature=0,
            stop=["."],
            json_response_schema='{"type": "object"}',
        )
    )
    assert service.last.path == "/v1/chat/completions"
    assert service.last.headers["authorization"] == "Bearer sk-1"
    assert service.last.json == {
        "model": "gpt",
        "messages": [
            {"role": "system", "content": "be short"},
            {"role": "user", "content": "2 + 2?"},
        ],
        "temperature": 0.0,
        "n": 1,
        "stop": ["."],
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "output", "schema": {"type": "object"}},
        },
    }
    assert found["choices"][0]["message"]["content"] == "four"
    assert ("counter", "usage.total.tokens", 15) in run.metrics


def test_functions_of_openai(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (200, openai(None, ("weather", '{"city": "Oslo"}')))
    city = Parameter(name="city", description="where", type="string", required=True)
    functions = [Function(name="weather", description="tells", parameters=[city])]

    def chat(choice: str, given: Any = functions) -> Any:
        return task(
            "openai.ChatCompletion",
            api_key="k",
            model="gpt",
            prompt="x",
            functions=given,
            function_call=choice,
        )

    found = a_run(tmp_path).run(chat("weather"))
    asked = service.last.json
    assert asked["tool_choice"] == {"type": "function", "function": {"name": "weather"}}
    assert asked["tools"][0]["function"]["parameters"] == {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "where"}},
        "required": ["city"],
    }
    call = found["choices"][0]["message"]["tool_calls"][0]["function"]
    assert call["arguments"] == '{"city": "Oslo"}'
    with pytest.raises(TaskFailure, match="is not provided in `functions`"):
        a_run(tmp_path).run(chat("other"))
    with pytest.raises(TaskFailure, match="when no `functions` are provided"):
        a_run(tmp_path).run(chat("weather", None))


def test_a_chat_without_a_question_is_refused(tmp_path: Path, service: Service) -> None:
    with pytest.raises(TaskFailure, match="Either `messages` or `prompt` must be set"):
        a_run(tmp_path).run(task("openai.ChatCompletion", api_key="k", model="gpt"))


def test_what_a_service_refuses_is_told_without_the_key(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (429, {"error": {"message": "quota"}})
    with pytest.raises(TaskFailure, match="OpenAI answered with status 429") as caught:
        a_run(tmp_path).run(task("openai.ChatCompletion", api_key="sk-9", model="m", prompt="x"))
    assert "quota" in str(caught.value) and "sk-9" not in str(caught.value)
    service.answer = lambda asked: (200, b"<html>")
    with pytest.raises(TaskFailure, match="OpenAI answered with no JSON: <html>"):
        a_run(tmp_path).run(task("openai.ChatCompletion", api_key="k", model="m", prompt="x"))


def test_responses_of_openai(tmp_path: Path, service: Service) -> None:
    note = {"type": "url_citation", "url": "http://x"}
    part = {"type": "output_text", "text": "hi", "annotations": [note]}
    service.answer = lambda asked: (
        200,
        {"id": "resp", "output": [{"type": "message", "content": [part]}]},
    )
    found = a_run(tmp_path).run(
        task(
            "openai.Responses",
            api_key="k",
            model="m",
            input=t("{{ key }}"),
            tools=[{"type": "web_search"}],
        )
    )
    asked = service.last.json
    assert service.last.path == "/v1/responses"
    assert (asked["input"], asked["tool_choice"], asked["store"]) == ("sk-1", "auto", True)
    assert found["outputText"] == "hi" and found["sources"] == ["http://x"]
    assert found["rawResponse"]["id"] == found["responseId"] == "resp"


def test_pictures_of_openai(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (200, {"data": [{"b64_json": "eA=="}, {"url": "http://p"}]})
    run = a_run(tmp_path)
    found = run.run(
        task("openai.CreateImage", api_key="k", prompt="a cat", size="SMALL", quality="LOW")
    )
    stored, linked = found["images"]
    assert run.content(stored) == "x" and linked == "http://p"
    assert service.last.json["size"] == "256x256" and service.last.json["quality"] == "low"


def test_a_file_for_openai(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (200, {"id": "file-1"})
    run = a_run(tmp_path)
    uri = run.store("rows", "a.jsonl")
    found = run.run(task("openai.UploadFile", api_key="k", from_=uri, purpose="batch"))
    assert found == {"fileId": "file-1"}
    assert b'name="purpose"' in service.last.body and b"rows" in service.last.body


def test_anthropic_chat(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (
        200,
        {
            "content": [
                {"type": "text", "text": "hello"},
                {"type": "tool_use", "id": "u", "name": "n", "input": {"a": 1}},
            ],
            "stop_reason": "tool_use",
            "usage": {"input_tokens": 3, "output_tokens": 4, "cache_read_input_tokens": 1},
        },
    )
    from flowrt.plugins.ai.anthropic import AnthropicMessage

    found = a_run(tmp_path).run(
        task(
            "anthropic.ChatCompletion",
            api_key="k",
            model="claude",
            system="be kind",
            prompt_caching=True,
            messages=[AnthropicMessage(type="USER", content="hi")],
        )
    )
    asked = service.last
    assert asked.headers["x-api-key"] == "k" and "anthropic-version" in asked.headers
    assert asked.json["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert asked.json["messages"] == [{"role": "user", "content": "hi"}]
    assert found["outputText"] == "hello" and found["stopReason"] == "tool_use"
    assert found["toolUses"] == [{"id": "u", "name": "n", "input": {"a": 1}}]
    assert found["cacheReadInputTokens"] == 1


def gemini(text: str) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": "STOP"}]}


def test_tasks_of_gemini(tmp_path: Path, service: Service) -> None:
    from flowrt.plugins.ai.gemini import Content
    from flowrt.plugins.ai.vendor import ChatMessage as Said

    service.answer = lambda asked: (200, gemini("yes"))
    run = a_run(tmp_path)
    common = {"api_key": "k", "model": "gemini-2"}
    found = run.run(task("gemini.TextCompletion", prompt="p", **common))
    assert service.last.path == "/v1beta/models/gemini-2:generateContent"
    assert service.last.headers["x-goog-api-key"] == "k"
    assert found == {"predictions": [{"content": "yes"}]}
    said = [
        Said(type="SYSTEM", content="s"),
        Said(type="USER", content="u"),
        Said(type="AI", content="a"),
    ]
    run.run(task("gemini.ChatCompletion", messages=said, **common))
    assert [each["role"] for each in service.last.json["contents"]] == ["user", "model"]
    assert service.last.json["systemInstruction"] == {"parts": [{"text": "s"}]}
    found = run.run(
        task("gemini.StructuredOutputCompletion", prompt="p", json_response_schema="{}", **common)
    )
    assert found == {"predictions": ["yes"]}
    found = run.run(
        task(
            "gemini.MultimodalCompletion",
            contents=[
                Content(content=run.store("px"), mime_type="image/png"),
                Content(content="?"),
            ],
            **common,
        )
    )
    data = service.last.json["contents"][0]["parts"][0]["inlineData"]
    assert data == {"mimeType": "image/png", "data": "cHg="}
    assert (found["text"], found["finishReason"], found["blocked"]) == ("yes", "STOP", False)


@pytest.mark.parametrize("name", ["deepseek", "mistral"])
def test_services_of_openais_form(tmp_path: Path, service: Service, name: str) -> None:
    from flowrt.plugins.ai.vendor import ChatMessage as Said

    service.answer = lambda asked: (200, openai("ok"))
    found = a_run(tmp_path).run(
        task(
            f"{name}.ChatCompletion",
            api_key="k",
            model_name="m",
            base_url=service.url,
            messages=[Said(type="USER", content="hi")],
        )
    )
    assert found["response"] == "ok" and '"finish_reason"' in found["raw"]


def test_perplexity_and_hugging_face(tmp_path: Path, service: Service) -> None:
    from flowrt.plugins.ai.vendor import ChatMessage as Said

    service.answer = lambda asked: (200, openai("found"))
    found = a_run(tmp_path).run(
        task(
            "perplexity.ChatCompletion",
            api_key="k",
            model="sonar",
            messages=[Said(type="USER", content="hi")],
        )
    )
    assert found["outputText"] == "found" and service.last.json["temperature"] == 0.2
    service.answer = lambda asked: (200, [{"label": "GOOD"}])
    found = a_run(tmp_path).run(
        task("huggingface.Inference", api_key="k", model="a/b", inputs="x", endpoint=service.url)
    )
    assert found == {"output": [{"label": "GOOD"}]} and service.last.path == "/a/b"


# ---- tasks of any provider ------------------------------------------------------------------------------------------


def chat(service: Service, given: dict[str, Any], **more: Any) -> Any:
    messages = [ChatMessage(type="SYSTEM", content="s"), ChatMessage(type="USER", content="u")]
    return task("ai.completion.ChatCompletion", provider=given, messages=messages, **more)


ANSWERS: dict[str, Callable[[], Any]] = {
    "Anthropic": lambda: {
        "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 10, "output_tokens": 5},
    },
    "GoogleGemini": lambda: {
        **gemini("hi"),
        "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5},
    },
}


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("OpenAI", "/chat/completions"),
        ("DeepSeek", "/chat/completions"),
        ("MistralAI", "/chat/completions"),
        ("OpenRouter", "/chat/completions"),
        ("LocalAI", "/chat/completions"),
        ("Ollama", "/v1/chat/completions"),
        ("AzureOpenAI", "/openai/deployments/m/chat/completions?api-version=2024-10-21"),
        ("Anthropic", "/messages"),
        ("GoogleGemini", "/models/m:generateContent"),
    ],
)
def test_providers_of_models(tmp_path: Path, service: Service, kind: str, path: str) -> None:
    service.answer = lambda asked: (200, ANSWERS.get(kind, lambda: openai("hi"))())
    found = a_run(tmp_path).run(chat(service, provider(service, kind)))
    assert service.last.path == path
    assert "sk-1" in str(service.last.headers)
    assert found["textOutput"] == found["aiResponse"] == "hi"
    assert found["finishReason"] == "STOP"
    assert found["tokenUsage"] == {
        "inputTokenCount": 10,
        "outputTokenCount": 5,
        "totalTokenCount": 15,
    }


def test_a_provider_that_cannot_be_reached_says_so(tmp_path: Path, service: Service) -> None:
    with pytest.raises(TaskFailure, match="provider AmazonBedrock cannot be reached"):
        a_run(tmp_path).run(chat(service, provider(service, "AmazonBedrock")))
    with pytest.raises(TaskFailure, match="the provider needs `apiKey`"):
        a_run(tmp_path).run(chat(service, provider(service, "Anthropic", apiKey=None)))


def test_json_as_answer(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (200, openai('```json\n{"a": 1}\n```'))
    form = ResponseFormat(type="JSON", json_schema={"type": "object"})
    how = Configuration(temperature=t("{{ 0.5 }}"), max_token=9, response_format=form)
    found = a_run(tmp_path).run(chat(service, provider(service), configuration=how))
    assert found["jsonOutput"] == {"a": 1} and found["textOutput"] is None
    assert service.last.json["temperature"] == 0.5
    assert service.last.json["response_format"]["type"] == "json_schema"
    service.answer = lambda asked: (200, openai("no"))
    with pytest.raises(TaskFailure, match="no JSON: no"):
        a_run(tmp_path).run(chat(service, provider(service), configuration=how))


def test_the_last_message_is_the_users(tmp_path: Path, service: Service) -> None:
    messages = [ChatMessage(type="AI", content="x")]
    with pytest.raises(TaskFailure, match="last message must be a user message"):
        a_run(tmp_path).run(
            task("ai.completion.ChatCompletion", provider=provider(service), messages=messages)
        )


def test_guardrails(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (200, openai("a secret plan"))
    rules = {
        "output": [
            {"expression": t("{{ not (message contains 'secret') }}"), "message": "no secrets"}
        ]
    }
    run = a_run(tmp_path)
    found = run.run(chat(service, provider(service), guardrails=rules))
    assert found == {
        "guardrailViolated": True,
        "guardrailViolationMessage": "Output guardrail: no secrets",
    }
    asked = len(service.asked)
    rules = {"input": [{"expression": t("{{ message == 'x' }}"), "message": "only x"}]}
    found = run.run(chat(service, provider(service), guardrails=rules))
    assert found["guardrailViolationMessage"] == "Input guardrail: only x"
    assert len(service.asked) == asked, "the model was not asked"


def test_classification_and_extraction(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (200, openai("spam"))
    found = a_run(tmp_path).run(
        task(
            "ai.completion.Classification",
            provider=provider(service),
            prompt="buy",
            classes=["spam", "ham"],
        )
    )
    assert found["classification"] == "spam"
    assert '["spam","ham"]' in service.last.json["messages"][0]["content"]
    service.answer = lambda asked: (200, openai('{"name": "Ann"}'))
    found = a_run(tmp_path).run(
        task(
            "ai.completion.JSONStructuredExtraction",
            provider=provider(service),
            prompt="I am Ann",
            schema_name="person",
            json_fields=["name"],
        )
    )
    assert found["extractedJson"] == '{"name": "Ann"}' and found["schemaName"] == "person"
    schema = service.last.json["response_format"]["json_schema"]
    assert schema["name"] == "person" and schema["schema"]["required"] == ["name"]


def test_a_picture(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (200, {"data": [{"url": "http://p"}]})
    found = a_run(tmp_path).run(
        task("ai.completion.ImageGeneration", provider=provider(service), prompt="cat")
    )
    assert found == {"imageUrl": "http://p"}


# ---- agents ---------------------------------------------------------------------------------------------------------


def test_an_agent_searches_before_it_answers(tmp_path: Path, service: Service) -> None:
    def answer(asked: Asked) -> Any:
        if asked.path == "/search":
            return 200, {"results": [{"title": "T", "url": "http://t", "content": "rain"}]}
        if asked.json["messages"][-1]["role"] == "tool":
            return 200, openai("It rains.")
        return 200, openai(None, ("searchWeb", '{"query": "weather"}'))

    service.answer = answer
    tool = {
        "type": "io.kestra.plugin.ai.tool.TavilyWebSearch",
        "apiKey": "tv",
        "baseUrl": service.url,
    }
    found = a_run(tmp_path).run(
        task("ai.agent.AIAgent", provider=provider(service), prompt="weather?", tools=[tool])
    )
    assert found["textOutput"] == "It rains."
    (executed,) = found["toolExecutions"]
    assert executed["requestArguments"] == {"query": "weather"} and "rain" in executed["result"]
    assert found["intermediateResponses"][0]["finishReason"] == "TOOL_EXECUTION"
    assert found["tokenUsage"]["totalTokenCount"] == 30
    assert [each.path for each in service.asked] == [
        "/chat/completions",
        "/search",
        "/chat/completions",
    ]


def test_an_agent_that_never_ends_is_ended(tmp_path: Path, service: Service) -> None:
    def answer(asked: Asked) -> Any:
        if asked.path == "/search":
            return 200, {"results": []}
        return 200, openai(None, ("searchWeb", "{}"))

    service.answer = answer
    tool = {"type": "io.kestra.plugin.ai.tool.TavilyWebSearch", "baseUrl": service.url}
    agent = task(
        "ai.agent.AIAgent",
        provider=provider(service),
        prompt="p",
        tools=[tool],
        max_sequential_tools_invocations=2,
    )
    with pytest.raises(TaskFailure, match="exceeded 2 sequential tool executions"):
        a_run(tmp_path).run(agent)


def test_tools_of_an_mcp_server(tmp_path: Path, service: Service) -> None:
    def answer(asked: Asked) -> Any:
        if asked.path == "/chat/completions":
            if asked.json["messages"][-1]["role"] == "tool":
                return 200, openai("5")
            return 200, openai(None, ("add", '{"a": 2, "b": 3}'))
        method = asked.json["method"]
        results: dict[str, Any] = {
            "initialize": {"protocolVersion": "2025-06-18"},
            "tools/list": {"tools": [{"name": "add", "description": "adds", "inputSchema": {}}]},
            "tools/call": {"content": [{"type": "text", "text": "5"}]},
        }
        if method.startswith("notifications/"):
            return 202, b""
        reply = {"jsonrpc": "2.0", "id": asked.json["id"], "result": results[method]}
        if method == "tools/list":  # as a stream of events, which a server may choose
            import json

            return 200, f"event: message\ndata: {json.dumps(reply)}\n\n".encode()
        return 200, reply

    service.answer = answer
    tool = {"type": "io.kestra.plugin.ai.tool.StreamableHttpMcpClient", "url": f"{service.url}/mcp"}
    found = a_run(tmp_path).run(
        task("ai.agent.AIAgent", provider=provider(service), prompt="2+3", tools=[tool])
    )
    assert found["textOutput"] == "5"
    called = [each.json for each in service.asked if each.path == "/mcp"][-1]
    assert called["params"] == {"name": "add", "arguments": {"a": 2, "b": 3}}


def test_a_tool_that_needs_a_server_is_refused(tmp_path: Path, service: Service) -> None:
    tool = {"type": "io.kestra.plugin.ai.tool.KestraTask"}
    with pytest.raises(TaskFailure, match="the tool KestraTask cannot be used"):
        a_run(tmp_path).run(
            task("ai.agent.AIAgent", provider=provider(service), prompt="p", tools=[tool])
        )


def test_an_agent_remembers(tmp_path: Path, service: Service) -> None:
    service.answer = lambda asked: (200, openai("noted"))
    memory = {"type": "io.kestra.plugin.ai.memory.KestraKVStore", "memoryId": "m1"}

    def agent(prompt: str, **more: Any) -> Any:
        return task(
            "ai.agent.AIAgent",
            provider=provider(service),
            prompt=prompt,
            system_message="s",
            memory={**memory, **more},
        )

    a_run(tmp_path).run(agent("I am Ann"))
    a_run(tmp_path).run(agent("who am I?"))
    said = [(each["role"], each["content"]) for each in service.last.json["messages"]]
    assert said == [
        ("system", "s"),
        ("user", "I am Ann"),
        ("assistant", "noted"),
        ("user", "who am I?"),
    ]
    a_run(tmp_path).run(agent("bye", drop="AFTER_TASKRUN"))
    a_run(tmp_path).run(agent("hello"))
    assert len(service.last.json["messages"]) == 2


# ---- documents ------------------------------------------------------------------------------------------------------


def embed(asked: Asked) -> Any:
    """Texts about cats point one way, all others another."""
    if asked.path == "/embeddings":
        rows = [[1.0, 0.1] if "cat" in text else [0.0, 1.0] for text in asked.json["input"]]
        data = [{"index": i, "embedding": row} for i, row in enumerate(rows)]
        return 200, {"data": data, "usage": {"prompt_tokens": 7}}
    return 200, openai("Cats purr.")


def test_documents_are_taken_in_and_found(tmp_path: Path, service: Service) -> None:
    service.answer = embed
    run = a_run(tmp_path)
    found = run.run(
        task(
            "ai.rag.IngestDocument",
            provider=provider(service),
            embeddings=EMBEDDINGS,
            from_documents=[InlineDocument(content="the cat purrs", metadata={"a": "b"})],
            from_internal_uris=[run.store("the stock rises")],
            bulk_size=1,
        )
    )
    assert found["ingestedDocuments"] == 2 and found["inputTokenCount"] == 14
    assert found["embeddingStoreOutputs"] == {"kvName": "my_flow-embedding-store"}
    search = task(
        "ai.rag.Search",
        provider=provider(service),
        embeddings=EMBEDDINGS,
        query="what does a cat do",
        max_results=5,
        min_score=0.8,
        fetch_type="FETCH",
    )
    assert a_run(tmp_path).run(search) == {"results": ["the cat purrs"], "size": 1}
    found = a_run(tmp_path).run(
        task(
            "ai.rag.ChatCompletion",
            chat_provider=provider(service),
            embeddings=EMBEDDINGS,
            prompt="what does a cat do?",
        )
    )
    assert found["completion"] == "Cats purr."
    question = service.last.json["messages"][-1]["content"]
    assert question.startswith("what does a cat do?\n\nAnswer using the following information:\n")
    assert found["sources"][0] == {"content": "the cat purrs", "metadata": {"a": "b"}}


def test_an_answer_from_documents_needs_documents(tmp_path: Path, service: Service) -> None:
    with pytest.raises(TaskFailure, match="Either `embeddings` or `contentRetrievers`"):
        a_run(tmp_path).run(
            task("ai.rag.ChatCompletion", chat_provider=provider(service), prompt="p")
        )


@pytest.mark.parametrize("kind", ["RECURSIVE", "PARAGRAPH", "LINE", "SENTENCE", "WORD"])
@pytest.mark.parametrize("overlap", [0, 8])
def test_segments_are_small_and_lose_nothing(kind: str, overlap: int) -> None:
    text = (
        "One two three. Four five!\nSix seven\n\nEight nine ten eleven twelve thirteen. " + "x" * 50
    )
    how = DocumentSplitter(
        splitter=kind, max_segment_size_in_chars=20, max_overlap_size_in_chars=overlap
    )
    found = split(text, how)
    assert all(len(each) <= 20 for each in found)
    joined = "".join("".join(found).split())
    for word in [
        "One",
        "two",
        "three.",
        "Four",
        "five!",
        "Six",
        "seven",
        "Eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen.",
    ]:
        assert word in joined
    assert joined.count("x") >= 50
    assert split("short", how) == ["short"]
