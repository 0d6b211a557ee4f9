"""The packages, as somebody else gets them: built, unpacked, run."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from email import message_from_bytes
from importlib import import_module
from pathlib import Path

import pytest
from goldens import ROOT

import flowc.version
import flowrt


def _built(root: Path, folder: Path) -> zipfile.ZipFile:
    """The wheel of a source root, made by its build backend in an environment that holds it."""
    pytest.importorskip("hatchling", reason="the build backend is not installed")
    code = f"import hatchling.build as b; print(b.build_wheel({str(folder)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root
    )
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(folder / done.stdout.split()[-1])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return _built(ROOT, tmp_path_factory.mktemp("flowc"))


@pytest.fixture(scope="module")
def runtime_wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return _built(ROOT / "runtime", tmp_path_factory.mktemp("flowrt"))


def _sources(package: Path) -> set[str]:
    return {
        str(path.relative_to(package.parent))
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_wheel_has_every_file(wheel: zipfile.ZipFile) -> None:
    wanted = _sources(ROOT / "compiler" / "flowc") | _sources(ROOT / "runtime" / "flowrt")
    assert {"flowc/py.typed", "flowrt/py.typed"} <= wanted
    assert wanted <= set(wheel.namelist())


def test_wheel_has_the_command_and_the_license(wheel: zipfile.ZipFile) -> None:
    names = {Path(name).name: name for name in wheel.namelist() if ".dist-info/" in name}
    assert "LICENSE" in names
    assert b"flowc = flowc.cli:main" in wheel.read(names["entry_points.txt"])
    metadata = message_from_bytes(wheel.read(names["METADATA"]))
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"


def test_runtime_wheel_runs_a_flow(runtime_wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    assert _sources(ROOT / "runtime" / "flowrt") <= set(runtime_wheel.namelist())
    assert not any(name.startswith("flowc/") for name in runtime_wheel.namelist())
    runtime_wheel.extractall(tmp_path)
    program = ROOT / "examples" / "hello" / "flow.py"
    code = f"import sys, runpy; sys.path.insert(0, {str(tmp_path)!r}); sys.argv = ['flow.py']\n"
    code += f"runpy.run_path({str(program)!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "2.5 kg by bicycle" in done.stderr


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == flowc.version.VERSION == flowrt.__version__


def test_generated_modules_ask_for_this_runtime() -> None:
    text = (ROOT / "examples" / "hello" / "flow.py").read_text("utf-8")
    found = re.search(r'dependencies = \["flowrt>=(\d+)\.(\d+),<(\d+)"\]', text)
    assert found
    low, high = (int(found[1]), int(found[2])), (int(found[3]), 0)
    assert low <= tuple(map(int, flowrt.__version__.split(".")[:2])) < high


@pytest.mark.parametrize("package", ["flowc", "flowrt"])
def test_every_module_can_be_imported(package: str) -> None:
    root = Path(str(import_module(package).__file__)).parent
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root.parent).with_suffix("").parts
        if "stand_in" in parts or parts[-1] in ("__main__", "embedded"):
            continue
        if parts[:2] == ("flowrt", "targets") and len(parts) > 3:
            continue  # these import their engine, which has an environment of its own
        import_module(".".join(part for part in parts if part != "__init__"))
