"""Packages of scripts: installed into environments of their own, once, completely, and found again."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from tasks.fake import FakeRun

from flowrt.model.failures import TaskFailure
from flowrt.scripting.environments import cache_home, installed, is_kestra, packages_of
from flowrt.scripting.python import base_environment
from flowrt.tasks.scripts import PythonCommands, PythonScript, ShellCommands


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeRun:
    """A run that finds the package `tiny` in a folder, and no other."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    about = "tiny_flowrt-1.0.dist-info"
    with ZipFile(wheels / "tiny_flowrt-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_flowrt.py", "size = 7\n")
        wheel.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: tiny-flowrt\nVersion: 1.0\n"
        )
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(
            f"{about}/RECORD",
            f"tiny_flowrt.py,,\n{about}/METADATA,,\n{about}/WHEEL,,\n{about}/RECORD,,\n",
        )
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheels))
    monkeypatch.delenv("FLOWRT_DEPENDENCIES", raising=False)
    return FakeRun(tmp_path / "root")


SHOW = "import tiny_flowrt, sys\nprint(tiny_flowrt.size)"


@pytest.mark.parametrize(
    ("line", "packages"),
    [
        ("pip install a", ["a"]),
        ("pip3 install -q 'b>=1,<2' c[x]==1.0 --upgrade # and so on", ["b>=1,<2", "c[x]==1.0"]),
        ("python -m pip install a", ["a"]),
        ("uv pip install --system a", ["a"]),
        ("pip install -r requirements.txt", None),
        ("pip install a; rm -rf x", None),
        ("pip install $(cat x)", None),
        ("pip install ./here", None),
        ("pip install https://h/x.whl", None),
        ("pip install -e .", None),
        ("pip install 'a", None),
        ("pip list", None),
        ("echo pip install a", None),
    ],
)
def test_lines_that_install_packages(line: str, packages: list[str] | None) -> None:
    assert packages_of(line) == packages


def test_kestra_is_there_anyhow() -> None:
    assert is_kestra("kestra") and is_kestra("Kestra>=1.0") and is_kestra("kestra[x]")
    assert not is_kestra("kestra-client") and not is_kestra("akestra")


def test_dependencies_are_installed_once(run: FakeRun, monkeypatch: pytest.MonkeyPatch) -> None:
    task = PythonScript("p", script=SHOW, dependencies=["tiny-flowrt", "kestra"])
    run.run(task)
    assert run.messages("INFO") == ["7"]
    monkeypatch.setenv("PIP_FIND_LINKS", "/nowhere")
    monkeypatch.setenv("UV_FIND_LINKS", "/nowhere")
    run.run(task)
    assert run.messages("INFO") == ["7", "7"]


def test_what_pip_installs_stays_with_the_task(run: FakeRun) -> None:
    task = PythonScript(
        "p", script=SHOW, before_commands=["pip install --quiet tiny-flowrt kestra"]
    )
    run.run(task)
    assert run.messages("INFO") == ["7"]
    commands = PythonCommands(
        "c",
        before_commands=["pip install -q tiny-flowrt && true"],
        commands=[
            "python -c 'import tiny_flowrt as t; print(t.size, t.__file__)'",
            "which python pip",
        ],
    )
    run.run(commands)
    size, file = run.messages("INFO")[1].split()
    assert size == "7" and Path(file).is_relative_to(run.services.workplace.path)
    assert all(str(run.services.workplace.path) in line for line in run.messages("INFO")[2:])
    with pytest.raises(TaskFailure):
        run.run(PythonScript("p", script=SHOW))
    shell = ShellCommands("s", commands=["pip install -q tiny-flowrt", "pip show -f tiny-flowrt"])
    run.run(shell)
    assert f"Location: {sys.prefix}" not in "\n".join(run.messages("INFO"))
    run.close()
    assert not Path(file).exists()


def test_a_package_that_is_missing_is_named(run: FakeRun) -> None:
    for task in (
        PythonScript("p", script="1", dependencies=["absent-flowrt"]),
        PythonScript("p", script="1", before_commands=["pip install absent-flowrt"]),
    ):
        with pytest.raises(TaskFailure, match="there is no package 'absent-flowrt', or the index"):
            run.run(task)
    left = [path.name for path in cache_home().iterdir() if not path.name.endswith(".lock")]
    assert all(name.startswith("pip-") for name in left)


def test_builders_wait_for_each_other(run: FakeRun) -> None:
    async def both() -> list[Path]:
        calls = (installed(run, ["tiny-flowrt"], "UV") for _ in range(3))
        return list(await asyncio.gather(*calls))

    folders = run.wait_for(both())
    assert len(set(folders)) == 1 and (folders[0] / "tiny_flowrt.py").exists()
    assert len([text for text in run.messages("DEBUG") if text.startswith("Starting")]) == 1


def test_what_a_dead_builder_left_is_removed(run: FakeRun) -> None:
    folder = run.wait_for(installed(run, ["tiny-flowrt"], "UV"))
    draft = folder.with_name(f".{folder.name}.0123")
    folder.rename(draft)
    assert run.wait_for(installed(run, ["tiny-flowrt"], "UV")) == folder
    assert (folder / "tiny_flowrt.py").exists() and not draft.exists()


def test_secrets_reach_a_script_only_where_the_flow_says_so(
    run: FakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_CODE", "aHVzaA==")
    assert "SECRET_CODE" not in base_environment()
    run.run(
        ShellCommands("s", commands=["env | grep -c SECRET_ || true", "echo $X"], env={"X": "hush"})
    )
    assert run.messages("INFO") == ["0", "hush"]
    assert os.environ["SECRET_CODE"]


def test_keys_and_passwords_of_a_store_do_not_reach_a_script(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = {
        "FLOWRT_SEALING_KEY": "a key of many bytes",
        "FLOWRT_STORE": "postgresql://me:hush@host/flows",
        "FLOWRT_STORAGE": "s3://bucket/flows",
    }
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert {name for name in base_environment() if name in told} == {"FLOWRT_STORAGE"}
    monkeypatch.setenv("FLOWRT_STORE", "postgresql://host/flows?user=me&password=hush")
    assert "FLOWRT_STORE" not in base_environment()
