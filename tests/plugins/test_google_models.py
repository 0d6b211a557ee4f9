"""Vertex AI and Dataproc, against a stand-in that answers in the documented forms of their interfaces."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins.service import Answer, Asked, Service, serving
from plugins.test_google import account  # noqa: F401
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure
from flowrt.plugins.google.dataproc import Execution, HistoryServer, Peripherals, Runtime
from flowrt.plugins.google.vertexai import Content, Message, ModelParameter


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    with serving() as found:
        here = "flowrt.plugins.google."
        monkeypatch.setattr(f"{here}auth.TOKEN_ADDRESS", f"{found.url}/token")
        for module in ("vertexai", "dataproc"):
            monkeypatch.setattr(f"{here}{module}.ADDRESS", f"{found.url}/{{region}}/v1")
        monkeypatch.setattr(f"{here}dataproc.PAUSE", 0.01)
        yield found


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, word="hello")


@pytest.fixture
def make(account: dict[str, Any]) -> Any:  # noqa: F811
    def made(kind: str, /, **properties: Any) -> Any:
        found = catalog.find(f"io.kestra.plugin.gcp.{kind}")
        assert found is not None
        given = {"service_account": json.dumps(account), "region": "r", **properties}
        return found("t", **given)

    return made


def answering(service: Service, *answers: Any) -> None:
    """Answer with these, one after the other, whoever has a token."""
    rest = list(answers)

    def answer(asked: Asked) -> Answer:
        if asked.path == "/token":
            return 200, {"access_token": "tok", "expires_in": 3600}
        assert asked.headers["authorization"] == "Bearer tok"
        return 200, rest.pop(0)

    service.answer = answer


def asked(service: Service) -> list[Asked]:
    return [each for each in service.asked if each.path != "/token"]


def completion(text: str, **more: Any) -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": text}]}
    used = {"candidatesTokenCount": 2, "promptTokenCount": 3, "totalTokenCount": 5}
    return {"candidates": [{"content": content, **more}], "usageMetadata": used}


RATINGS = [{"category": "HARM", "probability": "LOW", "severityScore": 0.5, "blocked": False}]


def test_a_prompt_is_completed(run: FakeRun, service: Service, make: Any) -> None:
    cited = {"citations": [{"title": "A book"}]}
    answering(service, completion("hi", safetyRatings=RATINGS, citationMetadata=cited))
    found = run.run(
        make("vertexai.TextCompletion", prompt=t("{{ word }}"), parameters=ModelParameter(top_k=7))
    )
    assert found == {
        "predictions": [
            {
                "safetyAttributes": {"scores": [0.5], "categories": ["HARM"], "blocked": False},
                "citationMetadata": {"citations": [{"citations": ["A book"]}]},
                "content": "hi",
            }
        ]
    }
    (sent,) = asked(service)
    place = "/r/v1/projects/proj/locations/r/publishers/google/models/gemini-pro:generateContent"
    assert (sent.method, sent.path) == ("POST", place)
    assert sent.json == {
        "contents": [{"role": "user", "parts": [{"text": "hello"}]}],
        "generationConfig": {"temperature": 0.2, "maxOutputTokens": 128, "topK": 7, "topP": 0.95},
    }
    assert ("counter", "total.token.count", 5) in run.metrics


def test_a_chat_goes_on(run: FakeRun, service: Service, make: Any) -> None:
    answering(service, completion("yes"), completion("one"), completion("two"))
    found = run.run(
        make(
            "vertexai.ChatCompletion", model_id="m", project_id="p", context="be brief",
            history=[Message(content="old")],
            messages=[Message(author="user", content="a"), Message(content=t("{{ word }}"))],
        )
    )  # fmt: skip
    assert [each["content"] for each in found["predictions"]] == ["one", "two"]
    last = asked(service)[-1]
    assert "/projects/p/" in last.path and "/models/m:" in last.path
    assert [(each["role"], each["parts"][0]["text"]) for each in last.json["contents"]] == [
        ("user", "old"),
        ("user", "be brief"),
        ("model", "yes"),
        ("user", "a"),
        ("model", "one"),
        ("user", "hello"),
    ]
    assert ("counter", "prompt.token.count", 6) in run.metrics  # of the messages alone


def test_texts_and_pictures(run: FakeRun, service: Service, make: Any) -> None:
    answering(service, completion("a cat", finishReason="STOP", safetyRatings=RATINGS), {})
    picture = run.store("PNG", "a.png")
    contents = [
        Content(content="what is it?"),
        Content(content=picture, mime_type="image/png"),
        Content(content="gs://b/c", mime_type="video/mp4"),
    ]
    complete = make("vertexai.MultimodalCompletion", contents=contents)
    assert run.run(complete) == {
        "text": "a cat",
        "finishReason": "STOP",
        "blocked": False,
        "safetyRatings": [{"category": "HARM", "probability": "LOW", "blocked": False}],
    }
    (turn,) = asked(service)[0].json["contents"]
    assert turn["parts"] == [
        {"text": "what is it?"},
        {"inlineData": {"data": base64.b64encode(b"PNG").decode(), "mimeType": "image/png"}},
        {"fileData": {"fileUri": "gs://b/c", "mimeType": "video/mp4"}},
    ]
    assert run.run(complete)["text"] is None


def test_a_batch_runs_to_its_end(run: FakeRun, service: Service, make: Any) -> None:
    operation = {"name": "projects/proj/regions/r/operations/1"}
    answering(service, operation, operation, {"done": True, "response": {"state": "SUCCEEDED"}})
    found = run.run(
        make(
            "dataproc.batches.PySparkSubmit", name=t("My {{ word }}"), args=["a", "b"],
            main_python_file_uri="gs://b/main.py", jar_file_uris=["gs://b/a.jar"],
            execution=Execution(subnetwork_uri="net", network_tags=["t"]),
            peripherals=Peripherals(spark_history_server=HistoryServer(dataproc_cluster="c")),
            runtime=Runtime(version="2.1", properties_={"spark.executor.cores": "4"}),
        )
    )  # fmt: skip
    assert found == {"state": "SUCCEEDED"}
    made, first, second = asked(service)
    assert made.path == "/r/v1/projects/proj/locations/r/batches?batchId=my-hello-e1"
    assert made.json == {
        "pysparkBatch": {
            "mainPythonFileUri": "gs://b/main.py",
            "jarFileUris": ["gs://b/a.jar"],
            "args": ["a", "b"],
        },
        "environmentConfig": {
            "executionConfig": {"subnetworkUri": "net", "networkTags": ["t"]},
            "peripheralsConfig": {"sparkHistoryServerConfig": {"dataprocCluster": "c"}},
        },
        "runtimeConfig": {"version": "2.1", "properties": {"spark.executor.cores": "4"}},
    }
    assert first.path == second.path == "/r/v1/projects/proj/regions/r/operations/1"
    assert run.messages("INFO") == ["Starting with batch id 'my-hello-e1'"]


@pytest.mark.parametrize(
    ("name", "given", "batch"),
    [
        ("RSparkSubmit", {"main_r_file_uri": "f"}, {"sparkRBatch": {"mainRFileUri": "f", "args": ["a"]}}),
        ("SparkSubmit", {"main_class": "C"}, {"sparkBatch": {"mainClass": "C", "args": ["a"]}}),
        ("SparkSqlSubmit", {"query_file_uri": "f"}, {"sparkSqlBatch": {"queryFileUri": "f"}}),
    ],
)  # fmt: skip
def test_kinds_of_batches(
    run: FakeRun, service: Service, make: Any, name: str, given: dict[str, Any], batch: Any
) -> None:
    answering(service, {"name": "o", "done": True, "error": {"message": "no quota"}})
    with pytest.raises(TaskFailure, match="Dataproc: no quota"):
        run.run(make(f"dataproc.batches.{name}", name="n", args=["a"], **given))
    assert asked(service)[0].json == batch


def test_a_batch_of_a_killed_task_is_cancelled(run: FakeRun, service: Service, make: Any) -> None:
    def answer(asked: Asked) -> Answer:
        if asked.path == "/token":
            return 200, {"access_token": "tok", "expires_in": 3600}
        if asked.method == "GET":
            run.stop()
        return 200, {"name": "o"}

    service.answer = answer
    batch = make("dataproc.batches.SparkSubmit", name="n", main_class="C")

    async def killed() -> None:
        with pytest.raises(TaskFailure, match="stopped"):
            await batch.run(run)

    asyncio.run(killed())
    assert asked(service)[-1].path == "/r/v1/o:cancel"
