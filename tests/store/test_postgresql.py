"""What a store in PostgreSQL adds: other machines, a server that goes away. All else is tested on both kinds of stores."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import psycopg
import pytest
from crash import crash
from programs import DATABASES, ENVIRONMENT, Program, runs

from flowrt.store.errors import StoreError
from flowrt.store.opening import open_database

pytestmark = pytest.mark.services

ASKING = """
id: asking
namespace: company.team
inputs: [{id: key, type: SECRET}]
tasks:
  - {id: file, type: io.kestra.plugin.core.storage.Write, content: kept}
  - {id: set, type: io.kestra.plugin.core.kv.Set, key: k, value: v}
  - {id: ask, type: io.kestra.plugin.core.flow.Pause, onResume: [{id: n, type: INT}]}
  - {id: read, type: io.kestra.plugin.core.debug.Return, format: "{{ read(outputs.file.uri) }} {{ kv('k') }} {{ inputs.key | length }}"}
outputs: [{id: out, type: STRING, value: "{{ outputs.read.value }} {{ outputs.ask.onResume.n }}"}]
"""

WAITING = """
id: waiting
namespace: company.team
inputs: [{id: go, type: STRING}]
tasks:
  - {id: first, type: io.kestra.plugin.core.debug.Return, format: "1"}
  - id: wait
    type: io.kestra.plugin.scripts.shell.Commands
    commands: ["touch {{ inputs.go }}.begun; while [ ! -e {{ inputs.go }} ]; do sleep 0.02; done"]
  - {id: last, type: io.kestra.plugin.core.debug.Return, format: "{{ outputs.first.value }}"}
"""


@pytest.fixture(autouse=True)
def on_postgresql(new_database: Callable[[], str]) -> Any:
    DATABASES.append(new_database)
    yield
    DATABASES.clear()


def test_an_execution_goes_on_from_another_machine(tmp_path: Path) -> None:
    """Only the addresses, and the key of SECRET values, are the same there."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    program = Program(here, ASKING)
    environment = {**ENVIRONMENT, "FLOWRT_SEALING_KEY": "a key of many bytes"}
    environment["FLOWRT_STORAGE"] = f"file://{tmp_path}/shared"
    paused = program.run("--input", "key=hush-hush", env=environment)
    assert paused.returncode == 3, paused.stderr
    shutil.copy(program.file, there / "flow.py")
    shutil.rmtree(here)
    program.folder, program.file = there, there / "flow.py"
    [execution] = program.list()
    done = program.run("resume", execution["id"], "--input", "n=5", env=environment)
    assert done.returncode == 0, done.stderr
    assert '"out": "kept v 9 5"' in done.stdout
    assert b"hush-hush" not in program.stored()
    refused = program.run("--input", "key=x", env={**environment, "FLOWRT_SEALING_KEY": "short"})
    assert (refused.returncode, "FLOWRT_SEALING_KEY is too short" in refused.stderr) == (2, True)


def test_a_connection_that_is_lost_has_a_code_and_resume_goes_on(tmp_path: Path) -> None:
    program = Program(tmp_path, WAITING)
    go = tmp_path / "go"
    process = program.start("--input", f"go={go}")
    id = program.wait_for("RUNNING", "wait")["id"]
    while not Path(f"{go}.begun").exists():
        assert process.poll() is None
    with psycopg.connect(program.store, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'flowrt' AND datname = current_database()"
        )
    go.touch()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "error FS110: the connection to the store postgresql://tester:***@" in said
    assert "Traceback" not in said
    done = program.run("resume", id)
    assert done.returncode == 0, done.stderr
    document = program.show(id)
    assert runs(document) == [(task, "SUCCESS") for task in ("first", "wait", "last")]
    attempts = [len(each["attempts"]) for each in document["taskRunList"]]
    assert attempts == [1, 2, 1]


def test_what_it_cannot_do_has_a_code(new_database: Callable[[], str], tmp_path: Path) -> None:
    address = new_database()
    with pytest.raises(
        StoreError, match=r"FS101: there is no store in postgresql://tester:\*\*\*@"
    ):
        open_database(address, create=False)
    open_database(address).close()
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "ALTER DATABASE "
            + address.rpartition("/")[2]
            + " SET default_transaction_read_only = on"
        )
    database = open_database(address)
    with pytest.raises(StoreError, match="FS105"), database:
        database.write("INSERT INTO slot (execution) VALUES (?)", (1,))
    assert not database.in_transaction
    database.close()
    with psycopg.connect(
        address, autocommit=True, options="-c default_transaction_read_only=off"
    ) as connection:
        connection.execute("UPDATE flowrt.version SET number = 99")
    with pytest.raises(StoreError, match="FS104"):
        open_database(address)


def test_crashes(new_database: Callable[[], str]) -> None:
    assert crash(kills=8, seed=3, new_store=new_database) == []


def test_programs_that_begin_together_make_one_store(new_database: Callable[[], str]) -> None:
    address, many = new_database(), 8
    together = Barrier(many)

    def opened(_: int) -> int:
        together.wait()
        database = open_database(address)
        (count,) = database.row("SELECT count(*) FROM version") or (0,)
        database.close()
        return int(count)

    with ThreadPoolExecutor(many) as pool:
        assert list(pool.map(opened, range(many))) == [1] * many
