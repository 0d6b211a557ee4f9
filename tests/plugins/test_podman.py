"""Containers and images for real: the tasks of Docker, and scripts in containers, by podman; a registry on the loopback."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from plugins.podman import BOX, PASSWORD, Podman, podman, registry, server
from plugins.servers import program
from tasks.fake import FakeRun, t, task

from flowrt.model.failures import TaskFailure
from flowrt.scripting.registries import Credentials
from flowrt.scripting.runners import DockerRunner
from flowrt.tasks import ShellCommands

pytestmark = pytest.mark.services
FOREVER = ["sh", "-c", "touch started; sleep 1000"]


@pytest.fixture(scope="module")
def installed() -> Iterator[Podman]:
    with podman() as found:
        yield found


@pytest.fixture
def docker(installed: Podman, monkeypatch: pytest.MonkeyPatch) -> Iterator[Podman]:
    """Podman is what answers to `docker`; there is no container before the test, and none is left by it."""
    monkeypatch.setenv("PATH", f"{installed.bin}{os.pathsep}{os.environ['PATH']}")
    for name in ("CONTAINER_HOST", "DOCKER_CONFIG", "DOCKER_HOST", "REGISTRY_AUTH_FILE"):
        monkeypatch.delenv(name, raising=False)
    yield installed
    installed.clear()


@pytest.fixture(params=["podman", "docker"])
def client(
    request: pytest.FixtureRequest, docker: Podman, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Podman]:
    """Podman itself, which is the parent of its containers; or the client of Docker before a podman that is a server."""
    if request.param == "podman":
        yield docker
        return
    monkeypatch.setenv("PATH", os.environ["PATH"].partition(os.pathsep)[2])
    program("docker")
    with server(docker, tmp_path / "socket") as address:
        monkeypatch.setenv("DOCKER_HOST", address)
        yield docker


def ran(run: FakeRun, *commands: str, image: str = BOX, **properties: Any) -> Any:
    """What comes of a container."""
    return run.run(
        task("docker.cli.Run", container_image=image, commands=list(commands), **properties)
    )


def killed(run: FakeRun, work: Any) -> None:
    """Run a task until its container has made the file `started`, and kill it then."""

    async def kill() -> None:
        running = asyncio.ensure_future(work.run(run))
        async with asyncio.timeout(120):
            while not (run.working_dir / "started").exists():
                assert not running.done(), running.exception()
                await asyncio.sleep(0.05)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    run.wait_for(kill())


def built(run: FakeRun, dockerfile: str, *tags: str, **properties: Any) -> str:
    """The id of a new image."""
    properties = {"pull": False, **properties}
    found = run.run(task("docker.cli.Build", dockerfile=dockerfile, tags=list(tags), **properties))
    return str(found["imageId"])


# ---- containers -----------------------------------------------------------------------------------------------------


def test_what_a_container_prints_and_leaves(tmp_path: Path, docker: Podman) -> None:
    run = FakeRun(tmp_path, name="you")
    script = """cat given.txt; echo "to $NAME in $(pwd)"; echo bad >&2; echo '::{"outputs": {"n": 3}}::'; echo x > made.txt"""
    found = ran(
        run, "sh", "-c", script,
        env={"NAME": t("{{ name }}")}, input_files={"given.txt": "hello\n"}, output_files=["*.txt"],
    )  # fmt: skip
    folder = run.working_dir
    assert run.messages("INFO") == ["hello", f"to you in {folder}"]
    assert run.messages("ERROR") == ["bad"]
    assert found["exitCode"] == 0 and found["vars"] == {"n": 3}
    assert set(found["outputFiles"]) == {"given.txt", "made.txt"}
    assert run.content(found["outputFiles"]["made.txt"]) == "x\n"
    assert len(found["taskRunner"]["containerId"]) == 64
    assert docker.containers == []


def test_the_code_of_a_container_is_that_of_the_task(tmp_path: Path, docker: Podman) -> None:
    run = FakeRun(tmp_path)
    with pytest.raises(TaskFailure, match="exit code 3") as caught:
        ran(run, "sh", "-c", "echo x > made; exit 3", output_files=["made"])
    assert caught.value.outputs is not None and caught.value.outputs["exitCode"] == 3
    assert run.content(caught.value.outputs["outputFiles"]["made"]) == "x\n"
    with pytest.raises(TaskFailure, match="exit code"):
        ran(run, "no-such-program")
    assert run.messages("ERROR")
    assert docker.containers == []


def test_the_command_of_the_image_and_that_of_the_flow(tmp_path: Path, docker: Podman) -> None:
    built(
        FakeRun(tmp_path / "build"),
        f'FROM {BOX}\nENTRYPOINT ["echo", "entry"]\nCMD ["command"]\n',
        "speaks:1",
    )
    for properties, said in (
        ({}, "entry command"),
        ({"commands": ["a  b"]}, "entry a  b"),
        ({"commands": ["c"], "entry_point": ["echo", "mine"]}, "mine c"),
    ):
        run = FakeRun(tmp_path)
        run.run(task("docker.cli.Run", container_image="speaks:1", **properties))
        assert run.messages("INFO") == [said]


def test_variables_reach_a_container_as_they_are(tmp_path: Path, docker: Podman) -> None:
    run = FakeRun(tmp_path)
    values = {
        "LINES": "a\nb",
        "QUOTED": 'it\'s "$HOME"',
        "EMPTY": "",
        "DOCKER_HOST": "tcp://127.0.0.1:1",
        "HOME": "/tmp",
        "PATH": "/bin",
    }
    found = ran(run, "sh", "-c", "cat /proc/self/environ > all", env=values, output_files=["all"])
    told = run.content(found["outputFiles"]["all"]).rstrip("\0").split("\0")
    assert values.items() <= dict(each.split("=", 1) for each in told).items()


def test_a_secret_is_in_no_list_of_processes(tmp_path: Path, docker: Podman) -> None:
    run = FakeRun(tmp_path)
    ran(run, "sh", "-c", "exit $((${#TOKEN} - 9))", env={"TOKEN": "hush-hush"})
    assert any("docker run" in text for _, text in run.logs)
    assert not any("hush-hush" in text and "docker run" in text for _, text in run.logs)


def test_what_a_container_gets_of_the_machine(tmp_path: Path, docker: Podman) -> None:
    shared = tmp_path / "shared folder"
    shared.mkdir()
    (shared / "in").write_text("from outside")
    run = FakeRun(tmp_path)
    script = (
        "cat /shared/in; cat /shared/in > /shared/out; id -u; cat /etc/hosts; ls /sys/class/net"
    )
    ran(
        run, "sh", "-c", script,
        volumes=[f"{shared}:/shared"], user="0", extra_hosts=["far.example:192.0.2.7"],
        network_mode="none", shm_size="8m", cpu={"cpus": 1}, memory={"memory": "64MB"},
    )  # fmt: skip
    said = run.messages("INFO")
    assert said[0] == "from outside" + "0" and (shared / "out").read_text() == "from outside"
    assert any("192.0.2.7" in each and "far.example" in each for each in said)
    assert said[-1] == "lo"


def test_a_container_of_another_user(tmp_path: Path, docker: Podman) -> None:
    run = FakeRun(tmp_path)
    ran(run, "id", "-u", user="1234")
    assert run.messages("INFO") == ["1234"]


def test_a_container_that_is_started_is_stopped_by_its_id(tmp_path: Path, client: Podman) -> None:
    run = FakeRun(tmp_path)
    found = ran(run, *FOREVER, wait=False, network_mode="host")
    number = found["taskRunner"]["containerId"]
    assert found["exitCode"] == 0 and client.containers == [number]
    assert client.inspect(number)["State"]["Running"], "it goes on when its task has ended"
    assert not run.messages("INFO") and not run.messages("ERROR")
    run.run(task("docker.cli.Stop", container_id=number, kill=True, delete=False))
    assert client.containers == [number] and not client.inspect(number)["State"]["Running"]
    run.run(task("docker.cli.Rm", container_ids=[number]))
    assert client.containers == []


def test_stop_removes_a_container(tmp_path: Path, docker: Podman) -> None:
    run = FakeRun(tmp_path)
    found = ran(run, *FOREVER, wait=False)
    run.run(task("docker.cli.Stop", container_id=t(found["taskRunner"]["containerId"][:12])))
    assert docker.containers == []
    with pytest.raises(TaskFailure, match="docker stop failed"):
        run.run(task("docker.cli.Stop", container_id="nobody"))


def test_a_running_container_is_removed_by_force_alone(tmp_path: Path, docker: Podman) -> None:
    run = FakeRun(tmp_path)
    number = ran(run, *FOREVER, wait=False, volumes=["/kept"])["taskRunner"]["containerId"]
    (volume,) = docker.call("volume", "ls", "--quiet").split()
    with pytest.raises(TaskFailure, match="docker rm failed"):
        run.run(task("docker.cli.Rm", container_ids=[number]))
    assert docker.containers == [number]
    run.run(task("docker.cli.Rm", container_ids=[number], force=True, remove_volumes=True))
    assert docker.containers == [] and not docker.has("volume", volume)


@pytest.mark.parametrize(
    "script",
    ["touch started; sleep 1000", "trap '' TERM; touch started; while :; do sleep 1; done"],
)
def test_a_kill_ends_the_container(tmp_path: Path, client: Podman, script: str) -> None:
    run = FakeRun(tmp_path)
    words = ["sh", "-c", script]
    killed(run, task("docker.cli.Run", container_image=BOX, commands=words, network_mode="host"))
    assert client.containers == []


# ---- images ---------------------------------------------------------------------------------------------------------


def test_an_image_is_built_of_the_files_of_the_run(tmp_path: Path, docker: Podman) -> None:
    run = FakeRun(tmp_path, version="7")
    number = built(
        run,
        f"FROM {BOX} AS first\nARG WHO\nRUN echo \"for $WHO\" > /made\nCOPY app.txt /app.txt\n"
        "FROM first AS second\nRUN false\n",
        t("built/it:{{ version }}"), "https://localhost/built/other:1",
        target="first", build_args={"WHO": "a b"}, labels={"kind": "a test"},
        platforms=["linux/amd64"], input_files={"app.txt": "given"},
    )  # fmt: skip
    assert len(number) == 12 and docker.inspect(number)["Config"]["Labels"]["kind"] == "a test"
    assert any("RUN echo" in each for each in run.messages("INFO"))
    for name in ("built/it:7", "built/other:1", number):
        again = FakeRun(tmp_path / "again")
        ran(again, "cat", "/made", "/app.txt", image=name)
        assert again.messages("INFO") == ["for a b", "given"]


def test_a_build_that_fails_leaves_no_image(tmp_path: Path, docker: Podman) -> None:
    run = FakeRun(tmp_path)
    with pytest.raises(TaskFailure, match="docker build failed with exit code"):
        built(run, f"FROM {BOX}\nRUN echo why; exit 9\n", "broken:1")
    assert any("why" in each for each in run.messages("INFO"))
    assert not docker.has("image", "broken:1")


def test_images_are_listed_tagged_and_removed(tmp_path: Path, docker: Podman) -> None:
    run = FakeRun(tmp_path)
    number = built(run, f"FROM {BOX}\nRUN touch /listed\n", "listed:1", labels={"for": "list"})
    run.run(task("docker.cli.Tag", source_image="listed:1", target_image="listed:2"))
    found = run.run(task("docker.cli.ImageLs", label_filter={"for": "list"}))
    (image,) = found["images"]
    assert found["count"] == 1 and image["id"].startswith(f"sha256:{number}")
    assert sorted(image["repoTags"]) == ["localhost/listed:1", "localhost/listed:2"]
    assert image["labels"]["for"] == "list" and image["size"] > 0
    assert image["created"] > 1_700_000_000
    assert run.run(task("docker.cli.ImageLs", image_name_filter="listed:2"))["count"] == 1
    assert run.run(task("docker.cli.ImageLs", image_name_filter="nobody"))["images"] == []
    run.run(task("docker.cli.Rm", image_ids=["listed:1"]))
    assert docker.has("image", "listed:2") and not docker.has("image", "listed:1")
    run.run(task("docker.cli.Rm", image_ids=[number], force=True))
    assert not docker.has("image", number)


def test_what_is_not_used_is_pruned(tmp_path: Path, docker: Podman) -> None:
    run = FakeRun(tmp_path)
    built(run, f"FROM {BOX}\nRUN touch /a\n", "unused:1", labels={"prune": "me"})
    built(run, f"FROM {BOX}\nRUN touch /b\n", "unused:2", labels={"prune": "not"})
    old = docker.call("create", BOX, "true")
    running = ran(run, *FOREVER, wait=False)["taskRunner"]["containerId"]
    docker.call("volume", "create", "lonely")
    run.run(task("docker.cli.Prune", prune_type="CONTAINERS"))
    assert old not in docker.containers and running in docker.containers
    run.run(task("docker.cli.Prune", prune_type="VOLUMES"))
    assert not docker.has("volume", "lonely")
    by_label = {"prune_type": "IMAGES", "label_filters": ["prune=me"]}
    run.run(task("docker.cli.Prune", **by_label, dangling=True))
    assert docker.has("image", "unused:1"), "it has a name"
    run.run(task("docker.cli.Prune", **by_label, until="1h"))
    assert docker.has("image", "unused:1"), "it is new"
    run.run(task("docker.cli.Prune", **by_label))
    assert not docker.has("image", "unused:1") and docker.has("image", "unused:2")
    for kind in ("BUILD", "NETWORKS"):
        run.run(task("docker.cli.Prune", prune_type=kind))


def test_a_name_is_no_option_and_no_two_words(tmp_path: Path, docker: Podman) -> None:
    before = docker.call("images", "--quiet")
    for name in ("--privileged", "a b", "$(id)", "../x", "A"):
        for made in (
            task("docker.cli.Run", container_image=name, pull_policy="NEVER"),
            task("docker.cli.Tag", source_image=BOX, target_image=name),
            task("docker.cli.Push", tags=[name]),
            task("docker.cli.Pull", image=name),
            task("docker.cli.Rm", container_ids=[name], image_ids=[name]),
            task("docker.cli.Build", dockerfile=f"FROM {BOX}\n", tags=[name], pull=False),
        ):
            with pytest.raises(TaskFailure):
                FakeRun(tmp_path).run(made)
    assert docker.call("images", "--quiet") == before and docker.containers == []


# ---- compose --------------------------------------------------------------------------------------------------------


@pytest.fixture
def composing(docker: Podman, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Podman]:
    """`docker compose` is a program of its own, before a podman that is a server."""
    compose, folder = program("docker-compose"), tmp_path / "composing"
    folder.mkdir()
    (folder / "docker").write_text(f'#!/bin/sh\nshift\nexec {compose} "$@"\n', "utf-8")
    (folder / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    with server(docker, tmp_path / "socket") as address:
        monkeypatch.setenv("DOCKER_HOST", address)
        yield docker


SERVICES = f"""\
services:
  one:
    image: {BOX}
    network_mode: host
    command: ["sh", "-c", "cat /given; echo $$WHO; echo x > /data/made; exit $$CODE"]
    environment: {{WHO: nobody, CODE: "${{CODE}}"}}
    volumes: ["./given:/given", "./:/data"]
"""


def composed(run: FakeRun, *words: str, **properties: Any) -> Any:
    """What comes of Compose, of a file that the flow has and one of the folder, which changes it."""
    changes = "services: {one: {environment: {WHO: somebody}}}\n"
    return run.run(
        task(
            "docker.cli.Compose",
            compose_files=[SERVICES, "changes.yaml"],
            compose_args=["--ansi", "never", *words],
            **{
                "input_files": {"given": "hello\n", "changes.yaml": changes},
                "env": {"CODE": "0"},
                **properties,
            },
        )
    )


def test_compose_starts_what_files_of_the_flow_say(tmp_path: Path, composing: Podman) -> None:
    run = FakeRun(tmp_path)
    found = composed(run, "up", output_files=["made"])
    said = run.messages("INFO")
    assert any("hello" in each for each in said) and any("somebody" in each for each in said)
    assert found["exitCode"] == 0 and run.content(found["outputFiles"]["made"]) == "x\n"
    (left,) = composing.containers
    assert composing.inspect(left)["State"]["Status"] == "exited"
    composed(run, "down")
    assert composing.containers == []


def test_the_code_of_compose_is_that_of_the_task(tmp_path: Path, composing: Podman) -> None:
    with pytest.raises(TaskFailure, match="exit code 5"):
        composed(FakeRun(tmp_path), "up", "--exit-code-from", "one", env={"CODE": "5"})
    with pytest.raises(TaskFailure, match="exit code"):
        composed(FakeRun(tmp_path), "--no-such-option")


# ---- registries -----------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(docker: Podman) -> Iterator[str]:
    """The address of a registry."""
    with registry(docker.registry):
        yield docker.registry


@pytest.mark.parametrize("who", ["registry", "image", "config"])
def test_an_image_goes_to_a_registry_and_comes_back(
    tmp_path: Path, docker: Podman, shop: str, who: str
) -> None:
    encoded = b64encode(f"tester:{PASSWORD}".encode()).decode()
    known: dict[str, Any] = {
        "registry": {
            "credentials": Credentials(registry=shop, username="tester", password=PASSWORD)
        },
        "image": {"credentials": Credentials(username="tester", password=PASSWORD)},
        "config": {"config": json.dumps({"auths": {shop: {"auth": encoded}}})},
    }[who]
    name, run = f"{shop}/deep/box:{who}", FakeRun(tmp_path)
    run.run(task("docker.cli.Tag", source_image=BOX, target_image=name))
    with pytest.raises(TaskFailure, match="docker push failed"):
        run.run(task("docker.cli.Push", tags=[name]))
    run.run(task("docker.cli.Push", tags=[f"https://{name}"], **known))
    run.run(task("docker.cli.Rm", image_ids=[name]))
    run.run(task("docker.cli.Pull", image=name, **known))
    assert docker.has("image", name)
    run.run(task("docker.cli.Rm", image_ids=[name]))
    with pytest.raises(TaskFailure, match="docker pull failed"):
        run.run(task("docker.cli.Pull", image=name))
    said = [text for _, text in run.logs]
    assert not any(PASSWORD in each or encoded in each for each in said)


def test_a_built_image_is_pushed_and_an_image_is_fetched_for_a_run(
    tmp_path: Path, docker: Podman, shop: str
) -> None:
    me = Credentials(registry=f"http://{shop}/", username="tester", password=PASSWORD)
    name = f"{shop}/built:1"
    built(
        FakeRun(tmp_path / "b"),
        f'FROM {BOX}\nCMD ["echo", "here"]\n',
        name,
        push=True,
        credentials=me,
    )
    for policy, image in (("IF_NOT_PRESENT", "built:1"), ("ALWAYS", name), ("NEVER", name)):
        if policy == "IF_NOT_PRESENT":
            docker.call("rmi", name)
        run = FakeRun(tmp_path)
        ran(run, image=image, pull_policy=policy, credentials=me)
        assert run.messages("INFO") == ["here"]
        assert not run.messages(
            "ERROR"
        ), "what the program tells of fetching is not the container's"
    docker.call("rmi", name)
    with pytest.raises(TaskFailure, match="exit code 125"):
        ran(FakeRun(tmp_path), image=name, pull_policy="NEVER", credentials=me)
    with pytest.raises(TaskFailure, match=r"docker pull failed: .*none"):
        ran(FakeRun(tmp_path), image=f"{shop}/none:1", credentials=me)


def test_the_host_of_a_task_is_the_one_that_is_asked(tmp_path: Path, docker: Podman) -> None:
    nobody = f"unix://{tmp_path}/nobody"
    for made in (
        task("docker.cli.ImageLs", host=nobody),
        task("docker.cli.Run", container_image=BOX, commands=["true"], host=nobody),
    ):
        with pytest.raises(TaskFailure):
            FakeRun(tmp_path).run(made)


# ---- scripts in containers ------------------------------------------------------------------------------------------


@pytest.fixture
def in_containers(docker: Podman, monkeypatch: pytest.MonkeyPatch) -> Podman:
    monkeypatch.setenv("FLOWRT_TASK_RUNNER", "docker")
    return docker


def test_a_script_runs_in_a_container(tmp_path: Path, in_containers: Podman) -> None:
    run = FakeRun(tmp_path)
    found = run.run(
        ShellCommands(
            "s",
            commands=["cat given", "echo $container $NAME", "ls /bin | wc -l > made"],
            env={"NAME": "me"},
            input_files={"given": "hello\n"},
            output_files=["made"],
            task_runner=DockerRunner(),
            container_image=BOX,
        )
    )
    assert run.messages("INFO") == ["hello", "podman me"]
    assert int(run.content(found["outputFiles"]["made"])) < 50, "the files of the image"
    assert len(found["taskRunner"]["containerId"]) == 64
    assert in_containers.containers == []


def test_a_container_of_a_script_may_stay(tmp_path: Path, in_containers: Podman) -> None:
    kept = ShellCommands("s", commands=["true"], task_runner=DockerRunner(image=BOX, delete=False))
    found = FakeRun(tmp_path).run(kept)
    assert in_containers.containers == [found["taskRunner"]["containerId"]]


def test_the_image_of_a_script_comes_from_a_registry_that_asks_who_one_is(
    tmp_path: Path, in_containers: Podman, shop: str
) -> None:
    me = Credentials(registry=shop, username="tester", password=PASSWORD)
    name, run = f"{shop}/box:script", FakeRun(tmp_path)
    run.run(task("docker.cli.Tag", source_image=BOX, target_image=name))
    run.run(task("docker.cli.Push", tags=[name], credentials=me))
    run.run(task("docker.cli.Rm", image_ids=[name]))
    run = FakeRun(tmp_path / "script")
    for runner in (DockerRunner(image=name), DockerRunner(image="box:script", credentials=me)):
        script = ShellCommands("s", commands=["echo here"], task_runner=runner)
        if runner.credentials is None:
            with pytest.raises(TaskFailure, match="docker pull failed"):
                run.run(script)
        else:
            run.run(script)
    assert run.messages("INFO") == ["here"]
    elsewhere = DockerRunner(image=name, host=f"unix://{tmp_path}/nobody")
    with pytest.raises(TaskFailure):
        FakeRun(tmp_path).run(ShellCommands("s", commands=["true"], task_runner=elsewhere))


def test_an_option_is_no_image_of_a_script(tmp_path: Path, in_containers: Podman) -> None:
    runner = DockerRunner(image="--privileged")
    with pytest.raises(TaskFailure, match="no name of an image"):
        FakeRun(tmp_path).run(ShellCommands("s", commands=["true"], task_runner=runner))


def test_a_kill_ends_the_container_of_a_script(tmp_path: Path, in_containers: Podman) -> None:
    runner = DockerRunner(image=BOX)
    commands = ["touch started", "sleep 1000"]
    killed(FakeRun(tmp_path), ShellCommands("s", commands=commands, task_runner=runner))
    assert in_containers.containers == []


FLOW = """\
id: contained
namespace: a.b
tasks:
  - id: told
    type: io.kestra.plugin.docker.cli.Run
    containerImage: box:1
    commands: [sh, -c, "echo the token is $TOKEN"]
    env: {TOKEN: "{{ secret('TOKEN') }}"}
  - id: script
    type: io.kestra.plugin.scripts.shell.Commands
    taskRunner: {type: io.kestra.plugin.scripts.runner.docker.Docker, image: box:1}
    commands: ["echo in $container", "sleep 1000"]
    timeout: PT3S
"""


def test_a_flow_hides_its_secrets_and_a_timeout_ends_a_container(
    tmp_path: Path, in_containers: Podman
) -> None:
    path = tmp_path / "flow.yaml"
    path.write_text(FLOW)
    done = subprocess.run(
        [sys.executable, "-m", "flowc", "run", str(path)],
        env={**os.environ, "SECRET_TOKEN": b64encode(b"hush-hush").decode()},
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert "the token is" in done.stderr and "hush-hush" not in done.stderr + done.stdout
    assert done.returncode != 0 and "FAILED" in done.stderr
    assert in_containers.containers == []
