"""A store whose bytes have changed: it says so with a code, or answers as before. Stores of older versions."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from programs import Program, runs

from flowrt import Flow, Run
from flowrt.control.each import ForEach
from flowrt.control.if_ import If
from flowrt.inputs.sealing import Sealer
from flowrt.model.failures import Refusal
from flowrt.store.errors import StoreError
from flowrt.store.opening import open_database
from flowrt.store.sqlite import FILE
from flowrt.tasks.debug import Return
from flowrt.tasks.log import Log
from flowrt.verbs.look import document_of, executions, listed
from flowrt.verbs.options import RunOptions
from flowrt.verbs.resume import resume
from flowrt.verbs.start import execute

FLIPS = 350
WAL_HEADER, WAL_FRAME = 32, 24 + 4096


def flow() -> Flow:
    found = Flow("damaged", "company.team")
    value = found.task(Return("value", format="some text that is stored " * 20))
    log = found.task(Log("log", message=["one", "two"]))

    @found.block(ForEach("each", values=["a", "b", "c"]))
    async def each(run: Run, item: str) -> None:
        await run(value)
        await run(choice)

    @found.block(If("choice", condition="true"))
    async def choice(run: Run) -> None:
        await run(log)

    @found.tasks
    async def tasks(run: Run) -> None:
        await run(each)

    return found


def answers(folder: Path, ids: list[str]) -> list[Any]:
    """What a store answers to whoever looks at all of it."""
    options = RunOptions(store=str(folder))
    found: list[Any] = [list(listed(flow(), options)), list(executions(flow(), options))]
    return found + [document_of(flow(), id, options) for id in ids]


def test_each_changed_byte_is_seen_or_changes_nothing(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    ids = [execute(flow(), RunOptions(store=str(whole))).id for _ in range(8)]
    before = answers(whole, ids)
    shutil.copytree(whole, broken)
    good = bytearray((whole / FILE).read_bytes())
    chance = random.Random(7)
    seen = 0
    for _ in range(FLIPS):
        at = chance.randrange(len(good))
        bad = bytearray(good)
        bad[at] ^= chance.randrange(1, 256)
        for rest in broken.glob(f"{FILE}-*"):
            rest.unlink()
        (broken / FILE).write_bytes(bad)
        try:
            found = answers(broken, ids)
        except StoreError as error:
            assert error.code in ("FS103", "FS104"), (at, error)
            seen += 1
        else:
            assert found == before, f"byte {at} has changed what the store says"
    assert seen > FLIPS / 2


def test_damage_in_the_write_ahead_log_leads_to_an_earlier_point(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    options = RunOptions(store=str(whole), keep_logs=True)
    execute(flow(), options)
    with sqlite3.connect(whole / FILE) as watching:  # or else the log is emptied at each end
        watching.execute("SELECT count(*) FROM run").fetchone()
        execute(flow(), options)
        execute(flow(), options)
        shutil.copytree(whole, broken)
    watching.close()
    log = broken / f"{FILE}-wal"
    rest, good = (broken / FILE).read_bytes(), log.read_bytes()

    def answer(data: bytes) -> Any:
        (broken / FILE).write_bytes(rest)
        log.write_bytes(data)
        (broken / f"{FILE}-shm").unlink(missing_ok=True)
        try:
            found = list(executions(flow(), RunOptions(store=str(broken))))
            return json.dumps(answers(broken, [each["id"] for each in found]))
        except StoreError as error:
            return error.code

    points = [answer(good[:end]) for end in range(WAL_HEADER, len(good) + 1, WAL_FRAME)]
    assert len(set(points)) > 5 and not any(point.startswith("FS") for point in points)
    chance = random.Random(7)
    for _ in range(FLIPS // 4):
        at = chance.randrange(len(good))
        data = bytearray(good)
        data[at] ^= chance.randrange(1, 256)
        found = answer(bytes(data[: chance.choice([len(data), at])]))
        assert found in points or found in ("FS102", "FS103"), f"byte {at}: {found}"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE run SET history = replace(history, 'SUCCESS', 'FAILED') WHERE seq = 1",
        "UPDATE run SET outputs = NULL",
        "UPDATE log SET message = '\"other\"'",
        "UPDATE choice SET value = '[\"z\"]'",
        "UPDATE execution SET state = 'FAILED'",
        "UPDATE execution SET record = replace(record, 'damaged', 'x') || ' '",
        "UPDATE program SET text = '{}'",
        "DELETE FROM program",
        "UPDATE run SET mark = NULL",
    ],
)
def test_each_changed_value_is_seen(tmp_path: Path, change: str) -> None:
    options = RunOptions(store=str(tmp_path), keep_logs=True)
    id = execute(flow(), options).id
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute(change)
    connection.close()
    with pytest.raises(StoreError, match="FS103"):
        resume(flow(), id, options)
    assert change.startswith("UPDATE choice") or not shows(tmp_path, id)


def shows(folder: Path, id: str) -> bool:
    try:
        document_of(flow(), id, RunOptions(store=str(folder)))
    except StoreError as error:
        assert error.code == "FS103"
        return False
    return True


@pytest.mark.parametrize("length", [0, 5, 20, 40])
def test_a_damaged_key_is_told(tmp_path: Path, length: int) -> None:
    key = tmp_path / "sealing.key"
    Sealer.kept_in(str(key))
    key.write_bytes((key.read_bytes() * 2)[:length])
    with pytest.raises(Refusal, match=rf"FS103: the key .* is damaged: it has {length} bytes"):
        Sealer.kept_in(str(key))


OLD = """
id: old
namespace: a.b
inputs:
  - {id: word, type: STRING, defaults: hello}
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: [eu, us]
    tasks:
      - {id: say, type: io.kestra.plugin.core.debug.Return, format: "{{ inputs.word }} {{ taskrun.value }}"}
  - {id: wait, type: io.kestra.plugin.core.flow.Pause, onResume: [{id: answer, type: STRING}]}
  - {id: end, type: io.kestra.plugin.core.log.Log, message: "{{ outputs.wait.onResume.answer }} {{ outputs.say.us.value }}"}
outputs:
  - {id: said, type: STRING, value: "{{ outputs.say.eu.value }}"}
"""
"""The flow whose executions `version1.sql` holds: one that has ended, one that waits."""


def test_a_store_of_the_first_version_goes_on(tmp_path: Path) -> None:
    program = Program(tmp_path, OLD)
    write_old(Path(program.store))
    waiting, ended = program.list()
    assert (waiting["state"]["current"], ended["state"]["current"]) == ("PAUSED", "SUCCESS")
    done = program.run("resume", waiting["id"], "--input", "answer=yes")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"said": "word2 eu"}
    document = program.show(waiting["id"])
    states = [("each", "SUCCESS"), ("say", "SUCCESS"), ("say", "SUCCESS")]
    assert runs(document) == [*states, ("wait", "SUCCESS"), ("end", "SUCCESS")]
    assert [each["message"] for each in document["logs"]][-1] == "yes word2 us"
    with sqlite3.connect(Path(program.store) / FILE) as connection:
        assert connection.execute("SELECT count(*) FROM program").fetchone() == (1,)
    connection.close()


def write_old(folder: Path) -> None:
    folder.mkdir()
    connection = sqlite3.connect(folder / FILE)
    connection.executescript((Path(__file__).parent / "version1.sql").read_text())
    connection.close()


def test_a_store_that_an_older_process_works_with_is_left_alone(tmp_path: Path) -> None:
    from flowrt.store.holders import birth, host_name

    folder = tmp_path / "store"
    write_old(folder)
    with sqlite3.connect(folder / FILE) as connection:
        holder = (1, os.getpid(), host_name(), birth(os.getpid()), "t", 0.0)
        connection.execute("INSERT INTO holder VALUES (?, ?, ?, ?, ?, ?)", holder)
    connection.close()
    with pytest.raises(StoreError, match=r"FS107.* is in use by an older flowrt: process"):
        open_database(str(folder))
    with sqlite3.connect(folder / FILE) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()
