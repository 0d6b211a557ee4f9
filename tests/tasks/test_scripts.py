"""Scripts as processes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tasks.fake import FakeRun, t

from flowrt.java.errors import ExpressionError
from flowrt.java.utf8 import Utf8Reader
from flowrt.model.failures import TaskFailure
from flowrt.scripting.command import argument_vector
from flowrt.scripting.process import LineSplitter
from flowrt.scripting.protocol import OutputLines
from flowrt.services.folders import LoadNamespaceFiles
from flowrt.tasks.legacy_scripts import Bash
from flowrt.tasks.scripts import PythonScript, ShellCommands, ShellScript


@pytest.fixture
def run(tmp_path: Path) -> FakeRun:
    return FakeRun(tmp_path, n=2, inner="{{ 1 + 1 }}")


def test_commands_share_a_shell_and_their_lines_are_logged(run: FakeRun) -> None:
    task = ShellCommands(
        "s",
        before_commands=["x=1"],
        commands=["echo $x $A", "echo bad >&2", "pwd"],
        env={"A": t("{{ n }}")},
    )
    outputs = run.run(task)
    assert outputs == {"vars": {}, "exitCode": 0, "outputFiles": {}}
    assert run.messages("INFO") == ["1 2", str(run.working_dir)]
    assert run.messages("ERROR") == ["bad"]
    debug = run.messages("DEBUG")
    assert debug[0] == "Using task runner 'io.kestra.plugin.core.runner.Process'"
    assert debug[1].endswith("[/bin/sh -c set -e\nx=1\necho $x $A\necho bad >&2\npwd]")
    assert debug[2] == "Command succeed with exit code 0"


def test_what_is_no_command_is_an_empty_line(run: FakeRun) -> None:
    run.run(ShellCommands("s", commands=["echo a", None, "echo b"]))
    assert [text for level, text in run.logs if level == "INFO"] == ["a", "b"]


def test_a_variable_without_a_name_is_left_out(run: FakeRun) -> None:
    run.run(ShellCommands("s", commands=["echo $A"], env={"": "x", "A B": "y", "A": "z"}))
    assert ("INFO", "z") in run.logs


def test_an_image_that_is_not_used_has_to_be_one(run: FakeRun) -> None:
    with pytest.raises(ExpressionError, match="missing"):
        run.run(ShellCommands("s", commands=["echo a"], container_image=t("{{ missing }}")))


def test_no_shell_of_windows_is_told_to_end_at_a_failure(run: FakeRun) -> None:
    run.run(ShellCommands("s", commands=["echo a"], target_os="WINDOWS"))
    assert any("[/bin/sh -c \r\necho a]" in text for _, text in run.logs)


@pytest.mark.parametrize("program", ["/no/such", "no such"])
def test_a_program_that_is_not_there_is_told_with_its_folder(run: FakeRun, program: str) -> None:
    with pytest.raises(TaskFailure) as caught:
        run.run(ShellCommands("s", commands=["echo a"], interpreter=[program]))
    said = "Exec failed, error: 2 (No such file or directory) "
    assert str(caught.value).startswith(f'Cannot run program "{program}" (in directory "')
    assert str(caught.value).endswith(f'"): {said}') and str(caught.value.__cause__) == said


def test_a_command_without_a_word_is_no_program(run: FakeRun) -> None:
    with pytest.raises(TaskFailure, match="Index 0 out of bounds for length 0"):
        run.run(ShellCommands("s", commands=[], interpreter=[], fail_fast=False))


def test_commands_look_at_the_system_before_they_say_anything(run: FakeRun) -> None:
    with pytest.raises(TaskFailure, match="Unrecognized token 'MAC'"):
        run.run(ShellCommands("s", commands=["echo a"], target_os=t("{{ 'MAC' }}")))
    assert run.logs == []
    with pytest.raises(TaskFailure, match="Unrecognized token 'MAC'"):
        run.run(ShellScript("s", script="echo a", target_os=t("{{ 'MAC' }}")))
    assert run.messages("DEBUG") == ["Using task runner 'io.kestra.plugin.core.runner.Process'"]


MISSING = {name: t(f"{{{{ {name} }}}}") for name in ("image", "strict", "script", "file")}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"container_image": MISSING["image"], "fail_fast": MISSING["strict"]}, "image"),
        ({"fail_fast": MISSING["strict"]}, "strict"),
        ({"target_os": t("{{ 'MAC' }}")}, "MAC"),
        ({}, "file"),
        ({"input_files": None}, "script"),
        ({"input_files": None, "script": "a", "interpreter": [MISSING["image"]], "before_commands": [MISSING["file"]]}, "file"),
    ],
)  # fmt: skip
def test_the_first_of_several_that_fail_is_told(
    run: FakeRun, given: dict[str, object], said: str
) -> None:
    all_of_it = {"script": MISSING["script"], "input_files": {"a": MISSING["file"]}, **given}
    with pytest.raises((ExpressionError, TaskFailure), match=said):
        run.run(PythonScript("p", **all_of_it))


@pytest.mark.parametrize(
    ("if_exists", "found"), [("OVERWRITE", "over"), ("IGNORE", "over"), ("FAIL", None)]
)
def test_a_program_has_its_input_files_before_those_of_the_namespace(
    run: FakeRun, if_exists: str, found: str | None
) -> None:
    run.files.write("a.b", "a.txt", b"stored")
    task = PythonScript(
        "p",
        script="print(open('a.txt').read())",
        input_files={"a.txt": "over"},
        namespace_files=LoadNamespaceFiles(enabled=True, if_exists=if_exists),
    )
    if found is None:
        with pytest.raises(TaskFailure, match="FileAlreadyExistsException"):
            run.run(task)
    else:
        run.run(task)
        assert run.messages("INFO")[-1] == found


def test_a_truth_without_a_value_is_none(run: FakeRun) -> None:
    nothing = t("{{ null }}")
    run.run(ShellCommands("s", commands=["false", "echo a"], fail_fast=nothing))
    run.run(ShellCommands("s", commands=["echo ${OUTPUT_DIR:-none}"], output_directory=nothing))
    assert run.messages("INFO") == ["a", "none"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("A=B", "x", 'Invalid environment variable name: "A=B"'),
        ("A", "x\0y", 'Invalid environment variable value: "x\0y"'),
    ],
)
def test_variables_that_no_process_can_have(run: FakeRun, name: str, value: str, said: str) -> None:
    with pytest.raises(TaskFailure) as caught:
        run.run(ShellCommands("s", commands=["echo a"], env={name: value}))
    assert str(caught.value) == said


def test_a_command_has_succeeded_before_its_files_are_looked_at(run: FakeRun) -> None:
    commands = [t("touch '{{ outputDir }}/a b'")]
    with pytest.raises(TaskFailure, match="Output file 'a b' contains unsupported characters"):
        run.run(ShellCommands("s", commands=commands, output_directory=True))
    assert run.messages("DEBUG")[-1] == "Command succeed with exit code 0"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (5, "Invalid `files` properties with type 'class java.lang.Integer'"),
        (["a"], "Invalid `files` properties with type 'class java.util.ArrayList'"),
        ({"": "x"}, ": Is a directory"),
        ({"a": "x", "a/b": "y"}, "/a/b: Not a directory"),
        ('{"a":"x","./a":null}', "Unable to create the file: a"),
    ],
)
def test_input_files_that_cannot_be_written(run: FakeRun, files: object, said: str) -> None:
    with pytest.raises(TaskFailure) as caught:
        run.run(ShellCommands("s", commands=["ls"], input_files=files))
    assert str(caught.value).endswith(said)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xed\xa0\x80y", "\ufffdy"),
        (b"\xed\xa0y", "\ufffdy"),
        (b"\xed\xbf", "\ufffd"),
        (b"\xed\x9f\xbf", "\ud7ff"),
        (b"\xed\xa0\xed\xb0\x80", "\ufffd\ufffd"),
        (b"\xf0\x9f\x98\n", "\ufffd\n"),
        (b"\xf4\x90\x80\x80", "\ufffd" * 4),
        (b"\xc0\x80", "\ufffd" * 2),
        ("a\u20ac\U0001f600".encode(), "a\u20ac\U0001f600"),
    ],
)
def test_what_is_no_utf8_is_replaced_as_java_does_it(data: bytes, text: str, size: int) -> None:
    reader = Utf8Reader()
    found = "".join(reader.feed(data[at : at + size]) for at in range(0, len(data), size))
    assert found + reader.feed(b"", last=True) == text


def test_the_environment_is_rendered_twice(run: FakeRun) -> None:
    run.run(ShellCommands("s", commands=["echo $A"], env={"A": t("{{ inner }}")}))
    assert run.messages("INFO") == ["2"]


def test_a_failure_keeps_the_outputs(run: FakeRun) -> None:
    task = ShellScript(
        "s",
        script='echo \'::{"outputs": {"a": null, "b": [1]}}::\'\necho x > f.txt\nfalse\necho no',
        output_files=["*.txt"],
    )
    with pytest.raises(TaskFailure, match="Command failed with exit code 1") as failure:
        run.run(task)
    outputs = failure.value.outputs
    assert outputs is not None
    assert outputs["exitCode"] == 1 and outputs["vars"] == {"b": [1]}
    assert run.content(outputs["outputFiles"]["f.txt"]) == "x\n"
    assert str(failure.value.__cause__) == "Command failed with exit code 1"
    assert run.messages("INFO") == []


def test_without_fail_fast_the_last_command_counts(run: FakeRun) -> None:
    assert run.run(ShellCommands("s", commands=["false", "true"], fail_fast=False))["exitCode"] == 0


def test_addresses_in_commands_become_paths(run: FakeRun) -> None:
    uri = run.store("stored")
    run.run(ShellCommands("s", commands=[f"cat {uri}"], input_files={"a": uri}))
    assert run.messages("INFO") == ["stored"]
    assert (run.working_dir / "a").read_text() == "stored"
    with pytest.raises(FileNotFoundError):
        run.run(ShellCommands("s", commands=[f"cat {uri}.gone"]))


def test_expressions_see_the_folder_and_the_output_files(run: FakeRun) -> None:
    task = ShellCommands(
        "s",
        commands=[t("test {{ workingDir }} = $PWD && echo x > {{ outputFiles['o.txt'] }}")],
        output_files=["o.txt"],
    )
    assert list(run.run(task)["outputFiles"]) == ["o.txt"]


def test_python_speaks_to_the_flow(run: FakeRun) -> None:
    script = (
        "from kestra import Kestra\n"
        "Kestra.outputs({'a': true, 'b': null})\n"
        "Kestra.counter('c', 2, {'k': 'v'})\n"
        "Kestra.timer('d', 1.5)\n"
        "Kestra.logger().warning('careful')\n"
    )
    assert run.run(PythonScript("p", script=script))["vars"] == {"a": True}
    assert run.metrics == [("counter", "c", 2.0), ("timer", "d", 1.5)]
    assert run.messages("WARN")[0].endswith(" - careful")


def test_an_interrupted_script_takes_its_children_along(run: FakeRun) -> None:
    async def interrupted() -> int:
        task = asyncio.ensure_future(
            ShellCommands("s", commands=["sleep 300 & echo $!", "wait"]).run(run)
        )
        while not run.messages("INFO"):
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return int(run.messages("INFO")[0])

    child = asyncio.run(interrupted())
    assert run.messages("WARN")[0].startswith("Killing process ")
    assert not _alive(child)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_the_old_shell_task_has_files_by_name(run: FakeRun) -> None:
    task = Bash("b", commands=[t("echo x > {{ outputFiles.o }}"), "exit 3"], output_files=["o"])
    with pytest.raises(TaskFailure) as failure:
        run.run(task)
    outputs = failure.value.outputs
    assert outputs is not None and outputs["exitCode"] == 3
    assert run.content(outputs["files"]["o"]) == "x\n"


def test_argument_vectors() -> None:
    shell = ["/bin/sh", "-c"]
    assert argument_vector(shell, [], ["a", "b"], ["set -e"], "LINUX") == [*shell, "set -e\na\nb"]
    assert argument_vector(shell, ["b"], ["a"], [], "WINDOWS") == [*shell, "b\r\na"]
    assert argument_vector([], [], ["ls", "-l"], ["set -e"], "AUTO") == ["ls", "-l"]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_lines_end_in_three_ways(size: int) -> None:
    text = "a\r\nb\rc\n\nd"
    lines = LineSplitter()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    found = [line for piece in pieces for line in lines.feed(piece)]
    assert [*found, *lines.feed("", last=True)] == ["a", "b", "c", "", "d"]


@pytest.mark.parametrize(
    "line",
    [
        '::{"outputs": {"a": 1}, "metrics": [{"name": "x", "type": "sum", "value": 1}]}::',
        "::{oops}::",
        '::{"outputs": 5}::',
        '::{"logs": [{"level": "LOUD", "message": "x"}]}::',
    ],
)
def test_wrong_messages_warn_and_do_nothing_else(run: FakeRun, line: str) -> None:
    lines = OutputLines(run)
    lines.accept(line, False)
    assert lines.vars == {}
    assert [level for level, _ in run.logs] == ["WARN"]
    assert run.logs[0][1].startswith("Invalid outputs '")


def test_what_is_no_message_is_logged(run: FakeRun) -> None:
    lines = OutputLines(run)
    lines.accept(' ::{"outputs": {}}::', False)
    lines.accept('::{"logs": [{"level": "WARN", "message": "x"}]}::', True)
    assert run.logs == [("INFO", ' ::{"outputs": {}}::'), ("WARN", "x")]


ROWS = """
$ion_1_0
// one row is Ion, the other JSON
{id:1, name:"a \\"b\\"", when:2024-04-21T13:43:24Z, price:1.5, 'odd key':[-2.5e3, x], none:null.string, 'at':t::{d:1d2}}
{"id": 2, "when": "2024-04-21T13:43:24.123456789+02:00", "text": "2024-04-21", "deep": {"l": [true, null]}}
"""


def test_rows_of_a_file_are_read_as_the_package_reads_them(run: FakeRun) -> None:
    (run.working_dir / "rows.ion").write_text(ROWS)
    script = """
from kestra import Kestra
for row in Kestra.read("rows.ion"):
    print(row)
"""
    run.run(PythonScript("s", script=script))
    assert run.messages("INFO") == [
        "{'id': 1, 'name': 'a \"b\"', 'when': datetime.datetime(2024, 4, 21, 13, 43, 24, tzinfo=datetime.timezone.utc),"
        " 'price': 1.5, 'odd key': [-2500.0, 'x'], 'none': None, 'at': {'d': 100.0}}",
        "{'id': 2, 'when': datetime.datetime(2024, 4, 21, 13, 43, 24, 123456,"
        " tzinfo=datetime.timezone(datetime.timedelta(seconds=7200))), 'text': '2024-04-21', 'deep': {'l': [True, None]}}",
    ]


@pytest.mark.parametrize("text", ["{a:1", "{1:2}", "[1 2]", "{a:1}}", '{a:"x', "@"])
def test_a_file_that_is_no_ion_text_is_refused(run: FakeRun, text: str) -> None:
    (run.working_dir / "rows.ion").write_text(text)
    script = 'from kestra import Kestra; Kestra.read("rows.ion")'
    with pytest.raises(TaskFailure):
        run.run(PythonScript("s", script=script))
    assert any(line.startswith("ValueError: ") for line in run.messages("ERROR"))


def test_entries_of_a_line_for_the_log_are_taken_one_by_one(run: FakeRun) -> None:
    lines = OutputLines(run)
    lines.accept('::{"logs":[{"level":"INFO","message":"good"},{"message":"bad"}]}::', False)
    lines.accept('::{"logs":[{"level":"INFO","message":"not seen"},{"level":"LOUD"}]}::', False)
    assert run.messages("INFO") == ["good"]
    first, second = run.messages("WARN")
    assert first == (
        'Invalid log \'{"logs":[{"level":"INFO","message":"good"},{"message":"bad"}]}\''
    )
    assert (
        'from String "LOUD": not one of the values accepted for Enum class: [ERROR, DEBUG' in second
    )


def test_outputs_of_a_script_hold_no_nulls_in_maps(run: FakeRun) -> None:
    lines = OutputLines(run)
    lines.accept('::{"outputs":{"a":null,"m":{"n":null,"l":[null,{"x":null}],"k":1}}}::', False)
    assert lines.vars == {"m": {"l": [None, {}], "k": 1}}
