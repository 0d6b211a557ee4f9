"""What is measured: flows, and plain asyncio programs that do the same."""

from __future__ import annotations

LOG = "io.kestra.plugin.core.log.Log"

HELLO_FLOW = f"""\
id: hello
namespace: company.team
tasks:
  - id: hello
    type: {LOG}
    message: Hello
"""

_PLAIN_HEAD = """\
import asyncio
import logging
import sys

logging.basicConfig(
    stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)-5s %(name)s: %(message)s"
)
"""

_PLAIN_TAIL = """

if __name__ == "__main__":
    asyncio.run(tasks())
"""


def plain_chain(count: int) -> str:
    """A program of coroutines that log, one after the other."""
    parts = [_PLAIN_HEAD]
    for number in range(count):
        parts.append(
            f"\n\nasync def task_{number}() -> None:\n"
            f'    logging.getLogger("task_{number}").info("message %d", {number})\n'
        )
    calls = "".join(f"    await task_{number}()\n" for number in range(count))
    return "".join([*parts, f"\n\nasync def tasks() -> None:\n{calls}", _PLAIN_TAIL])


def plain_each(count: int) -> str:
    """A program that awaits the same coroutine for one value after the other."""
    return f"""\
{_PLAIN_HEAD}

async def note(value: str) -> None:
    logging.getLogger("note").info("value %s", value)


async def tasks() -> None:
    for value in map(str, range({count})):
        await note(value)
{_PLAIN_TAIL}"""


def plain_durable(count: int) -> str:
    """A program that keeps in SQLite, behind each of its coroutines, which have run and what they have logged."""
    return f"""\
{_PLAIN_HEAD}
import os
import sqlite3
import tempfile
import time


async def note(database: sqlite3.Connection, number: int) -> None:
    begun = time.time_ns()
    text = f"message {{number}}"
    logging.getLogger(f"task_{{number}}").info(text)
    database.execute("INSERT INTO log VALUES (?, ?, ?)", (number, time.time_ns(), text))
    run = (number, f"task_{{number}}", "SUCCESS", begun, time.time_ns())
    database.execute("INSERT INTO runs VALUES (?, ?, ?, ?, ?)", run)
    database.commit()


async def tasks() -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(os.path.join(folder, "runs.db"))
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("CREATE TABLE log (run, time, text)")
        database.execute("CREATE TABLE runs (number PRIMARY KEY, task, state, begun, ended)")
        for number in range({count}):
            await note(database, number)
        database.close()
{_PLAIN_TAIL}"""


def chain(count: int) -> str:
    """A flow of Log tasks, one after the other."""
    tasks = (
        f"  - id: task_{number}\n    type: {LOG}\n    message: message {number}\n"
        for number in range(count)
    )
    return "id: chain\nnamespace: company.team\ntasks:\n" + "".join(tasks)


def shell(count: int) -> str:
    """A flow of scripts that do nothing, one after the other."""
    tasks = (
        f"  - id: task_{number}\n    type: io.kestra.plugin.scripts.shell.Commands\n    commands: ['true']\n"
        for number in range(count)
    )
    return "id: shell\nnamespace: company.team\ntasks:\n" + "".join(tasks)


def plain_shell(count: int) -> str:
    """A program that starts such scripts."""
    return f"""\
import asyncio
from asyncio.subprocess import PIPE


async def tasks() -> None:
    for _ in range({count}):
        words = ("/bin/sh", "-c", "true")
        process = await asyncio.create_subprocess_exec(*words, stdout=PIPE, stderr=PIPE)
        await process.communicate()
{_PLAIN_TAIL}"""


def varied(count: int) -> str:
    """A flow with expressions and control flow, `count` tasks in all."""
    lines = [
        "id: varied",
        "namespace: company.team",
        "inputs:",
        "  - {id: number, type: INT, defaults: 3}",
        "tasks:",
    ]
    for number in range(count // 4):
        lines += [
            f"  - id: return_{number}",
            "    type: io.kestra.plugin.core.debug.Return",
            f'    format: "{{{{ flow.id | upper }}}} {{{{ inputs.number + {number} }}}}"',
            f"  - id: if_{number}",
            "    type: io.kestra.plugin.core.flow.If",
            f'    condition: "{{{{ inputs.number > {number} }}}}"',
            "    then:",
            f"      - id: log_{number}",
            f"        type: {LOG}",
            f'        message: "{{{{ outputs.return_{number}.value }}}}"',
            "    else:",
            f"      - id: other_{number}",
            f"        type: {LOG}",
            f"        message: none in {number}",
        ]
    return "\n".join(lines) + "\n"


def over_file(task: str, properties: str) -> str:
    """A flow whose task works on a file that it is given."""
    return f"""\
id: over_file
namespace: company.team
inputs:
  - id: data
    type: FILE
tasks:
  - id: work
    type: io.kestra.plugin.core.{task}
    {properties}
"""


LINE = b"some line of a file that is neither long nor short, number %08d\n"


def lines(path: str, size: int) -> None:
    """A file of about that many bytes."""
    with open(path, "wb") as file:
        for start in range(0, size // len(LINE % 0), 10_000):
            file.write(b"".join(LINE % n for n in range(start, start + 10_000)))


def for_each(count: int) -> str:
    """A ForEach over numbers."""
    return f"""\
id: for_each
namespace: company.team
tasks:
  - id: each
    type: io.kestra.plugin.core.flow.ForEach
    values: "{{{{ range(1, {count}) }}}}"
    tasks:
      - id: note
        type: {LOG}
        message: "value {{{{ taskrun.value }}}}"
"""
