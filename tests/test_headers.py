"""The header of a module names all that it needs: each kind of flow runs where exactly that is installed."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from goldens import ROOT

from flowc.api import compile_text

RETURN = "io.kestra.plugin.core.debug.Return"

FLOWS = {
    "hello": (f"tasks:\n  - {{id: t, type: {RETURN}, format: hi}}", "hi"),
    "yaml": (
        f"tasks:\n  - {{id: t, type: {RETURN}, format: \"{{{{ yaml('a: [1, 2]').a[1] }}}}\"}}",
        "2",
    ),
    "yaml_of_a_text": (
        "inputs:\n  - {id: doc, type: STRING, defaults: \"a: b\"}\n"
        f"tasks:\n  - {{id: t, type: {RETURN}, format: \"{{{{ yaml(inputs.doc).a }}}}\"}}",
        "b",
    ),
    "yaml_input": (
        'inputs:\n  - {id: doc, type: YAML, defaults: "a: [x]"}\n'
        f"tasks:\n  - {{id: t, type: {RETURN}, format: \"{{{{ inputs.doc.a | first }}}}\"}}",
        "x",
    ),
    "encrypt": (
        "variables: {key: MTIzNDU2Nzg5MDEyMzQ1Ng==}\n"
        f"tasks:\n  - {{id: t, type: {RETURN}, format: "
        '"{{ decrypt(vars.key, encrypt(vars.key, \'safe\')) }}"}',
        "safe",
    ),
    "secret": (
        "inputs:\n  - {id: word, type: SECRET, defaults: open-sesame}\n"
        f"tasks:\n  - {{id: t, type: {RETURN}, format: \"{{{{ inputs.word | length }}}}\"}}",
        "11",
    ),
    "render": (
        "variables: {text: \"{{ 1 + 1 }}\"}\n"
        f"tasks:\n  - {{id: t, type: {RETURN}, format: \"{{{{ render(vars.text) }}}}\"}}",
        "2",
    ),
    "templated": (
        "tasks:\n  - id: t\n    type: io.kestra.plugin.core.templating.TemplatedTask\n    spec: |\n"
        f"      type: {RETURN}\n      format: \"{{{{ 2 * 3 }}}}\"",
        "6",
    ),
    "zone": (
        f"tasks:\n  - {{id: t, type: {RETURN}, format: "
        "\"{{ '2024-07-01T12:00:00Z' | date('HH:mm', timeZone='Europe/Paris') }}\"}",
        "14:00",
    ),
}  # fmt: skip


def program(kind: str) -> str:
    text = f"id: {kind}\nnamespace: company.team\n{FLOWS[kind][0]}\noutputs:\n"
    return compile_text(
        f'{text}  - {{id: out, type: STRING, value: "{{{{ outputs.t.value }}}}"}}\n'
    )


def header(source: str) -> list[str]:
    """The requirements of an inline script (PEP 723)."""
    block = re.search(r"^# /// script\n((?:# .*\n)+?)# ///$", source, re.M)
    assert block is not None
    text = "".join(line.removeprefix("# ") + "\n" for line in block[1].splitlines())
    return list(tomllib.loads(text)["dependencies"])


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("hatchling", reason="the build backend is not installed")
    folder = tmp_path_factory.mktemp("wheels")
    for root in ("runtime", "compiler"):
        code = f"import hatchling.build as b; b.build_wheel({str(folder)!r})"
        subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT / root
        )
    return folder


def installed(names: list[str], wheels: Path, folder: Path) -> Path:
    """A folder that holds exactly these packages, and what they ask for themselves."""
    own = [name for name in names if name.startswith("flow")]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    pip += ["--target", str(folder)]
    subprocess.run(
        [*pip, "--no-index", "--find-links", str(wheels), *own], check=True, capture_output=True
    )
    if others := [name for name in names if name not in own]:
        done = subprocess.run([*pip, *others], check=False, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"no registry of packages: {done.stderr.splitlines()[-1:]}")
    return folder


def run(
    source: str, packages: Path, folder: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    file = folder / "flow.py"
    file.write_text(source, "utf-8")
    code = f"import runpy, sys; sys.path.insert(0, {str(packages)!r}); "
    code += f"sys.argv[:] = {[str(file), *options]!r}; runpy.run_path({str(file)!r}, run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
    )


@pytest.mark.parametrize("kind", FLOWS)
def test_a_flow_runs_where_its_header_is_installed(kind: str, wheels: Path, tmp_path: Path) -> None:
    source = program(kind)
    packages = installed(header(source), wheels, tmp_path / "packages")
    options = ["--store", str(tmp_path / "store")] if kind == "secret" else []
    done = run(source, packages, tmp_path, *options)
    assert done.returncode == 0, done.stderr
    assert f'"out": "{FLOWS[kind][1]}"' in done.stdout


@pytest.mark.parametrize(
    ("kind", "package", "extra"),
    [
        ("yaml_of_a_text", "pyyaml", "yaml"),
        ("encrypt", "cryptography", "crypto"),
        ("render", "flowexpr", "render"),
    ],
)
def test_a_missing_package_is_named(
    kind: str, package: str, extra: str, wheels: Path, tmp_path: Path
) -> None:
    packages = installed(["flowrt"], wheels, tmp_path / "packages")
    done = run(program(kind), packages, tmp_path)
    assert done.returncode == 1
    assert f"pip install '{package}" in done.stderr
    assert f"'flowrt[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_secret_without_a_store_needs_no_package(wheels: Path, tmp_path: Path) -> None:
    packages = installed(["flowrt"], wheels, tmp_path / "packages")
    assert run(program("secret"), packages, tmp_path).returncode == 0
    done = run(program("secret"), packages, tmp_path, "--store", str(tmp_path / "store"))
    assert done.returncode != 0
    assert "'flowrt[crypto]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_flows_name_only_what_they_need() -> None:
    assert header(program("hello")) == ["flowrt>=1.0,<2"]
    assert header(program("yaml")) == ["flowrt>=1.0,<2", "pyyaml>=6.0.2"]
    assert header(program("zone"))[1:] == ["tzdata; sys_platform == 'win32'"]
