"""Azure Batch: a stand-in that checks signatures as they are documented, keeps jobs, and has files that tasks have left."""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from plugins.service import Answer, Asked, PatientRun, Service
from tasks.fake import t, task

from flowrt.model.failures import TaskFailure
from flowrt.plugins.azure.batch import (
    BatchBlobContainer,
    BatchConstraints,
    BatchContainer,
    BatchDestination,
    BatchIdentity,
    BatchJob,
    BatchJobTask,
    BatchRegistry,
    BatchResourceFile,
    BatchUploadFile,
)

KEY = base64.b64encode(b"the key of the account").decode()
RAN = {"exitCode": 0}
FAILED = {"exitCode": 7, "failureInfo": {"message": "The task exited with an exit code"}}


def signature(asked: Asked) -> str:
    """The signature of a request, in the form of the documents."""
    place = urlsplit(asked.path)
    length, kind = asked.headers.get("content-length", ""), asked.headers.get("content-type", "")
    text = f"{asked.method}\n\n\n{length}\n\n{kind}\n\n\n\n\n\n\n"
    text += f"ocp-date:{asked.headers['ocp-date']}\n/acc{unquote(place.path)}"
    for name, value in sorted(parse_qsl(place.query)):
        text += f"\n{name}:{value}"
    made = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
    return f"SharedKey acc:{base64.b64encode(made).decode()}"


class Account:
    """A job runs for `looks` looks at its tasks; `files` are those of its tasks, by task and name."""

    def __init__(self, service: Service) -> None:
        self.url = service.url
        self.job: dict[str, Any] = {}
        self.tasks: list[dict[str, Any]] = []
        self.looks = 0
        self.ran: dict[str, dict[str, Any]] = {}
        self.files: dict[tuple[str, str], bytes] = {}
        self.deleted: list[str] = []
        self.refused = ""
        self.pool: dict[str, Any] = {"id": "p", "state": "active", "allocationState": "steady"}
        self.pools: list[dict[str, Any]] = []
        self.resized: list[Any] = []
        self.nodes: list[list[Any]] = []
        service.answer = self

    def __call__(self, asked: Asked) -> Answer:
        assert asked.headers["authorization"] == signature(asked)
        place = urlsplit(asked.path)
        query = dict(parse_qsl(place.query))
        assert query.pop("api-version")
        steps = [unquote(each) for each in place.path.strip("/").split("/")]
        if steps[0] == "pools":
            return self._pool(asked, steps, query)
        if asked.method == "POST":
            assert asked.headers["content-type"].startswith("application/json; odata=")
        match asked.method, steps:
            case "POST", ["jobs"]:
                self.job = asked.json
                return 201, b""
            case "POST", ["jobs", "j", "addtaskcollection"]:
                given = asked.json["value"]
                assert len(given) <= 100
                self.tasks += given
                return 200, {"value": [self._added(each["id"]) for each in given]}
            case "GET", ["jobs", "j", "tasks"]:
                return self._listed(query)
            case "GET", ["jobs", "j", "tasks", name, "files"]:
                assert query == {"recursive": "true"}
                found = [{"name": "wd/outs", "isDirectory": True}]
                found += [{"name": file} for each, file in self.files if each == name]
                return 200, {"value": found}
            case "GET", ["jobs", "j", "tasks", name, "files", path]:
                empty = b"" if path.startswith("std") else None
                data = self.files.get((name, path), empty)
                return (200, data) if data is not None else (404, {"code": "FileNotFound"})
            case "DELETE", ["jobs", name]:
                self.deleted.append(name)
                return 202, b""
        return 404, {"code": "NotFound"}

    def _added(self, name: str) -> dict[str, Any]:
        if name == self.refused:
            return {"status": "clienterror", "taskId": name, "error": {"message": {"value": "no"}}}
        return {"status": "success", "taskId": name}

    def _listed(self, query: dict[str, str]) -> Answer:
        if "page" in query:
            return 200, {"value": [self._ended(each) for each in self.tasks[1:]]}
        if "$select" in query:
            self.looks -= 1
            state = "running" if self.looks >= 0 else "completed"
            return 200, {"value": [{"id": each["id"], "state": state} for each in self.tasks]}
        more = f"{self.url}/jobs/j/tasks?api-version=1&page=2"
        return 200, {
            "value": [self._ended(each) for each in self.tasks[:1]],
            "odata.nextLink": more,
        }

    def _ended(self, given: dict[str, Any]) -> dict[str, Any]:
        name = given["id"]
        stats = {"readIOps": 3, "wallClockTime": "PT1.5S"} if name == "one" else None
        return {"id": name, "executionInfo": self.ran.get(name, RAN), "stats": stats}

    def _pool(self, asked: Asked, steps: list[str], query: dict[str, str]) -> Answer:
        if steps[1] != "p":
            return 404, {"code": "PoolNotFound"}
        if steps[2:] == ["resize"]:
            self.resized.append(asked.json)
            self.pool |= asked.json
            return 202, b""
        if steps[2:] == ["nodes"]:
            assert query["$filter"] == "state eq 'idle'"
            return 200, {"value": self.nodes.pop(0)}
        return 200, self.pool | (self.pools.pop(0) if self.pools else {})


@pytest.fixture
def account(service: Service) -> Account:
    return Account(service)


@pytest.fixture
def run(tmp_path: Path) -> PatientRun:
    return PatientRun(tmp_path, key=KEY, pass_="S3CRET")


def make(account: Account, name: str, /, **properties: Any) -> Any:
    known = {"endpoint": account.url, "account": "acc", "access_key": t("{{ key }}")}
    return task(f"azure.batch.{name}", **{**known, **properties})


def create(account: Account, *tasks: BatchJobTask, **properties: Any) -> Any:
    given = {"pool_id": "p", "job": BatchJob(id="j"), "tasks": list(tasks), **properties}
    return make(account, "job.Create", **given)


def test_a_job_runs_to_its_end(account: Account, run: PatientRun) -> None:
    account.looks = 2
    account.files = {
        ("one", "stdout.txt"): b'hello\r\n::{"outputs":{"extract":"x"}}::\n',
        ("one", "stderr.txt"): b"careful\n",
        ("one", "wd/outs/1.txt"): b"1",
        ("two", "wd/outs/child/2.txt"): b"2",
        ("two", "wd/outs/child/sub/3.txt"): b"3",
        ("two", "wd/outs/child/.kestradirectory"): b"",
        ("two", "wd/other.txt"): b"4",
    }
    one = BatchJobTask(
        id="one", commands=["echo $A", 'say "\\n"'], output_files=["outs/1.txt"],
        environments={"A": t("{{ pass_ }}")},
    )  # fmt: skip
    two = BatchJobTask(id="two", commands=["true"], output_dirs=["outs/child"])
    job = BatchJob(id="j", display_name="J", priority=5, labels={"a": "b"})
    found = run.run(create(account, one, two, job=job, completion_check_interval="PT3S"))
    assert found["vars"] == {"extract": "x"}
    files = {name: run.content(uri) for name, uri in found["outputFiles"].items()}
    assert files == {"outs/1.txt": "1", "2.txt": "2", "sub/3.txt": "3"}
    assert account.job == {
        "id": "j", "displayName": "J", "priority": 5, "metadata": [{"name": "a", "value": "b"}],
        "poolInfo": {"poolId": "p"},
    }  # fmt: skip
    assert account.tasks[0] == {
        "id": "one", "commandLine": '/bin/sh -c "echo $A\nsay \\"\\\\n\\""',
        "environmentSettings": [{"name": "A", "value": "S3CRET"}],
    }  # fmt: skip
    assert (run.slept, account.deleted) == ([3.0, 3.0], ["j"])
    assert run.messages("ERROR") == ["careful"]
    assert {"hello", "2 tasks completed", "Task ended 'two' with exit code '0'"} <= set(
        run.messages("INFO")
    )
    assert ("counter", "io.read.ops.count", 3.0) in run.metrics
    assert ("timer", "wall.clock.duration", 1.5) in run.metrics
    assert not any(KEY in text or "S3CRET" in text for _, text in run.logs)


def test_what_a_task_may_say_of_itself(account: Account, run: PatientRun) -> None:
    me = BatchIdentity(resource_id="/me")
    given = BatchJobTask(
        display_name="T", interpreter="/bin/bash", interpreter_args=["-e", "-c"], commands=["true"],
        container_settings=BatchContainer(
            image_name="python", container_run_options="--rm",
            working_directory="CONTAINER_IMAGE_DEFAULT",
            registry=BatchRegistry(
                registry_server="reg", user_name="u", password=t("{{ pass_ }}"),
                identity_reference=me,
            ),
        ),
        resource_files=[BatchResourceFile(http_url="https://h/a", file_path="in/a", file_mode="0600")],
        upload_files=[
            BatchUploadFile(
                file_pattern="*.txt",
                destination=BatchDestination(
                    container=BatchBlobContainer(container_url="https://c", path="p")
                ),
            )
        ],
        constraints=BatchConstraints(max_wall_clock_time="PT90M", max_task_retry_count=0),
        required_slots=2,
    )  # fmt: skip
    run.run(create(account, given))
    (sent,) = account.tasks
    assert len(sent.pop("id")) == 32
    assert sent == {
        "displayName": "T", "commandLine": '/bin/bash -e -c "true"', "requiredSlots": 2,
        "containerSettings": {
            "imageName": "python", "containerRunOptions": "--rm",
            "workingDirectory": "containerImageDefault",
            "registry": {
                "registryServer": "reg", "username": "u", "password": "S3CRET",
                "identityReference": {"resourceId": "/me"},
            },
        },
        "resourceFiles": [{"httpUrl": "https://h/a", "filePath": "in/a", "fileMode": "0600"}],
        "outputFiles": [
            {
                "filePattern": "*.txt",
                "destination": {"container": {"containerUrl": "https://c", "path": "p"}},
                "uploadOptions": {"uploadCondition": "taskcompletion"},
            }
        ],
        "constraints": {"maxWallClockTime": "PT1H30M", "maxTaskRetryCount": 0},
    }  # fmt: skip


def test_many_tasks_are_added_in_parts(account: Account, run: PatientRun) -> None:
    tasks = [BatchJobTask(id=str(number), commands=["true"]) for number in range(101)]
    run.run(create(account, *tasks))
    assert [each["id"] for each in account.tasks] == [each.id for each in tasks]


def test_tasks_that_fail(account: Account, run: PatientRun) -> None:
    account.ran["two"] = FAILED
    account.files["two", "stderr.txt"] = b"why\n"
    tasks = [BatchJobTask(id=each, commands=["x"], output_files=["a"]) for each in ("one", "two")]
    account.files["one", "wd/a"] = b""
    with pytest.raises(TaskFailure, match=r"1/2 task\(s\) failed, terminating!"):
        run.run(create(account, *tasks))
    assert run.messages("WARN") == [
        "Task 'two' failed with exit code '7': The task exited with an exit code"
    ]
    assert (run.messages("ERROR"), account.deleted) == (["why"], ["j"])


def test_a_working_folder_comes_along(account: Account, run: PatientRun) -> None:
    account.files = {("one", "wd/a/b.txt"): b"b", ("one", "stdout.txt"): b""}
    found = run.run(
        create(
            account,
            BatchJobTask(id="one", commands=["true"]),
            sync_working_directory=True,
            delete=False,
        )
    )
    assert (found["outputFiles"], account.deleted) == ({}, [])
    assert (run.working_dir / "a" / "b.txt").read_bytes() == b"b"


@pytest.mark.parametrize("name", ["../out.txt", "a/../../out.txt", "..\\out.txt"])
def test_no_file_leaves_the_working_folder(
    account: Account, run: PatientRun, name: str, tmp_path: Path
) -> None:
    account.files["one", f"wd/{name}"] = b"x"
    given = BatchJobTask(id="one", commands=["true"])
    with pytest.raises(TaskFailure, match="File should be accessed with their full path"):
        run.run(create(account, given, sync_working_directory=True))
    assert not list(tmp_path.rglob("*out.txt"))


def test_a_job_of_a_task_that_is_killed_is_deleted(account: Account, run: PatientRun) -> None:
    account.looks = 9
    run.killed_in_its_sleep(create(account, BatchJobTask(id="one", commands=["true"])))
    assert account.deleted == ["j"]


def test_a_task_that_is_not_taken(account: Account, run: PatientRun) -> None:
    account.refused = "one"
    with pytest.raises(TaskFailure, match="Task 'one' was not taken: no"):
        run.run(create(account, BatchJobTask(id="one", commands=["true"])))
    assert account.deleted == ["j"]


def test_a_job_that_takes_too_long(account: Account, run: PatientRun) -> None:
    account.looks = 9
    with pytest.raises(TaskFailure, match="failed to terminate within PT0S"):
        run.run(create(account, BatchJobTask(id="one", commands=["true"]), max_duration="PT0S"))
    assert account.deleted == ["j"]


def test_a_pool_is_resized(account: Account, run: PatientRun) -> None:
    account.pools = [{}, {"allocationState": "resizing"}]
    account.nodes = [[], [{"id": "n", "state": "idle"}]]
    resize = make(account, "pool.Resize", pool_id="p", target_dedicated_nodes=2)
    told = {"id": "p", "targetDedicatedNodes": 2, "targetLowPriorityNodes": 0}
    assert run.run(resize) == {"pool": told}
    assert account.resized == [{"targetDedicatedNodes": 2, "targetLowPriorityNodes": 0}]
    assert run.slept == [10.0, 10.0]
    assert run.run(make(account, "pool.Resize", pool_id="p"))["pool"]["targetDedicatedNodes"] == 0


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"pool_id": "none"}, "Pool 'none' doesn't exists"),
        ({"access_key": "?"}, "`accessKey` is no key of an account"),
        ({"pool_id": ".."}, "is no name that an address can hold"),
    ],
)
def test_pools_that_cannot_be_resized(
    account: Account, run: PatientRun, properties: dict[str, Any], said: str
) -> None:
    with pytest.raises(TaskFailure, match=said):
        run.run(make(account, "pool.Resize", **{"pool_id": "p", **properties}))
    account.pool["state"] = "deleting"
    with pytest.raises(TaskFailure, match="Pool 'p' is not active, state: 'deleting'"):
        run.run(make(account, "pool.Resize", pool_id="p"))
    assert account.resized == []
