"""The file of a store: what goes wrong with it, what it keeps, changed programs."""

import os
import shlex
import shutil
import sqlite3
import subprocess
from pathlib import Path
from threading import Timer

import pytest
from programs import ENVIRONMENT, Program, runs, states

from flowrt import Flow, Run
from flowrt.engine.attempt import Attempt
from flowrt.model.failures import Refusal
from flowrt.store.codec import (
    pack,
    pack_attempts,
    pack_history,
    unpack,
    unpack_attempts,
    unpack_history,
)
from flowrt.store.errors import StoreError
from flowrt.store.opening import open_database
from flowrt.store.sqlite import FILE
from flowrt.store.sqlite import SqliteDatabase as Database
from flowrt.tasks.debug import Return
from flowrt.tasks.execution import Fail
from flowrt.verbs.look import document_of, executions
from flowrt.verbs.options import RunOptions
from flowrt.verbs.start import execute

MOUNTS = (
    os.geteuid() == 0
    and shutil.which("unshare") is not None
    and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0
)

FLAKY = """
id: flaky
namespace: company.team
tasks:
  - {id: before, type: io.kestra.plugin.core.debug.Return, format: "{{ taskrun.id }}"}
  - id: fails
    type: io.kestra.plugin.core.execution.Fail
    condition: "{{ taskrun.attemptsCount == 0 }}"
  - {id: end, type: io.kestra.plugin.core.log.Log, message: "end 😀"}
errors:
  - {id: handler, type: io.kestra.plugin.core.log.Log, message: handled}
"""


def small(*, fail: bool = False) -> Flow:
    flow = Flow("small", "company.team")
    value = flow.task(Return("value", format="x"))
    wrong = flow.task(Fail("wrong", condition="true" if fail else "false"))

    @flow.tasks
    async def tasks(run: Run) -> None:
        await run(value)
        await run(wrong)

    return flow


def options(folder: Path, **more: object) -> RunOptions:
    return RunOptions(store=str(folder), **more)  # type: ignore[arg-type]


def test_a_new_store_waits_for_whoever_makes_it(tmp_path: Path) -> None:
    """Two programs that start at once on a folder without a store: the second waits for the first."""
    first = sqlite3.connect(tmp_path / FILE, isolation_level=None, check_same_thread=False)
    first.execute("BEGIN IMMEDIATE")
    release = Timer(0.3, first.rollback)
    release.start()
    Database(tmp_path).close()
    release.join()
    first.close()


# ---- codec ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -1.5, 2**70, "", "é\x00\ud800", [1, [None]], {"a": {"b": []}, "": 1}],
)
def test_values_survive(value):
    text = pack(value)
    assert text.isascii()
    assert unpack(text) == value


def test_dates_become_what_their_json_is():
    from flowrt.java.time.temporal import Instant

    assert unpack(pack({"at": Instant(1_700_000_000_000_000_000)}))["at"].startswith("2023-11-14T")


def test_histories_and_attempts_survive():
    history = ["CREATED", 1, "RUNNING", 2]
    assert unpack_history(pack_history(history)) == history
    assert unpack_attempts(pack_attempts(None)) is None
    assert unpack_attempts(pack_attempts([])) == []
    found = unpack_attempts(pack_attempts([Attempt(history), Attempt(["FAILED", 3])]))
    assert [attempt.history for attempt in found or []] == [history, ["FAILED", 3]]


# ---- what goes wrong ------------------------------------------------------------------------------------------------


def code_of(flow: Flow, folder: Path) -> str:
    with pytest.raises(StoreError) as caught:
        execute(flow, options(folder))
    return caught.value.code


def test_files_that_are_no_stores(tmp_path: Path):
    (tmp_path / FILE).write_text("this is no database, but long enough to be looked at" * 20)
    assert code_of(small(), tmp_path) == "FS103"


def test_databases_of_others(tmp_path: Path):
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    assert code_of(small(), tmp_path) == "FS103"


def test_stores_of_newer_versions(tmp_path: Path):
    Database(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert code_of(small(), tmp_path) == "FS104"


def test_folders_that_cannot_be_made(tmp_path: Path):
    (tmp_path / "file").write_text("")
    assert code_of(small(), tmp_path / "file" / "store") == "FS102"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_stores_that_are_read_only(tmp_path: Path):
    execute(small(), options(tmp_path))
    for file in tmp_path.iterdir():
        file.chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        assert code_of(small(), tmp_path) in ("FS105", "FS102")
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.skipif(not MOUNTS, reason="mounting takes root and `unshare`")
@pytest.mark.parametrize("words", [["list"], ["show", "ID"], ["resume", "ID"], ["kill", "ID"], []])
def test_a_read_only_file_system_has_its_code(tmp_path: Path, words: list[str]) -> None:
    program = Program(tmp_path, FLAKY)
    program.run()
    id = program.list()[0]["id"]
    command = shlex.join(program.words(*(id if word == "ID" else word for word in words)))
    store = shlex.quote(program.store)
    script = f"mount --bind {store} {store} && mount -o remount,ro,bind {store} && {command}"
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script], env=ENVIRONMENT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error FS105: the store"), done.stderr


def test_a_full_disk_loses_nothing_that_was_committed(tmp_path: Path):
    program = Program(tmp_path, FLAKY)
    assert program.run().returncode == 1
    before = program.show(program.list()[0]["id"])

    def small_files() -> None:
        from resource import RLIMIT_FSIZE, setrlimit

        size = (Path(program.store) / FILE).stat().st_size
        setrlimit(RLIMIT_FSIZE, (size // 2, size // 2))

    failed = program.run("restart", before["id"], preexec_fn=small_files)
    assert failed.returncode == 1
    assert "FS106" in failed.stderr
    assert program.show(before["id"]) == before
    assert program.run("restart", before["id"]).returncode == 0


@pytest.mark.parametrize("away", ["mv {store} {store}.away", "rm -r {store}"])
def test_a_store_that_goes_away_ends_the_program(tmp_path: Path, away: str) -> None:
    command = away.format(store=tmp_path / "store")
    program = Program(
        tmp_path,
        f"""
id: f
namespace: a.b
tasks:
  - {{id: away, type: io.kestra.plugin.scripts.shell.Commands, commands: ["[ -e {tmp_path}/once ] || {{ touch {tmp_path}/once; {command}; }}"]}}
  - {{id: then, type: io.kestra.plugin.core.log.Log, message: then}}
""",
    )
    done = program.run()
    assert done.returncode == 1
    assert f"error FS101: the store {tmp_path / 'store' / FILE} was moved or deleted" in done.stderr
    assert "then: then" not in done.stderr + done.stdout
    if (there := tmp_path / "store.away").exists():
        shutil.rmtree(tmp_path / "store", ignore_errors=True)
        there.rename(tmp_path / "store")
        [left] = program.list()
        assert program.run("resume", left["id"]).returncode == 0
        assert states(program.show(left["id"]))[-1] == "SUCCESS"


def test_records_that_were_damaged(tmp_path: Path):
    id = execute(small(), options(tmp_path)).id
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("UPDATE run SET history = 'CREATED x', outputs = '{'")
    connection.close()
    with pytest.raises(StoreError) as caught:
        document_of(small(), id, RunOptions(store=str(tmp_path)))
    assert caught.value.code == "FS103"


def test_no_such_store_or_execution(tmp_path: Path):
    with pytest.raises(StoreError) as caught:
        list(executions(small(), RunOptions(store=str(tmp_path / "none"))))
    assert caught.value.code == "FS101"
    execute(small(), options(tmp_path))
    with pytest.raises(Refusal, match="Execution 'none' not found"):
        document_of(small(), "none", RunOptions(store=str(tmp_path)))


class FarIds:
    """Ids that differ in the middle."""

    def __init__(self) -> None:
        self._number = 62**21

    def number(self) -> bytes:
        self._number += 62**10
        return self._number.to_bytes(16, "big")


def test_the_beginning_of_an_id_is_known_for_what_it_is(tmp_path: Path):
    ids = FarIds()
    first, second = (execute(small(), options(tmp_path, ids=ids)).id for _ in range(2))
    common = first[:11]
    begun = first[:12]
    assert second.startswith(common) and not second.startswith(begun)
    for given, said in (
        (begun, f"Execution '{begun}' not found. Did you mean {first}?"),
        (common, f"Execution '{common}' not found. Several begin with that."),
        (first + "x", f"Execution '{first}x' not found."),
        ("%", "Execution '%' not found."),
        ("", "Execution '' not found."),
    ):
        with pytest.raises(Refusal) as caught:
            document_of(small(), given, RunOptions(store=str(tmp_path)))
        assert str(caught.value) == said


# ---- programs that change -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("each_store")
def test_a_changed_program_is_named_and_refused(tmp_path: Path):
    source = FLAKY + "description: a\n"
    program = Program(
        tmp_path,
        source.replace(
            "- id: fails", "- {id: ask, type: io.kestra.plugin.core.flow.Pause}\n  - id: fails"
        ),
    )
    assert program.run().returncode == 3
    id = program.list()[0]["id"]
    text = program.file.with_suffix(".yaml").read_text()
    program.compile(text.replace("message: handled", "message: other").replace('"end ', '"fin '))
    refused = program.run("resume", id)
    assert refused.returncode == 2
    assert "task handler changed" in refused.stderr
    assert "task end changed" in refused.stderr
    assert "task before" not in refused.stderr
    assert program.show(id)["state"]["current"] == "PAUSED"
    assert program.run("resume", id, "--accept-changes").returncode == 1
    assert "handler" in dict(runs(program.show(id)))
    assert program.run("restart", id).returncode == 0, "the change was accepted for good"


@pytest.mark.usefixtures("each_store")
def test_the_order_of_tasks_is_part_of_a_program(tmp_path: Path):
    lines = [
        "id: order",
        "namespace: company.team",
        "tasks:",
        "  - {id: ask, type: io.kestra.plugin.core.flow.Pause}",
        "  - {id: a, type: io.kestra.plugin.core.log.Log, message: a}",
        "  - {id: b, type: io.kestra.plugin.core.log.Log, message: b}",
    ]
    program = Program(tmp_path, "\n".join(lines))
    program.run()
    program.compile("\n".join([*lines[:4], lines[5], lines[4]]))
    refused = program.run("resume", program.list()[0]["id"])
    assert refused.returncode == 2
    assert "the lists of tasks of the flow changed" in refused.stderr


# ---- restart, replay, change of state -------------------------------------------------------------------------------


@pytest.mark.usefixtures("each_store")
def test_restart_runs_what_failed_once_more(tmp_path: Path):
    program = Program(tmp_path, FLAKY)
    assert program.run().returncode == 1
    id = program.list()[0]["id"]
    before = program.show(id)
    assert program.run("restart", id).returncode == 0
    after = program.show(id)
    assert states(after) == ["CREATED", "RUNNING", "FAILED", "RESTARTED", "RUNNING", "SUCCESS"]
    assert runs(after) == [("before", "SUCCESS"), ("fails", "SUCCESS"), ("end", "SUCCESS")]
    assert after["taskRunList"][0] == before["taskRunList"][0]
    assert {"key": "system.restarted", "value": "true"} in after["labels"]
    assert "handled" in [entry["message"] for entry in after["logs"]]
    refused = program.run("restart", id)
    assert refused.returncode == 2
    assert "No task found to restart execution from!" in refused.stderr


@pytest.mark.usefixtures("each_store")
def test_replay_copies_what_came_before(tmp_path: Path):
    program = Program(tmp_path, FLAKY.partition("errors:")[0])
    program.run()
    old = program.show(program.list()[0]["id"])
    assert program.run("replay", old["id"], "--from", "fails").returncode == 0
    new = program.show(program.list()[0]["id"])
    assert new["id"] != old["id"] == new["parentId"] == new["originalId"]
    first, copied = old["taskRunList"][0], new["taskRunList"][0]
    assert copied["id"] != first["id"]
    assert copied["outputs"] == first["outputs"]
    assert runs(new) == [("before", "SUCCESS"), ("fails", "SUCCESS"), ("end", "SUCCESS")]
    assert program.show(old["id"]) == old
    refused = program.run("replay", old["id"], "--from", "befor")
    assert refused.returncode == 2
    assert "did you mean before?" in refused.stderr


@pytest.mark.usefixtures("each_store")
def test_change_of_a_state_lets_the_rest_run(tmp_path: Path):
    program = Program(tmp_path, FLAKY)
    program.run()
    id = program.list()[0]["id"]
    words = ["change-status", id, "--task", "fails", "--state", "SUCCESS"]
    assert program.run(*words).returncode == 0
    document = program.show(id)
    assert runs(document) == [("before", "SUCCESS"), ("fails", "SUCCESS"), ("end", "SUCCESS")]
    assert len(document["taskRunList"][1]["attempts"]) == 1


@pytest.mark.usefixtures("each_store")
def test_restart_of_a_loop_keeps_the_rounds_that_ended(tmp_path: Path):
    source = """
id: rounds
namespace: company.team
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: [a, b, c]
    concurrencyLimit: LIMIT
    tasks:
      - {id: work, type: io.kestra.plugin.core.debug.Return, format: "{{ taskrun.value }}"}
      - id: fails
        type: io.kestra.plugin.core.execution.Fail
        condition: "{{ taskrun.value == 'b' and taskrun.attemptsCount == 0 }}"
"""
    for limit in ("2", "0"):
        folder = tmp_path / limit
        folder.mkdir()
        program = Program(folder, source.replace("LIMIT", limit))
        assert program.run().returncode == 1
        id = program.list()[0]["id"]
        old = {r["id"]: r for r in program.show(id)["taskRunList"] if r["taskId"] == "work"}
        assert program.run("restart", id).returncode == 0
        new = [r for r in program.show(id)["taskRunList"] if r["taskId"] == "work"]
        assert sorted(r["value"] for r in new) == ["a", "b", "c"]
        assert all(r == old[r["id"]] for r in new if r["id"] in old)


@pytest.mark.parametrize(
    "place",
    [
        "u:hu@sh@127.0.0.1:1/x",
        "u:hu/sh@127.0.0.1:1/x",
        "u:hu?sh@127.0.0.1:1/x",
        "u:hush@a..b/x",
        "u:hush@" + "a" * 300 + "/x",
        "127.0.0.1:1/x?password=hush",
        "u:hush@127.0.0.1:999999/x",
        "[::1/x?password=hush",
    ],
)
def test_addresses_of_servers_that_are_none(place: str) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match="FS102") as failure:
        open_database(f"postgresql://{place}")
    said = str(failure.value)
    assert not any(word in said for word in ("hu@", "hush", '"hu"', "'sh@", "Errno", "codec")), said
