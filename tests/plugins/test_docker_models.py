"""Docker Model Runner: requests in the form that its documentation has."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from plugins.service import Answers, Service
from tasks.fake import FakeRun, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.containers.models import place_of


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


def do(run: FakeRun, name: str, service: Service, /, **properties: Any) -> Any:
    return run.run(task(f"docker.model.{name}", **{"host": service.url, **properties}))


def test_models_are_listed(run: FakeRun, service: Service) -> None:
    model = {
        "id": "sha256:1", "tags": ["ai/smollm2:latest"], "created": 1742816981, "more": 1,
        "config": {"format": "gguf", "quantization": "Q4", "parameters": "361M", "size": "256MiB", "x": 1},
    }  # fmt: skip
    service.answer = Answers([model, {"id": "sha256:2"}])
    found = do(run, "List", service, host=f"{service.url}/")["models"]
    assert (service.last.method, service.last.path) == ("GET", "/models")
    config = {"format": "gguf", "quantization": "Q4", "parameters": "361M", "architecture": None,
              "size": "256MiB"}  # fmt: skip
    assert found == [
        {"id": "sha256:1", "tags": ["ai/smollm2:latest"], "created": 1742816981, "config": config},
        {"id": "sha256:2", "tags": None, "created": None, "config": None},
    ]
    assert run.messages("INFO") == ["Found 2 model(s)"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [(b" ", "returned an empty response for GET"), (b"{", "Failed to parse Docker Model Runner's response"),
     ({"a": 1}, "a list of models was expected")],
)  # fmt: skip
def test_answers_that_are_no_lists(run: FakeRun, service: Service, answer: Any, said: str) -> None:
    service.answer = Answers(answer)
    with pytest.raises(TaskFailure, match=said):
        do(run, "List", service)


@pytest.mark.parametrize(
    ("model", "path"),
    [("smollm2", "/ai/smollm2"), ("ai/smollm2:360M", "/ai/smollm2:360M"), ("hf.co/org/a b", "/hf.co/org/a%20b")],
)  # fmt: skip
def test_a_model_is_deleted(run: FakeRun, service: Service, model: str, path: str) -> None:
    service.answer = Answers([])
    assert do(run, "Delete", service, model=model) is None
    assert (service.last.method, service.last.path) == ("DELETE", f"/models{path}")
    assert run.messages("INFO") == [f"Deleted model {model}"]
    for wrong in ("../x", "a/../b", "a//b", ""):
        with pytest.raises(TaskFailure, match="is no name of a model"):
            place_of(wrong)


def test_a_model_is_pulled(run: FakeRun, service: Service) -> None:
    service.answer = Answers(b'{"type":"progress","message":"1 of 2"}\nplain\n\n{"type":"success"}')
    assert do(run, "Pull", service, model="ai/smollm2") is None
    assert (service.last.method, service.last.path) == ("POST", "/models/create")
    assert service.last.json == {"from": "ai/smollm2"}
    debug = [each for each in run.messages("DEBUG") if not each.startswith("Request ")]
    assert debug == ['{"type":"progress","message":"1 of 2"}', "plain", '{"type":"success"}']
    assert run.messages("INFO") == ["Pulled model ai/smollm2"]
    service.answer = Answers(b'{"error":"no space left"}\n{"type":"success"}\n')
    with pytest.raises(TaskFailure) as caught:
        do(run, "Pull", service, model="m")
    assert str(caught.value) == (
        "Docker Model Runner reported an error while pulling model 'm': no space left"
    )


def test_a_runner_that_refuses(run: FakeRun, service: Service) -> None:
    service.answer = Answers((404, b"not found"))
    with pytest.raises(TaskFailure) as caught:
        do(run, "Delete", service, model="m")
    assert str(caught.value).startswith(
        "Failed to delete model 'm' on Docker Model Runner: Failed http request with response code '404' and body:"
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(TaskFailure, match="Failed to list models on Docker Model Runner: "):
        do(run, "List", service, host=nowhere)
