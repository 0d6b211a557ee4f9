"""Files of Anthropic, workflows of Mistral, videos of Gemini: against a service that answers as their interfaces do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from plugins.service import Answers, Asked, PatientRun, Service, service_account
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.ai import anthropic_api, gemini_api, gemini_video

FILE = {
    "id": "file_1",
    "type": "file",
    "filename": "a.pdf",
    "mime_type": "application/pdf",
    "size_bytes": 4,
    "created_at": "2026-01-02T03:04:05Z",
    "downloadable": False,
    "scope": {"id": "sesn_1", "type": "session"},
}
METADATA = {
    "fileId": "file_1",
    "filename": "a.pdf",
    "mimeType": "application/pdf",
    "size": 4,
    "createdAt": "2026-01-02T03:04:05Z",
    "downloadable": False,
    "scopeId": "sesn_1",
}

# ---- Anthropic ------------------------------------------------------------------------------------------------------


@pytest.fixture
def anthropic(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr(anthropic_api, "URL", f"{service.url}/v1")
    return service


def of_anthropic(name: str, **properties: Any) -> Any:
    return task(f"anthropic.{name}", api_key=t("{{ key }}"), **properties)


def test_a_file_for_anthropic(tmp_path: Path, anthropic: Service) -> None:
    anthropic.answer = lambda asked: (200, FILE)
    run = FakeRun(tmp_path, key="sk-1")
    uri = run.store("data", "a.pdf")
    upload = of_anthropic("UploadFile", file_path=uri, mime_type="application/pdf")
    assert run.run(upload) == {"fileId": "file_1", "filename": "a.pdf", "size": 4}
    (asked,) = anthropic.asked
    assert (asked.method, asked.path) == ("POST", "/v1/files")
    assert asked.headers["x-api-key"] == "sk-1"
    assert asked.headers["anthropic-version"] == "2023-06-01"
    assert asked.headers["anthropic-beta"] == "files-api-2025-04-14"
    head, _, rest = asked.body.decode().partition("\r\n\r\n")
    assert 'name="file"; filename="a.pdf"' in head
    assert head.endswith("Content-Type: application/pdf")
    assert rest.startswith("data\r\n")
    run.run(of_anthropic("UploadFile", file_path=uri, mime_type="x/y\r\nX: 1", filename="b"))
    assert b'filename="b"\r\nContent-Type: x/y  X: 1\r\n' in anthropic.last.body
    with pytest.raises(TaskFailure, match="mimeType must not be blank"):
        run.run(of_anthropic("UploadFile", file_path=uri, mime_type=" "))


def test_files_of_anthropic(tmp_path: Path, anthropic: Service) -> None:
    listed = {"data": [FILE], "first_id": "file_1", "last_id": "file_1", "has_more": True}
    deleted = {"id": "file_1", "type": "file_deleted"}
    anthropic.answer = Answers(FILE, listed, deleted)
    run = FakeRun(tmp_path, key="sk-1")
    assert run.run(of_anthropic("GetFile", file_id="a/b")) == {"metadata": METADATA}
    found = run.run(of_anthropic("ListFiles", limit=2, after_id="file_0", scope_id="s"))
    assert found == {
        "files": [METADATA],
        "firstId": "file_1",
        "lastId": "file_1",
        "hasMore": True,
    }
    gone = run.run(of_anthropic("DeleteFile", file_id="file_1"))
    assert gone == {"fileId": "file_1", "deleted": True}
    assert [(each.method, each.path) for each in anthropic.asked] == [
        ("GET", "/v1/files/a%2Fb"),
        ("GET", "/v1/files?after_id=file_0&limit=2&scope_id=s"),
        ("DELETE", "/v1/files/file_1"),
    ]
    with pytest.raises(TaskFailure, match="limit must be between 1 and 1000"):
        run.run(of_anthropic("ListFiles", limit=1001))


def test_models_of_anthropic(tmp_path: Path, anthropic: Service) -> None:
    model = {
        "id": "m1",
        "type": "model",
        "display_name": "M 1",
        "created_at": "2026-01-02T00:00:00Z",
    }
    anthropic.answer = lambda asked: (200, {"data": [model], "has_more": False})
    found = FakeRun(tmp_path, key="sk-1").run(of_anthropic("ListModels"))
    assert found == {
        "models": [{"id": "m1", "displayName": "M 1", "createdAt": "2026-01-02T00:00:00Z"}]
    }
    assert anthropic.last.path == "/v1/models"
    assert "anthropic-beta" not in anthropic.last.headers


# ---- Mistral --------------------------------------------------------------------------------------------------------


def workflow(service: Service, **properties: Any) -> Any:
    given = {
        "api_key": t("{{ key }}"),
        "base_url": f"{service.url}/v1",
        "workflow_identifier": "w/1",
    }
    return task("mistral.RunWorkflow", **given, **properties)


DONE = {
    "status": "COMPLETED",
    "result": {"a": [1, "b"]},
    "start_time": "2026-01-02T03:04:05Z",
    "end_time": "2026-01-02T03:04:06.500Z",
}


def test_a_workflow_is_run(tmp_path: Path, service: Service) -> None:
    running = {"status": "RUNNING"}
    retrying = {"status": "RETRYING_AFTER_ERROR"}
    service.answer = Answers({"execution_id": "e/1"}, running, retrying, DONE)
    run = PatientRun(tmp_path, key="k1")
    given = {"input": {"n": t("{{ 1 + 1 }}")}, "deployment_name": "d", "execution_id": "mine"}
    assert run.run(workflow(service, poll_interval="PT3S", **given)) == {
        "executionId": "e/1",
        "status": "COMPLETED",
        "result": '{"a":[1,"b"]}',
        "startTime": "2026-01-02T03:04:05Z",
        "endTime": "2026-01-02T03:04:06.500Z",
        "totalDurationMs": 1500,
    }
    assert run.slept == [3.0, 3.0]
    first = service.asked[0]
    assert (first.method, first.path) == ("POST", "/v1/workflows/w%2F1/execute")
    assert first.json["wait_for_result"] is False
    assert (first.json["deployment_name"], first.json["execution_id"]) == ("d", "mine")
    assert first.headers["authorization"] == "Bearer k1"
    assert service.last.path == "/v1/workflows/executions/e%2F1"


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "TERMINATED"])
def test_a_workflow_that_fails(tmp_path: Path, service: Service, status: str) -> None:
    service.answer = Answers({"execution_id": "e"}, {"status": status, "error": "boom"})
    message = f"Mistral workflow execution 'e' ended with status {status}: boom"
    with pytest.raises(TaskFailure, match=message):
        PatientRun(tmp_path, key="k").run(workflow(service))


def test_a_workflow_that_nobody_waits_for(tmp_path: Path, service: Service) -> None:
    service.answer = Answers({"execution_id": "e"}, {"status": "RUNNING"})
    run = PatientRun(tmp_path, key="k")
    assert run.run(workflow(service, wait=False)) == {"executionId": "e", "status": "RUNNING"}
    service.answer = Answers({"execution_id": "e"}, {"status": "RUNNING"})
    with pytest.raises(TaskFailure, match="did not reach a terminal state within PT0S"):
        run.run(workflow(service, wait_timeout="PT0S"))


def test_times_that_are_none(tmp_path: Path, service: Service) -> None:
    odd = {**DONE, "start_time": "yesterday", "result": None}
    service.answer = Answers({"execution_id": "e"}, odd)
    found = PatientRun(tmp_path, key="k").run(workflow(service))
    assert found["totalDurationMs"] is None and found["result"] is None


# ---- Gemini ---------------------------------------------------------------------------------------------------------

NAME = "models/veo/operations/op1"


@pytest.fixture
def gemini(service: Service, monkeypatch: pytest.MonkeyPatch) -> Service:
    monkeypatch.setattr(gemini_api, "URL", f"{service.url}/v1beta")
    return service


def video(**properties: Any) -> Any:
    given = {"api_key": t("{{ key }}"), "model": "veo", "prompt": "a cat"}
    return task("gemini.VideoGeneration", **given, **properties)


def test_a_video_is_made_and_taken(tmp_path: Path, gemini: Service) -> None:
    uri = f"{gemini.url}/v1beta/files/f1:download?alt=media"
    sample = {"video": {"uri": uri, "encoding": "video/mp4"}}
    response = {"generateVideoResponse": {"generatedSamples": [sample]}}
    done = {"name": NAME, "done": True, "response": response}
    gemini.answer = Answers(
        {"name": NAME, "metadata": {"a": 1}}, {"name": NAME}, done, (200, b"mp4")
    )
    run = PatientRun(tmp_path, key="k1")
    given = {"seed": 3, "negative_prompt": "dogs", "number_of_videos": 2}
    made = run.run(video(download_file_path="cat.mp4", **given))
    assert made == {"videoUri": uri, "mimeType": "video/mp4", "metadata": {"a": 1}}
    assert (run.working_dir / "cat.mp4").read_bytes() == b"mp4"
    first = gemini.asked[0]
    assert (first.method, first.path) == ("POST", "/v1beta/models/veo:predictLongRunning")
    assert first.json == {
        "instances": [{"prompt": "a cat"}],
        "parameters": {"sampleCount": 2, "seed": 3, "negativePrompt": "dogs"},
    }
    assert gemini.asked[1].path == f"/v1beta/{NAME}"
    assert {each.headers["x-goog-api-key"] for each in gemini.asked} == {"k1"}
    assert run.slept == [1.0, 1.0]


def test_the_key_goes_to_google_alone(tmp_path: Path, gemini: Service) -> None:
    uri = gemini.url.replace("127.0.0.1", "localhost") + "/elsewhere"
    sample = {"video": {"uri": uri}}
    response = {"generateVideoResponse": {"generatedSamples": [sample]}}
    gemini.answer = Answers({"name": NAME, "done": True, "response": response}, (404, b"gone"))
    run = PatientRun(tmp_path, key="k1")
    assert run.run(video(download_file_path="cat.mp4"))["mimeType"] is None
    assert "x-goog-api-key" not in gemini.last.headers
    assert "An error occurred while downloading the video" in run.messages("ERROR")[0]
    assert not (run.working_dir / "cat.mp4").exists()


def test_a_video_stays_in_the_working_folder(tmp_path: Path, gemini: Service) -> None:
    sample = {"video": {"uri": f"{gemini.url}/v1beta/files/f1"}}
    response = {"generateVideoResponse": {"generatedSamples": [sample]}}
    gemini.answer = Answers({"name": NAME, "done": True, "response": response})
    with pytest.raises(TaskFailure):
        PatientRun(tmp_path, key="k").run(video(download_file_path="../../cat.mp4"))


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ({"error": {"message": "unsafe"}}, "No video was generated.* Error ::unsafe"),
        ({"response": {"generateVideoResponse": {}}}, "No video generated"),
        (
            {"response": {"generateVideoResponse": {"generatedSamples": [{"video": {}}]}}},
            "Generated video URI is null or empty",
        ),
    ],
)
def test_no_video(tmp_path: Path, gemini: Service, operation: Any, message: str) -> None:
    gemini.answer = Answers({"name": NAME, "done": True, **operation})
    with pytest.raises(TaskFailure, match=message):
        PatientRun(tmp_path, key="k").run(video())


def test_settings_that_make_no_video(tmp_path: Path, gemini: Service) -> None:
    run = PatientRun(tmp_path, key="k")
    with pytest.raises(TaskFailure, match="Duration must be between 1 and 60 seconds"):
        run.run(video(duration_in_seconds=61))
    with pytest.raises(TaskFailure, match="outputGcsUri is required when using Vertex AI"):
        run.run(video(vertex_ai=True))
    gemini.answer = Answers({"name": NAME})
    with pytest.raises(TaskFailure, match="Video generation timed out after 0 minutes"):
        run.run(video(timeout="PT0S"))


def test_a_video_of_vertex(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gemini_video, "VERTEX", f"{service.url}/{{location}}/v1")
    path = tmp_path / "account.json"
    path.write_text(json.dumps({**service_account(), "token_uri": f"{service.url}/token"}))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    made = {"videos": [{"gcsUri": "gs://b/v.mp4", "mimeType": "video/mp4"}]}

    def answer(asked: Asked) -> Any:
        if asked.path == "/token":
            return 200, {"access_token": "tok", "expires_in": 3600}
        assert asked.headers["authorization"] == "Bearer tok"
        if asked.path.endswith(":predictLongRunning"):
            return 200, {"name": "op"}
        return 200, {"name": "op", "done": True, "response": made}

    service.answer = answer
    run = PatientRun(tmp_path, key="k")
    where = {"project": "p", "location": "us-central1", "output_gcs_uri": "gs://b"}
    found = run.run(video(vertex_ai=True, include_audio=True, **where))
    assert found == {"videoUri": "gs://b/v.mp4", "mimeType": "video/mp4", "metadata": None}
    _, begun, looked = service.asked
    base = "/us-central1/v1/projects/p/locations/us-central1/publishers/google/models/veo"
    assert begun.path == f"{base}:predictLongRunning"
    assert begun.json["parameters"] == {
        "sampleCount": 1,
        "durationSeconds": 10,
        "generateAudio": True,
        "storageUri": "gs://b",
    }
    assert (looked.path, looked.json) == (f"{base}:fetchPredictOperation", {"operationName": "op"})
    with pytest.raises(TaskFailure, match="no name that an address can hold"):
        run.run(video(vertex_ai=True, **{**where, "location": "evil.example/x"}))
