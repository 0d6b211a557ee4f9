"""`flowc compile`, `run` and `dump`: what is written, and when nothing is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from goldens import ROOT

import flowc
from flowc.cli import main

FLOW = """
id: hello
namespace: company.team
tasks:
  - {id: greet, type: io.kestra.plugin.core.log.Log, message: "Hello {{ flow.id }}"}
"""
CALLER = """
id: caller
namespace: company.team
tasks:
  - {id: call, type: io.kestra.plugin.core.flow.Subflow, namespace: company.team, flowId: hello}
"""
BROKEN = FLOW.replace("message", "mesage")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hello.yaml").write_text(FLOW)
    (tmp_path / "caller.yaml").write_text(CALLER)
    return tmp_path


def _flowc(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def _python(program: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", str(program), *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=program.parent,
    )


def test_compile_writes_a_module(folder: Path) -> None:
    result = _flowc("compile", folder / "hello.yaml", "-o", folder / "out" / "hello.py")
    assert result.exit_code == 0, result.output
    assert (folder / "out" / "hello.py").read_text() == flowc.compile_text(FLOW, "hello.yaml")
    assert [path.name for path in (folder / "out").iterdir()] == ["hello.py"]


def test_compile_to_standard_output(folder: Path) -> None:
    assert _flowc("compile", folder / "hello.yaml", "-o", "-").stdout == flowc.compile_text(
        FLOW, "hello.yaml"
    )


def test_a_refused_flow_leaves_the_output_alone(folder: Path) -> None:
    (folder / "broken.yaml").write_text(BROKEN)
    (folder / "out.py").write_text("before")
    result = _flowc("compile", folder / "broken.yaml", "-o", folder / "out.py")
    assert result.exit_code == 1
    assert "mesage" in result.stderr
    assert (folder / "out.py").read_text() == "before"
    assert not list(folder.glob(".*"))


def test_a_refused_flow_raises() -> None:
    with pytest.raises(flowc.CompileError, match="mesage") as caught:
        flowc.compile_text(BROKEN)
    assert caught.value.diagnostics[0].span.line == 5


def test_subflows_are_modules_beside_the_flow(folder: Path) -> None:
    out = folder / "out" / "main.py"
    options = ["--flows", folder, "--vendor", folder / "out"]
    result = _flowc("compile", folder / "caller.yaml", "-o", out, *options)
    assert result.exit_code == 0, result.output
    names = sorted(path.name for path in out.parent.iterdir())
    assert names == ["company_team_hello.py", "flowrt", "main.py"]
    ran = _python(out)
    assert ran.returncode == 0, ran.stderr
    assert "Hello hello" in ran.stderr


def test_standalone_is_one_file(folder: Path) -> None:
    out = folder / "alone" / "main.py"
    result = _flowc("compile", folder / "caller.yaml", "-o", out, "--flows", folder, "--standalone")
    assert result.exit_code == 0, result.output
    for _ in range(2):  # compiled the first time, from the cache the second
        ran = subprocess.run(
            [sys.executable, "-I", "-S", str(out)], capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        assert "Hello hello" in ran.stderr
    assert [path.name for path in out.parent.glob("*.py")] == ["main.py"]


@pytest.mark.parametrize("form", ["--standalone", "--vendor"])
def test_what_comes_along_names_its_package(folder: Path, form: str) -> None:
    out = folder / "out" / "hello.py"
    words = [form, folder / "out"] if form == "--vendor" else [form]
    result = _flowc("compile", folder / "hello.yaml", "-o", out, *words, "--with", "dask")
    assert result.exit_code == 0, result.output
    assert '# dependencies = ["distributed>=' in out.read_text()
    # made anew when it comes along no longer, although the flow is the same
    assert _flowc("compile", folder / "hello.yaml", "-o", out, *words).exit_code == 0
    assert "# dependencies = []" in out.read_text()


def test_a_folder_of_flows(folder: Path) -> None:
    result = _flowc("compile", folder, "-o", folder / "out")
    assert result.exit_code == 0, result.output
    names = {path.name for path in (folder / "out").iterdir()}
    assert {"hello.py", "caller.py"} <= names


def test_vendor_and_standalone_exclude_each_other(folder: Path) -> None:
    result = _flowc("compile", folder / "hello.yaml", "--standalone", "--vendor", folder)
    assert result.exit_code == 2


def test_strict_refuses_what_fails_when_it_runs(folder: Path) -> None:
    flow = folder / "hello.yaml"
    flow.write_text(FLOW.replace("flow.id", "nothing.here"))
    assert _flowc("compile", flow, "-o", folder / "a.py").exit_code == 0
    assert _flowc("compile", flow, "-o", folder / "b.py", "--strict").exit_code == 1
    assert not (folder / "b.py").exists()


def test_unformatted_code_means_the_same(folder: Path) -> None:
    import ast

    plain, formatted = (
        flowc.compile_text(CALLER, flows={"hello.yaml": FLOW}, formatted=flag)
        for flag in (False, True)
    )
    assert ast.dump(ast.parse(plain)) == ast.dump(ast.parse(formatted))


@pytest.mark.parametrize("seed", ["0", "1"])
def test_same_bytes_for_every_hash_seed(seed: str, folder: Path) -> None:
    case = ROOT / "golden" / "ok" / "expressions"
    ran = subprocess.run(
        [sys.executable, "-m", "flowc", "compile", "flow.yaml", "-o", str(folder / "x.py")],
        env={"PYTHONHASHSEED": seed, "PYTHONPATH": f"{ROOT / 'compiler'}:{ROOT / 'runtime'}"},
        cwd=case,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert (folder / "x.py").read_text() == (case / "flow.py").read_text()


def test_small_edits_stay_small() -> None:
    """A new line above moves nothing but the table of places and the digest."""
    first = flowc.compile_text(FLOW).splitlines()
    second = flowc.compile_text(FLOW.replace("tasks:", "\n\ntasks:")).splitlines()
    changed = [a for a, b in zip(first, second, strict=True) if a != b]
    assert [line for line in changed if "sha256" not in line and "flow.source" not in line] == []


def test_run(folder: Path) -> None:
    out = folder / "execution.json"
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "flowc", "run", str(folder / "caller.yaml")),
            *("--flows", str(folder), "--execution", str(out)),
        ],
        env={"PYTHONPATH": f"{ROOT / 'compiler'}:{ROOT / 'runtime'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "Hello hello" in ran.stderr
    assert out.exists()


def test_dump(folder: Path) -> None:
    assert (
        "call greet: io.kestra.plugin.core.log.Log"
        in _flowc("dump", "ir", folder / "hello.yaml").stdout
    )
    tree = _flowc("dump", "ast", folder / "hello.yaml").stdout
    assert '"message" = "Hello {{ flow.id }}"  @5:63' in tree


def test_public_names() -> None:
    for name in flowc.__all__:
        assert getattr(flowc, name) is not None
    with pytest.raises(AttributeError):
        _ = flowc.nothing


def test_start_of_the_command_line_is_light() -> None:
    """Nothing heavy is imported before a command asks for it."""
    code = "import sys, flowc.cli; print(sorted({'black', 'jinja2', 'pydantic', 'libcst', 'yaml'} & set(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{ROOT / 'compiler'}:{ROOT / 'runtime'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "[]"


def test_a_check_reads_no_back_end(tmp_path: Path) -> None:
    """What writes programs is not imported to read them: a check of a small flow is mostly imports."""
    flow = tmp_path / "flow.yaml"
    flow.write_text(FLOW)
    code = (
        "import sys, flowc.cli\n"
        "try: flowc.cli.main()\n"
        "except SystemExit: pass\n"
        "print([each for each in sys.modules if each.startswith('flowc.gen.') and each != 'flowc.gen.backends'])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, "check", str(flow)],
        env={"PYTHONPATH": f"{ROOT / 'compiler'}:{ROOT / 'runtime'}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines() == ["All checks passed, 1 flow read.", "[]"]


def test_check_says_what_compile_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same findings and exit codes, for files, folders and standard input."""
    monkeypatch.chdir(folder)
    (folder / "broken.yaml").write_text(BROKEN)
    (folder / "failing.yaml").write_text(
        FLOW.replace("flow.id", "nothing.here").replace("hello", "x")
    )
    for paths in (["broken.yaml"], ["caller.yaml"], ["failing.yaml"], ["."], ["none.yaml"]):
        for strict in ([], ["--strict"]):
            checked = _flowc("check", *paths, *strict)
            compiled = _flowc("compile", *paths, "-o", folder / "out/", *strict)
            assert checked.exit_code == compiled.exit_code, paths
            said = "\n".join(each for each in compiled.stderr.splitlines() if "written" not in each)
            assert said.strip() in checked.stdout
    for text in (FLOW, BROKEN):
        read = [CliRunner().invoke(main, [*c, "-"], input=text) for c in (["check"], ["compile"])]
        assert read[0].exit_code == read[1].exit_code == (text == BROKEN)


def test_standard_input_and_output() -> None:
    result = CliRunner().invoke(main, ["compile", "-"], input=FLOW)
    assert result.exit_code == 0, result.output
    assert result.stdout == flowc.compile_text(FLOW, "<stdin>")


def test_one_bad_flow_does_not_stop_the_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "bad.yaml").write_text(BROKEN.replace("hello", "bad"))
    (folder / "empty.yaml").write_text("")
    (folder / "compose.yml").write_text("services: {}")
    result = _flowc("compile", ".", "-o", "out")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "2 of 3 flows written"
    assert "--> bad.yaml:5" in result.stderr
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["caller.py", "hello.py"]


def test_flows_of_a_folder_are_written_once(folder: Path) -> None:
    """A flow that starts another imports the module that stands beside it."""
    result = _flowc("compile", folder, "-o", folder / "out")
    assert result.exit_code == 0, result.output
    assert "from hello import flow" in (folder / "out" / "caller.py").read_text()
    options = ["--vendor", folder / "out"]
    assert _flowc("compile", folder, "-o", folder / "out", "--force", *options).exit_code == 0
    ran = _python(folder / "out" / "caller.py")
    assert ran.returncode == 0 and "Hello hello" in ran.stderr


def test_unchanged_flows_are_left_alone(folder: Path) -> None:
    out = folder / "out"
    assert _flowc("compile", folder, "-o", out).exit_code == 0
    (out / "hello.py").write_text((out / "hello.py").read_text() + "# by hand\n")
    before = (out / "hello.py").read_text()
    assert _flowc("compile", folder, "-o", out).exit_code == 0
    assert (out / "hello.py").read_text() == before
    assert _flowc("compile", folder, "-o", out, "--force").exit_code == 0
    assert (out / "hello.py").read_text() == before.removesuffix("# by hand\n")
    (folder / "hello.yaml").write_text(FLOW.replace("Hello", "Bye"))
    assert _flowc("compile", folder, "-o", out).exit_code == 0
    assert "Bye" in (out / "hello.py").read_text()


def test_a_file_into_a_folder(folder: Path) -> None:
    assert _flowc("compile", folder / "hello.yaml", "-o", f"{folder}/new/").exit_code == 0
    assert (folder / "new" / "hello.py").exists()


def test_no_file_hides_the_standard_library(folder: Path) -> None:
    (folder / "json.yaml").write_text(FLOW.replace("hello", "json"))
    assert _flowc("compile", folder, "-o", folder / "out").exit_code == 0
    assert (folder / "out" / "json_.py").exists()
    assert not (folder / "out" / "json.py").exists()


def test_ids_that_differ_in_a_dash_are_different_flows(folder: Path) -> None:
    for name in ("load-data", "load_data"):
        (folder / f"{name}.yaml").write_text(
            FLOW.replace("hello", name).replace("Hello", f"I am {name}")
        )
    calls = "".join(
        CALLER.partition("tasks:\n")[2].replace("hello", name).replace("call,", f"call{n},")
        for n, name in enumerate(("load-data", "load_data"))
    )
    text = CALLER.partition("tasks:\n")[0] + "tasks:\n" + calls
    (folder / "caller.yaml").write_text(text)
    for form in (["--vendor", folder / "out"], ["--standalone"]):
        out = folder / "out" / "main.py"
        result = _flowc("compile", folder / "caller.yaml", "-o", out, "--force", *form)
        assert result.exit_code == 0, result.output
        ran = _python(out)
        assert ran.returncode == 0, ran.stderr
        assert "I am load-data" in ran.stderr and "I am load_data" in ran.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("a.b=c",),
        ("..",),
        ("compile_",),
        ("run", ""),
        ("run", "."),
        ("dump", "ir", "."),
        ("check", ""),
        ("compile", "", "-o", "-"),
        ("stubs", ".", "-o", ""),
    ],
)
def test_names_that_are_none(
    words: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    result = _flowc(*words)
    assert result.exit_code == 2
    assert result.output.startswith("Usage:")


def test_only_files_are_read_in_a_folder(folder: Path) -> None:
    """A pipe that nobody writes to would never end."""
    os.mkfifo(folder / "pipe.yaml")
    (folder / "folder.yaml").mkdir()
    (folder / "gone.yaml").symlink_to(folder / "nowhere")
    result = _flowc("check", folder)
    assert result.exit_code == 0, result.output


def test_names_that_no_file_can_have(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    name = "a" * 300
    for words in (("run", name), ("check", name), ("dump", "ir", name), ("compile", name)):
        result = _flowc(*words)
        assert (result.exit_code, result.output.count("FC110")) == (1, 1), result.output
    result = _flowc("compile", "hello.yaml", "-o", name)
    assert (result.exit_code, result.output.splitlines()[-1][-18:]) == (1, "File name too long")


def test_files_that_are_no_text(folder: Path) -> None:
    binary = folder / "binary.py"
    binary.write_bytes(b"\xff\xfe\0")
    result = _flowc("eval", "{{ 1 }}", "--vars", binary)
    assert (result.exit_code, result.output.splitlines()[-1]) == (
        2,
        "Error: Invalid value for --vars: is no UTF-8 text",
    )
    (folder / "missing.yaml").write_text(FLOW.replace("core.log.Log", "core.log.Missing"))
    result = _flowc("stubs", folder / "missing.yaml", "-o", binary)
    assert (result.exit_code, "it is no UTF-8 text" in result.output) == (1, True)
    assert binary.read_bytes() == b"\xff\xfe\0"


def test_devices_that_never_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowc.files.MOST_BYTES", 1_000_000)
    result = _flowc("check", "/dev/zero")
    assert (result.exit_code, "FC110" in result.output) == (1, True)
    result = _flowc("eval", "{{ 1 }}", "--vars", "/dev/zero")
    assert (result.exit_code, "File too large" in result.output) == (2, True)


ALERT = """
id: alert
namespace: system
tasks:
  - {id: tell, type: io.kestra.plugin.core.log.Log, message: "{{ trigger.flowId }} is {{ trigger.state }}"}
triggers:
  - {id: ends, type: io.kestra.plugin.core.trigger.Flow, conditions: [
      {type: io.kestra.plugin.core.condition.ExecutionStatus, in: ["{{ execution.state }}"]}]}
"""
HEARD = ("hello is SUCCESS", "caller is SUCCESS")


@pytest.mark.parametrize("form", ["--vendor", "--standalone"])
def test_programs_start_flows_that_listen(folder: Path, form: str) -> None:
    (folder / "alert.yaml").write_text(ALERT)
    out = folder / "out" / "caller.py"
    options = [form, folder / "out"] if form == "--vendor" else [form]
    asked = _flowc("compile", folder / "caller.yaml", "-o", out, "--flow-triggers", *options)
    assert asked.exit_code == 0 and "FC429" in asked.output
    ran = _python(out)
    assert ran.returncode == 0, ran.stderr
    assert all(text in ran.stderr for text in HEARD)
    assert _flowc("compile", folder / "caller.yaml", "-o", out, *options).exit_code == 0
    assert not any(text in _python(out).stderr for text in HEARD)


def test_a_flow_is_run_with_those_that_listen(folder: Path) -> None:
    (folder / "alert.yaml").write_text(ALERT)
    asked = _flowc("run", folder / "caller.yaml", "--flow-triggers")
    assert asked.exit_code == 0 and all(text in asked.output for text in HEARD)
    alone = _flowc("run", folder / "caller.yaml")
    assert alone.exit_code == 0 and not any(text in alone.output for text in HEARD)


def test_engines_have_triggers_of_their_own(folder: Path) -> None:
    result = _flowc("compile", folder / "hello.yaml", "--flow-triggers", "--target", "prefect")
    assert result.exit_code == 2
    assert "--flow-triggers is for programs, not for prefect" in result.output


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full of Linux")
@pytest.mark.parametrize("words", [["tasks"], ["eval", "{{ 1 }}"], ["check", "hello.yaml"]])
def test_an_output_that_cannot_be_written_is_told(words: list[str], folder: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "flowc", *words], stdout=full, stderr=subprocess.PIPE, text=True,
            cwd=folder,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("error: what was to be written is lost: ")
    assert len(done.stderr.splitlines()) == 1


def test_an_interrupted_command_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*given: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("flowc.driver.Project", interrupt)
    found = CliRunner().invoke(main, ["check", str(folder)])
    assert (found.exit_code, found.stderr) == (130, "interrupted\n")


@pytest.mark.parametrize(
    ("words", "output", "message"),
    [
        (["hello.yaml", "caller.yaml"], "out.py", "several flows need a folder as --output"),
        (["hello.yaml"], "caller.yaml", "caller.yaml is no folder, and a module is named"),
        (["."], "caller.yaml", "caller.yaml is no folder, and a module is named"),
    ],
)
def test_outputs_that_are_no_place_for_modules(
    folder: Path, words: list[str], output: str, message: str
) -> None:
    result = _flowc("compile", *[folder / word for word in words], "-o", folder / output)
    assert result.exit_code == 2 and message in result.output
    assert sorted(path.name for path in folder.iterdir()) == ["caller.yaml", "hello.yaml"]


def test_what_cannot_be_written_is_named_as_it_was_asked_for(folder: Path) -> None:
    place = folder / "hello.yaml" / "out.py"
    result = _flowc("compile", folder / "hello.yaml", "-o", place)
    assert result.exit_code == 1 and f"cannot write {place}: " in result.output


def _module(folder: Path, *words: str, closed: bool = False) -> subprocess.CompletedProcess[str]:
    """`python -m flowc` in a folder, perhaps without a standard input."""
    return subprocess.run(
        [sys.executable, "-m", "flowc", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path[1:]))},
        preexec_fn=(lambda: os.close(0)) if closed else None,
    )


def test_without_a_standard_input_there_is_no_flow(folder: Path) -> None:
    done = _module(folder, "check", "-", closed=True)
    assert done.returncode == 1 and "FC202" in done.stdout and not done.stderr


def test_a_runtime_in_the_working_folder_is_not_that_of_the_compiler(folder: Path) -> None:
    assert _flowc("compile", folder / "hello.yaml", "--vendor", folder, "-o", folder / "hello.py")
    assert (folder / "flowrt").is_dir()
    done = _module(folder, "compile", "caller.yaml", "-o", "caller.py")
    assert done.returncode == 0, done.stderr


def test_the_runtime_is_not_written_over_itself(folder: Path) -> None:
    import flowrt

    home = Path(str(flowrt.__file__)).parent
    (folder / "link").symlink_to(home.parent)
    for place in (home.parent, folder / "link"):
        done = _flowc("compile", folder / "hello.yaml", "--vendor", place, "-o", folder / "h.py")
        assert done.exit_code == 2 and "the runtime itself lies there" in done.output
        assert not (folder / "h.py").exists()
    assert (home / "missing.py").read_text().startswith('"""')


def test_a_folder_may_hold_what_is_no_module(folder: Path) -> None:
    inside = folder / "lib" / "flowrt"
    (inside / "folder.py").mkdir(parents=True)
    (inside / "broken.py").symlink_to("nowhere")
    (inside / "tasks").mkdir()
    (inside / "tasks" / "__init__.py").write_bytes(b"\xff")
    words = [
        "compile",
        folder / "hello.yaml",
        "--vendor",
        folder / "lib",
        "-o",
        folder / "hello.py",
    ]
    assert _flowc(*words).exit_code == 0
    assert _python(folder / "hello.py").returncode == 0


def test_a_runtime_that_was_made_for_another_program_is_told(folder: Path) -> None:
    for name in ("caller", "hello"):
        flow, lib = folder / f"{name}.yaml", folder / "lib"
        shutil.rmtree(lib, ignore_errors=True)
        assert _flowc("compile", flow, "--vendor", lib, "-o", folder / f"{name}.py").exit_code == 0
    done = _python(folder / "caller.py")
    assert done.returncode == 1
    assert done.stderr == (
        "error: this program came without what `Subflow` needs: compile it again\n"
    )


def test_stubs_go_to_standard_output(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "own.yaml").write_text(FLOW.replace("io.kestra.plugin.core.log.Log", "com.own.Task"))
    monkeypatch.chdir(folder)
    result = _flowc("stubs", "own.yaml", "-o", "-")
    assert result.exit_code == 0 and '@task_type("com.own.Task")' in result.stdout
    assert not Path("-").exists()


def test_a_file_that_nobody_named_is_not_replaced(folder: Path) -> None:
    beside, words = folder / "company_team_hello.py", ["compile", folder / "caller.yaml", "-o"]
    beside.write_text("mine = 1\n")
    result = _flowc(*words, folder / "out.py")
    assert result.exit_code == 2 and f"{beside} is not of flowc" in result.output
    assert beside.read_text() == "mine = 1\n" and not (folder / "out.py").exists()
    for more in (["--force"], []):
        assert _flowc(*words, folder / "out.py", *more).exit_code == 0
    assert "Compiled by flowc" in beside.read_text()


def test_what_is_replaced_keeps_its_mode_and_its_links(folder: Path) -> None:
    real, link = folder / "real.py", folder / "link.py"
    real.write_text("")
    real.chmod(0o600)
    link.symlink_to(real)
    assert _flowc("compile", folder / "hello.yaml", "-o", link).exit_code == 0
    assert link.is_symlink() and real.stat().st_mode & 0o777 == 0o600
    assert "Compiled by flowc" in real.read_text()


def test_options_of_the_flow_follow_it(folder: Path) -> None:
    result = _flowc("run", "--input", "a=1", folder / "hello.yaml")
    assert result.exit_code == 2 and "as --input, follow the FLOW" in result.output
