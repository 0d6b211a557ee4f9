"""What expressions and tasks reach beside the execution: files, entries, secrets, namespaces; labels that are rendered."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from running import ran
from tasks.fake import FakeRun

from flowrt import Flow
from flowrt.engine.execution import Execution
from flowrt.engine.labels import label_pairs, rendered_labels
from flowrt.engine.services import Services
from flowrt.engine.variables import EngineEnvironment
from flowrt.java.errors import ExpressionError
from flowrt.model.failures import Refusal, TaskFailure


@pytest.fixture
def services(tmp_path: Path) -> Services:
    namespace_files = tmp_path / "files"
    (namespace_files / "sub").mkdir(parents=True)
    (namespace_files / "a.txt").write_text("text")
    (namespace_files / "sub" / "c.txt").write_text("below")
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "b.txt").write_text("local")
    return Services(
        tmp_path / "root",
        namespace_files={"a.b": str(namespace_files)},
        key_values={"entries.here": {"k": 1}},
        namespaces=("known.one",),
        allowed_paths=(str(tmp_path / "open"),),
    )


@pytest.fixture
def environment(services: Services) -> EngineEnvironment:
    host: Any = SimpleNamespace(services=services)
    return EngineEnvironment(host, Execution(Flow("f", "a.b")))


@pytest.mark.parametrize(
    ("namespace", "there"),
    [
        ("a.b", True),
        ("a", True),
        ("a.b.c", False),
        ("known.one", True),
        ("known", True),
        ("know", False),
        ("one", False),
        ("entries.here", True),
        ("other", False),
    ],
)
def test_which_namespaces_there_are(
    environment: EngineEnvironment, namespace: str, there: bool
) -> None:
    assert environment.namespace_exists(namespace) is there


@pytest.mark.parametrize(
    ("path", "version", "content"),
    [
        ("a.txt", None, b"text"),
        ("a.txt", 1, b"text"),
        ("a.txt", 2, None),
        ("none.txt", None, None),
    ],
)
def test_files_of_a_namespace(
    environment: EngineEnvironment, path: str, version: int | None, content: bytes | None
) -> None:
    assert environment.namespace_file("a.b", path, version) == content


def test_a_folder_of_a_namespace_has_no_content(environment: EngineEnvironment) -> None:
    with pytest.raises(IsADirectoryError):
        environment.namespace_file("a.b", "sub", None)


def test_files_of_this_machine(environment: EngineEnvironment, tmp_path: Path) -> None:
    assert environment.local_file(str(tmp_path / "open" / "b.txt")) == b"local"
    assert environment.local_file(str(tmp_path / "files" / "a.txt")) is None
    with pytest.raises(ExpressionError):
        environment.local_file(str(tmp_path / "open" / "none.txt"))


def test_entries_and_secrets(
    environment: EngineEnvironment, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert environment.kv("entries.here", "k") == (True, 1)
    assert environment.kv("entries.here", "none") == (False, None)
    monkeypatch.setenv("SECRET_PASSWORD", "aHVzaC1odXNo")
    assert environment.secret("PASSWORD") == "hush-hush"
    assert environment.secret("NONE") is None
    assert "hush-hush" not in services.masks.hide("say hush-hush")
    environment.register_secret("whisper")
    assert "whisper" not in services.masks.hide("say whisper")


def test_a_flow_that_is_started_by_an_expression_is_not_there(
    environment: EngineEnvironment,
) -> None:
    for more, end in (({}, "."), ({"revision": 2}, " with revision 2.")):
        with pytest.raises(ExpressionError) as failure:
            environment.subflow({"namespace": "a.b", "id": "g", **more})
        assert str(failure.value) == f"Unable to find flow 'a.b'.'g'{end}"


@pytest.mark.parametrize(
    ("key", "fits"), [("x" * 16, True), ("x" * 17, True), ("x" * 15, False), ("é" * 8, True)]
)
def test_a_key_for_sealing_has_a_length(
    services: Services, key: str, fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLOWRT_SEALING_KEY", key)
    if fits:
        assert services.sealer
        return
    with pytest.raises(Refusal, match="too short"):
        assert services.sealer


def test_the_address_of_a_server_is_there_when_it_is_told() -> None:
    assert Services(url="http://localhost:8080").kestra == {"url": "http://localhost:8080"}
    assert Services().kestra == {}


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path)


def test_files_by_their_addresses(run: FakeRun, tmp_path: Path) -> None:
    for namespace, text in ((run.namespace, b"own"), ("other", b"theirs")):
        run.files.write(namespace, "x.txt", text)
    assert run.open_file("nsfile:///x.txt") == b"own"
    assert run.open_file("nsfile://other/x.txt") == b"theirs"
    assert run.open_file(run.store("kept")) == b"kept"
    run.services.allowed_paths = (str(tmp_path / "open"),)
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "in side.txt").write_text("inside")
    (tmp_path / "outside.txt").write_text("outside")
    assert run.open_file(f"file://{tmp_path}/open/in%20side.txt") == b"inside"
    with pytest.raises(TaskFailure):
        run.open_file(f"file://{tmp_path}/outside.txt")


@pytest.mark.parametrize(
    ("given", "pairs"),
    [
        (None, {}),
        ({}, {}),
        ({"a": "1", "b": 2, "c": True}, {"a": "1", "b": "2", "c": "true"}),
        ({"a": "", "b": None, "": "x"}, {}),
        ([{"key": "a", "value": "1"}, {"key": "a", "value": "2"}], {"a": "2"}),
        ([{"key": "a"}, {"value": "x"}], {}),
    ],
)
def test_labels_are_pairs_of_texts(given: Any, pairs: dict[str, str]) -> None:
    assert label_pairs(given) == pairs


RENDERED = {"text": {"k": "v"}}
CONTEXT: Any = SimpleNamespace(structure=lambda given: given, mapping=RENDERED.__getitem__)


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        (None, {}),
        ({"a": "1"}, {"a": "1"}),
        ([{"key": "a", "value": "1"}], {"a": "1"}),
        ("text", {"k": "v"}),
        ({"system": "1", "systems.x": "2"}, {"system": "1", "systems.x": "2"}),
    ],
)
def test_labels_of_what_is_started(given: Any, labels: dict[str, str]) -> None:
    assert rendered_labels(CONTEXT, given) == labels


def test_labels_of_the_system_are_refused() -> None:
    with pytest.raises(ValueError, match=r"offending label: system\.x=1\.$"):
        rendered_labels(CONTEXT, {"a": "1", "system.x": "1"})


@pytest.mark.parametrize(
    ("condition", "ends"),
    [
        ("{{ outputs.first is defined }}", {"first": "SUCCESS", "c": "SUCCESS", "d": "SUCCESS"}),
        ("{{ 1 == 2 }}", {"first": "SUCCESS", "c": "SKIPPED", "d": "SUCCESS"}),
        ("{{ nothing.here }}", None),
    ],
)
def test_a_condition_of_a_child_of_a_folder(condition: str, ends: dict[str, str] | None) -> None:
    document = ran(f"""\
  - id: folder
    type: flow.WorkingDirectory
    tasks:
      - {{id: first, type: debug.Return, format: x}}
      - {{id: c, type: log.Log, message: c, runIf: "{condition}"}}
      - {{id: d, type: log.Log, message: d}}
""")
    found = {run["taskId"]: run["state"]["current"] for run in document["taskRunList"]}
    if ends is None:
        assert found["folder"] == document["state"]["current"] == "FAILED"
        assert "d" not in found
        errors = [each["message"] for each in document["logs"] if each["level"] == "ERROR"]
        assert any(each.startswith("Failed evaluating runIf: ") for each in errors)
        return
    assert found == {"folder": "SUCCESS", **ends}
