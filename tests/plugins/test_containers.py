"""Docker and Kubernetes: what reaches the programs, and what is made of what they answer.

The programs are stand-ins that write down how they were called; containers run for real where the tests of services install
podman.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.containers.docker import Credentials
from flowrt.plugins.containers.kubectl import Connection

PROGRAM = """#!/bin/sh
{ printf '%s\\n' "$@"; echo --; } >> "$CALLS"
[ -z "$DOCKER_CONFIG" ] || cp "$DOCKER_CONFIG/config.json" "$CALLS.config"
[ -z "$KUBECONFIG" ] || cp "$KUBECONFIG" "$CALLS.config"
for each in "$@"; do
    case "$before" in --iidfile) echo sha256:0123456789abcdef > "$each";; --file|--filename) cp "$each" "$CALLS.file";; esac
    case "$each" in --patch-file=*) cp "${each#--patch-file=}" "$CALLS.file";; esac
    before="$each"
done
env > "$CALLS.env"
echo "working" >&2
[ ! -f "$CALLS.answer" ] || cat "$CALLS.answer"
exit ${CODE:-0}
"""


class Programs:
    """What the programs were told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def calls(self) -> list[list[str]]:
        text = (self.folder / "calls").read_text("utf-8")
        return [each.strip("\n").split("\n") for each in text.split("--\n") if each.strip()]

    def read(self, what: str) -> str:
        return (self.folder / f"calls.{what}").read_text("utf-8")

    def answer(self, found: Any) -> None:
        (self.folder / "calls.answer").write_text(json.dumps(found), "utf-8")


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("docker", "kubectl"):
        (folder / name).write_text(PROGRAM, "utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(folder / "calls"))
    return Programs(folder)


def test_an_image_is_built_and_given_away(tmp_path: Path, programs: Programs) -> None:
    run = FakeRun(tmp_path, version="1")
    secret = Credentials(registry="r.example", username="u", password="p w")
    found = run.run(
        task(
            "docker.cli.Build",
            dockerfile="FROM alpine\nRUN true\n",
            tags=[t("r.example/a:{{ version }}"), "https://r.example/b"],
            build_args={"A": "b c"},
            labels={"l": "v"},
            target="end",
            platforms=["linux/arm64"],
            push=True,
            credentials=secret,
            input_files={"app.py": "x"},
        )
    )
    assert found == {"imageId": "0123456789ab"}
    build, first, second = programs.calls
    assert build[0] == "build" and "--pull" in build and build[-1] == str(tmp_path / "wd")
    assert build[build.index("--build-arg") + 1] == "A=b c"
    assert [build[i + 1] for i, word in enumerate(build) if word == "--tag"] == [
        "r.example/a:1",
        "r.example/b",
    ]
    assert (first, second) == (["push", "r.example/a:1"], ["push", "r.example/b"])
    assert programs.read("file") == "FROM alpine\nRUN true\n"
    auths = json.loads(programs.read("config"))["auths"]
    assert auths == {"r.example": {"auth": "dTpwIHc="}}
    assert not any("p w" in text or "dTpwIHc=" in text for _, text in run.logs)


def test_a_dockerfile_of_the_folder(tmp_path: Path, programs: Programs) -> None:
    FakeRun(tmp_path).run(
        task(
            "docker.cli.Build",
            dockerfile="deep/Dockerfile",
            tags=["a"],
            input_files={"deep/Dockerfile": "FROM scratch"},
        )
    )
    assert programs.read("file") == "FROM scratch"
    with pytest.raises(TaskFailure, match="inside the current working directory"):
        FakeRun(tmp_path).run(task("docker.cli.Build", dockerfile="../../etc/x", tags=["a"]))


def test_a_container_runs(tmp_path: Path, programs: Programs) -> None:
    run = FakeRun(tmp_path)
    found = run.run(
        task(
            "docker.cli.Run",
            container_image="alpine",
            commands=["echo", "hello world"],
            env={"TOKEN": "s3cret"},
            volumes=["/a:/b"],
            user="1",
            memory={"memory": "1GB"},
        )
    )
    look, call = programs.calls
    assert look == ["image", "inspect", "alpine"], "it is there: nothing is fetched"
    assert call[:3] == ["run", "--init", "--cidfile"] and "--rm" in call
    assert call[-3:] == ["alpine", "echo", "hello world"]
    assert "--entrypoint" not in call and "/a:/b" in call
    assert "TOKEN" in call and not any("s3cret" in each for each in call), "in no list of processes"
    assert "TOKEN=s3cret" in programs.read("env")
    assert found["exitCode"] == 0


def test_a_container_is_started_only(tmp_path: Path, programs: Programs) -> None:
    FakeRun(tmp_path).run(
        task("docker.cli.Run", container_image="alpine", wait=False, entry_point=["sh", "-c"])
    )
    _, call = programs.calls
    assert "--detach" in call and "--rm" not in call, "who stops it removes it"
    assert call[-3:] == ["sh", "alpine", "-c"]


@pytest.mark.parametrize(
    ("name", "properties", "calls"),
    [
        ("Pull", {"image": "a"}, [["pull", "a"]]),
        ("Push", {"tags": ["a", "b"]}, [["push", "a"], ["push", "b"]]),
        ("Tag", {"source_image": "a", "target_image": "b"}, [["tag", "a", "b"]]),
        ("Stop", {"container_id": "c"}, [["stop", "c"], ["rm", "c"]]),
        ("Stop", {"container_id": "c", "kill": True, "delete": False}, [["kill", "c"]]),
        (
            "Rm",
            {"container_ids": ["c"], "image_ids": ["i"], "force": True, "remove_volumes": True},
            [["rm", "--force", "--volumes", "c"], ["rmi", "--force", "i"]],
        ),
        (
            "Prune",
            {"prune_type": "IMAGES", "until": "24h", "label_filters": ["a=b"]},
            [
                [
                    "image",
                    "prune",
                    "--force",
                    "--all",
                    "--filter",
                    "until=24h",
                    "--filter",
                    "label=a=b",
                ]
            ],
        ),
        ("Prune", {"prune_type": "VOLUMES"}, [["volume", "prune", "--force"]]),
    ],
)
def test_verbs_of_docker(
    tmp_path: Path, programs: Programs, name: str, properties: dict[str, Any], calls: Any
) -> None:
    FakeRun(tmp_path).run(task(f"docker.cli.{name}", host="tcp://h:1", **properties))
    assert programs.calls == calls
    assert "DOCKER_HOST=tcp://h:1" in programs.read("env")


@pytest.mark.parametrize("name", ["", "--privileged", "-v/:/host"])
def test_an_option_is_no_name(tmp_path: Path, programs: Programs, name: str) -> None:
    for made in (
        task("docker.cli.Pull", image=name),
        task("docker.cli.Tag", source_image="a", target_image=name),
        task("docker.cli.Stop", container_id=name),
        task("docker.cli.Run", container_image=name),
        task("kubernetes.kubectl.Delete", resource_type="pods", resources_names=[name]),
        task("kubernetes.kubectl.Get", resource_type=name or "-x"),
    ):
        with pytest.raises(TaskFailure, match="no name of"):
            FakeRun(tmp_path).run(made)
    assert not (programs.folder / "calls").exists()


def test_images_are_listed(tmp_path: Path, programs: Programs) -> None:
    (programs.folder / "docker").write_text(
        """#!/bin/sh
[ "$2" = ls ] && { echo sha256:1; echo sha256:1; exit; }
echo '[{"Id": "sha256:1", "RepoTags": ["a:1"], "Size": 5, "Created": "2026-01-02T03:04:05.6Z", "Config": {"Labels": {"k": "v"}}}]'
""",
        "utf-8",
    )
    found = FakeRun(tmp_path).run(task("docker.cli.ImageLs"))
    assert found["count"] == 1
    assert found["images"][0] == {
        "id": "sha256:1",
        "repoTags": ["a:1"],
        "repoDigests": [],
        "size": 5,
        "created": 1767323045,
        "labels": {"k": "v"},
    }


def test_what_fails_says_so(tmp_path: Path, programs: Programs, monkeypatch: Any) -> None:
    monkeypatch.setenv("CODE", "4")
    with pytest.raises(TaskFailure, match="docker pull failed with exit code 4"):
        FakeRun(tmp_path).run(task("docker.cli.Pull", image="a"))
    with pytest.raises(TaskFailure, match="kubectl get: working"):
        FakeRun(tmp_path).run(task("kubernetes.kubectl.Get", resource_type="pods"))


def test_compose_gets_its_files(tmp_path: Path, programs: Programs) -> None:
    run = FakeRun(tmp_path)
    run.run(
        task(
            "docker.cli.Compose",
            compose_files=["services: {}\n", "mine.yaml", run.store("services: {a: {}}")],
            compose_args=["up", "--wait"],
            input_files={"mine.yaml": "x"},
        )
    )
    (call,) = programs.calls
    assert call[0] == "compose" and call[-2:] == ["up", "--wait"]
    files = [call[i + 1] for i, word in enumerate(call) if word == "-f"]
    assert files[1] == str(tmp_path / "wd" / "mine.yaml") and len(files) == 3
    assert {Path(each).parent for each in files} == {tmp_path / "wd"}, "paths in them start there"


PODS = {
    "kind": "List",
    "items": [
        {"metadata": {"name": "a"}, "status": {"phase": "Running"}},
        {"metadata": {"name": "b"}, "status": {}},
    ],
}


def test_objects_of_a_cluster(tmp_path: Path, programs: Programs) -> None:
    programs.answer(PODS)
    run = FakeRun(tmp_path, token="T")
    reach = Connection(master_url="https://k", oauth_token=t("{{ token }}"), trust_certs=True)
    found = run.run(
        task(
            "kubernetes.kubectl.Get",
            namespace="n",
            resource_type="Pods",
            api_group="g",
            api_version="v1",
            resources_names=["a", "b"],
            fetch_type="FETCH",
            connection=reach,
        )
    )
    assert programs.calls == [
        ["--namespace", "n", "get", "pods.v1.g", "a", "b", "--output", "json"]
    ]
    assert [each["name"] for each in found["metadataItems"]] == ["a", "b"]
    assert found["statusItems"][0] == {"phase": "Running"} and found["size"] == 2
    settings = json.loads(programs.read("config"))
    assert settings["users"][0]["user"] == {"token": "T"}
    assert settings["clusters"][0]["cluster"] == {
        "server": "https://k",
        "insecure-skip-tls-verify": True,
    }
    first = run.run(task("kubernetes.kubectl.Get", resource_type="pods", fetch_type="FETCH_ONE"))
    assert first["metadataItem"] == {"name": "a"} and first["size"] == 1
    stored = run.run(task("kubernetes.kubectl.Get", resource_type="pods", fetch_type="STORE"))
    assert stored["size"] == 2 and 'name:"b"' in run.content(stored["uri"])


def test_objects_are_not_waited_for_by_default(tmp_path: Path, programs: Programs) -> None:
    programs.answer({"kind": "Pod", "metadata": {"name": "a"}})
    FakeRun(tmp_path).run(task("kubernetes.kubectl.Apply", spec="kind: Pod\n"))
    assert len(programs.calls) == 1


def test_objects_are_changed(tmp_path: Path, programs: Programs) -> None:
    programs.answer({"kind": "Pod", "metadata": {"name": "a"}})
    run = FakeRun(tmp_path)
    found = run.run(task("kubernetes.kubectl.Apply", spec="kind: Pod\n", wait_until_ready="PT5S"))
    assert found == {"metadata": [{"name": "a"}]}
    assert programs.read("file") == "kind: Pod\n"
    assert programs.calls[1][2:5] == ["wait", "--for=condition=Ready", "--timeout=5s"]
    found = run.run(
        task(
            "kubernetes.kubectl.Patch",
            resource_type="deployments",
            resource_name="d",
            patch='{"a": 1}',
            patch_strategy="JSON_MERGE",
        )
    )
    assert found["metadata"] == {"name": "a"} and programs.read("file") == '{"a": 1}'
    assert "--type=merge" in programs.calls[2]
    run.run(task("kubernetes.kubectl.Delete", resource_type="pods", resources_names=["a"]))
    run.run(task("kubernetes.kubectl.Restart", resource_type="Deployment", resources_names=["d"]))
    assert [each[2:] for each in programs.calls[3:]] == [
        ["delete", "pods", "a"],
        ["rollout", "restart", "deployment/d"],
    ]
