"""Pods of Kubernetes: a stand-in for `kubectl` that keeps a pod in a folder, and lets its life go on with each look."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun, t

from flowrt import catalog
from flowrt.model.failures import TaskFailure
from flowrt.plugins.containers.pods import SideCar

PROGRAM = f"""#!{sys.executable}
import json, os, pathlib, shutil, sys, time
home = pathlib.Path(os.environ["PODS"])
words = sys.argv[3:]
with (home / "calls").open("a") as calls:
    calls.write(json.dumps(words) + "\\n")
verb, names = words[0], [each for each in words[1:] if not each.startswith("--")]
pod, life = home / "pod.json", home / "life.json"
def show(status):
    found = json.loads(pod.read_text())
    found["metadata"]["uid"] = "U1"
    print(json.dumps({{**found, "status": status}}))
if verb == "create":
    given = words[words.index("--filename") + 1]
    shutil.copy(given, pod)
    show({{"phase": "Pending"}})
elif verb == "get" and names[0] == "pods":
    print(json.dumps({{"kind": "List", "items": json.loads((home / "there.json").read_text())}}))
elif verb == "get":
    stages = json.loads(life.read_text())
    show(stages[0])
    life.write_text(json.dumps(stages[1:] or stages))
elif verb == "logs":
    print((home / "log").read_text(), end="")
elif verb == "cp":
    inside = lambda text: home / "root" / text.partition(":/")[2] if ":/" in text else pathlib.Path(text)
    source, target = map(inside, names[:2])
    target.parent.mkdir(parents=True, exist_ok=True)
    (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
elif verb == "exec" and (home / "refuses").exists():
    sys.exit("error: container not found")
"""


def status(phase: str, *, code: int | None = None, waits: str = "", into: bool = False) -> Any:
    state: dict[str, Any] = {"running": {}}
    if code is not None:
        state = {"terminated": {"exitCode": code, "message": "out of cheese"}}
    if waits:
        state = {"waiting": {"reason": waits, "message": "no such image"}}
    found: dict[str, Any] = {"phase": phase}
    found["containerStatuses"] = [{"name": "main", "state": state}]
    if into:
        found["initContainerStatuses"] = [{"name": "init-files", "state": {"running": {}}}]
    return found


class Cluster:
    """What the program keeps, and how it was called."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.there([])
        self.prints("")
        self.lives(status("Running"), status("Succeeded", code=0))

    def there(self, pods: list[Any]) -> None:
        (self.home / "there.json").write_text(json.dumps(pods))

    def lives(self, *stages: Any) -> None:
        (self.home / "life.json").write_text(json.dumps(stages))

    def prints(self, text: str) -> None:
        (self.home / "log").write_text(text)

    @property
    def pod(self) -> Any:
        return json.loads((self.home / "pod.json").read_text())

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in (self.home / "calls").read_text().splitlines()]

    def verbs(self) -> list[str]:
        return [each[0] for each in self.calls]


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    home = tmp_path / "cluster"
    home.mkdir()
    (home / "kubectl").write_text(PROGRAM)
    (home / "kubectl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PODS", str(home))
    monkeypatch.setattr("flowrt.plugins.containers.pods.PAUSE", 0.01)
    return Cluster(home)


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, word="hello")


MAIN = {"name": "main", "image": "debian", "command": ["echo", t("{{ word }}")]}


def pod(**properties: Any) -> Any:
    found = catalog.find(catalog.canonical("io.kestra.plugin.kubernetes.PodCreate"))
    assert found is not None
    return found("make", **{"spec": {"containers": [MAIN], "restartPolicy": "Never"}, **properties})


def test_a_pod_runs_to_its_end(run: FakeRun, cluster: Cluster) -> None:
    cluster.prints('working\n::{"outputs": {"n": 1}}::\n')
    found = run.run(pod(metadata={"labels": {"mine": "1"}}, namespace="n"))
    made = cluster.pod
    assert made["spec"] == {
        "containers": [{"name": "main", "image": "debian", "command": ["echo", "hello"]}],
        "restartPolicy": "Never",
    }
    assert made["metadata"]["name"] == "a.b-my-flow-make-t1"
    assert made["metadata"]["labels"] == {
        "mine": "1",
        "kestra.io/namespace": "a.b",
        "kestra.io/flow-id": "my_flow",
        "kestra.io/task-id": "make",
        "kestra.io/execution-id": "E1",
        "kestra.io/taskrun-id": "T1",
        "kestra.io/taskrun-attempt": "0",
    }
    assert found["metadata"]["uid"] == "U1" and found["status"]["phase"] == "Succeeded"
    assert found["vars"] == {"n": 1} and "outputFiles" not in found
    assert run.messages("INFO") == [
        "Pod 'a.b-my-flow-make-t1' is created",
        "working",
        "Pod 'a.b-my-flow-make-t1' is deleted",
    ]
    assert cluster.calls[-1] == ["delete", "pod", "a.b-my-flow-make-t1", "--wait=false"]


def test_a_pod_that_is_kept(run: FakeRun, cluster: Cluster) -> None:
    run.run(pod(delete=False, resume=False))
    assert "delete" not in cluster.verbs() and cluster.verbs()[0] == "create"


def test_a_pod_that_is_there_is_resumed(run: FakeRun, cluster: Cluster) -> None:
    there = {"metadata": {"name": "old"}, "spec": {"containers": [MAIN | {"command": []}]}}
    (cluster.home / "pod.json").write_text(json.dumps(there))
    cluster.there([{**there, "status": status("Running")}])
    found = run.run(pod())
    assert found["metadata"]["name"] == "old" and "create" not in cluster.verbs()
    assert "Pod 'old' is resumed from an already running pod" in run.messages("INFO")
    chosen = "kestra.io/taskrun-id=T1,kestra.io/taskrun-attempt=0"
    assert f"--selector={chosen}" in cluster.calls[0]


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (status("Failed", code=3), "status 'Failed', exitcode '3' & message 'out of cheese'"),
        (status("Pending", waits="ImagePullBackOff"), "cannot start: ImagePullBackOff: no such"),
        ({"phase": "Failed"}, "Pods terminated without any containers status !"),
    ],
)
def test_a_pod_that_fails(run: FakeRun, cluster: Cluster, stage: Any, said: str) -> None:
    cluster.lives(status("Pending"), stage)
    with pytest.raises(TaskFailure, match=said):
        run.run(pod())
    assert cluster.verbs()[-1] == "delete"


def test_a_pod_that_does_not_end(run: FakeRun, cluster: Cluster) -> None:
    cluster.lives(status("Running"))
    with pytest.raises(TaskFailure, match=r"is Running after PT0\.05S"):
        run.run(pod(wait_running="PT0.05S"))
    cluster.lives(status("Pending"))
    with pytest.raises(TaskFailure, match=r"is Pending after PT0\.05S"):
        run.run(pod(wait_until_running="PT0.05S"))
    assert cluster.verbs()[-1] == "delete"


def test_files_go_in_and_out(run: FakeRun, cluster: Cluster) -> None:
    cluster.lives(status("Pending", into=True), status("Running"), status("Running", code=0))
    place = cluster.home / "root" / "kestra" / "working-dir"
    place.mkdir(parents=True)
    (place / "out.txt").write_text("done")
    found = run.run(
        pod(
            input_files={"a/in.txt": t("{{ word }}")},
            output_files=["out.txt"],
            spec={"containers": [{**MAIN, "command": ["cat", t("{{ workingDir }}/a/in.txt")]},
                                 {"name": "out-files"}]},
            file_sidecar=SideCar(image="mine", resources={"limits": {"memory": "1Mi"}}),
        )
    )  # fmt: skip
    assert (place / "a" / "in.txt").read_text() == "hello"
    assert {name: run.content(uri) for name, uri in found["outputFiles"].items()} == {
        "out.txt": "done"
    }
    main, out = cluster.pod["spec"]["containers"]
    (into,) = cluster.pod["spec"]["initContainers"]
    mount = [{"name": "kestra-files", "mountPath": "/kestra"}]
    assert main["command"] == ["cat", "/kestra/working-dir/a/in.txt"]
    assert (out["name"], into["name"], into["image"]) == ("out-files", "init-files", "mine")
    assert main["volumeMounts"] == out["volumeMounts"] == into["volumeMounts"] == mount
    assert cluster.pod["spec"]["volumes"] == [{"name": "kestra-files", "emptyDir": {}}]
    marks = [each[-1] for each in cluster.calls if each[0] == "exec" and "touch" in each]
    assert marks == ["/kestra/ready", "/kestra/ended"]
    assert any("name reserved by Kestra" in each for each in run.messages("WARN"))
    assert "logs" in cluster.verbs() and not any("--container=out-files" in each for each in cluster.calls if each[0] == "logs")  # fmt: skip


def test_a_container_that_fails_beside_its_carrier(run: FakeRun, cluster: Cluster) -> None:
    cluster.lives(status("Running"), status("Running", code=7))
    (cluster.home / "refuses").touch()
    with pytest.raises(TaskFailure, match="exitcode '7'"):
        run.run(pod(output_files=["a"]))
    (into,) = cluster.pod["spec"]["initContainers"]
    assert into["command"] == ["sh", "-c", "mkdir -p /kestra/working-dir"]
    assert cluster.verbs()[-1] == "delete"


def test_a_file_that_is_nothing(run: FakeRun, cluster: Cluster) -> None:
    with pytest.raises(TaskFailure, match="'a' references a null or empty value"):
        run.run(pod(input_files={"a": ""}))


def test_what_all_containers_have(run: FakeRun, cluster: Cluster) -> None:
    common = {
        "securityContext": {"runAsUser": 1, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}],
    }
    own = {
        "securityContext": {"runAsUser": 2},
        "env": [{"name": "A", "value": "2"}],
        "volumeMounts": [{"name": "mine", "mountPath": "/mine"}],
    }
    spec = {"containers": [{**MAIN, **own}], "initContainers": [{"name": "first"}]}
    run.run(pod(container_default_spec=common, spec=spec))
    (main,), (first,) = cluster.pod["spec"]["containers"], cluster.pod["spec"]["initContainers"]
    assert main["securityContext"] == {"runAsUser": 2, "capabilities": {"drop": ["ALL"]}}
    assert [each["name"] for each in main["volumeMounts"]] == ["tmp", "mine"]
    assert main["env"] == [{"name": "A", "value": "2"}, {"name": "B", "value": "1"}]
    assert first["securityContext"]["runAsUser"] == 1


def test_a_pod_of_a_killed_task_is_removed(run: FakeRun, cluster: Cluster) -> None:
    cluster.lives(status("Running"))

    async def killed() -> None:
        task = asyncio.create_task(pod().run(run))
        while "logs" not in (cluster.verbs() if (cluster.home / "calls").exists() else []):
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(killed())
    assert cluster.verbs()[-1] == "delete"
