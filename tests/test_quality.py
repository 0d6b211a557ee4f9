"""What holds for the whole project: generated modules are clean, the runtime is light, the tables are up to date."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import readme_tables
from goldens import ROOT, cases

RUNTIME = ROOT / "runtime" / "flowrt"
COMPILER_SEAM = "flowc.gen.python.expr"
"""What texts that exist only at run time are compiled with."""


# ---- generated modules ----------------------------------------------------------------------------------------------


def _tool(name: str, *arguments: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", name, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every generated module, each under the name of its case."""
    folder = tmp_path_factory.mktemp("modules")
    for case in cases("golden/ok", "examples"):
        name = "case_" + "".join(c if c.isalnum() else "_" for c in case.name)
        shutil.copy(case.folder / "flow.py", folder / f"{name}.py")
    assert len(list(folder.iterdir())) > 70
    return folder


def test_generated_modules_are_ruff_clean(modules: Path) -> None:
    _tool("ruff", "check", "--no-cache", "--config", ROOT / "pyproject.toml", modules)


def test_generated_modules_are_black_clean(modules: Path) -> None:
    _tool("black", "--check", "--quiet", "--config", ROOT / "pyproject.toml", modules)


def test_generated_modules_are_typed(modules: Path) -> None:
    _tool("mypy", "--strict", "--config-file", ROOT / "pyproject.toml", *sorted(modules.iterdir()))


# ---- the runtime ----------------------------------------------------------------------------------------------------


def _imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, at any depth of its code, but for type checkers."""
    stack: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield str(node.module)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            stack.extend(node.orelse)
        else:
            stack.extend(ast.iter_child_nodes(node))


def _guarded(path: Path, package: str) -> bool:
    """Whether every import of a package is guarded by `except ImportError`."""
    tree = ast.parse(path.read_text("utf-8"))
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and any(map(_catches_imports, node.handlers))
        for statement in node.body
        for inner in ast.walk(statement)
    }
    return all(id(node) in guarded for node in ast.walk(tree) if package in _tops(node))


def _catches_imports(handler: ast.ExceptHandler) -> bool:
    return handler.type is not None and "Import" in ast.unparse(handler.type)


def _tops(node: ast.AST) -> set[str]:
    """The packages that a statement imports from."""
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    return {str(node.module).partition(".")[0]} if isinstance(node, ast.ImportFrom) else set()


EDGE = {
    "azure": {
        *(
            f"plugins/azure/{name}.py"
            for name in (
                "adls",
                "adls_update",
                "blob",
                "cosmosdb",
                "eventhubs",
                "servicebus",
                "table",
            )
        ),
        "plugins/entra_machine.py",
    },
    "bson": {"plugins/stores/mongodb.py"},
    "botocore": {"plugins/aws/auth.py", "plugins/aws/client.py", "plugins/aws/minio.py"},
    "cassandra": {"plugins/stores/cassandra.py"},
    "cloudpickle": {"clusters/dask.py"},
    "distributed": {"clusters/dask.py"},
    "ray": {"clusters/ray.py"},
    "cryptography": {"expr/functions_data.py", "inputs/sealing.py"},
    "google": {
        "plugins/google/bigquery_write.py",
        "plugins/google/bigtable.py",
        "plugins/serdes/protobuf.py",
    },
    "ldap3": {"plugins/stores/ldap.py"},
    "nats": {"plugins/brokers/nats.py"},
    "neo4j": {"plugins/stores/neo4j.py"},
    "paho": {"plugins/brokers/mqtt.py"},
    "pika": {"plugins/brokers/amqp.py"},
    "pulsar": {"plugins/brokers/pulsar.py"},
    "pymongo": {"plugins/stores/mongodb.py"},
    "smbprotocol": {"plugins/files/smb.py"},
    "yaml": {"formats/yamlread.py", "formats/yamlparser.py"},
}
"""Packages that flows name in their header (`flowrt.packages`), and the modules that use them."""


ENGINES = {"targets/airflow": ("airflow",), "targets/prefect": ("prefect", "pydantic")}
"""The folders that run flows on engines, and what they import."""


def test_runtime_imports_the_standard_library_only() -> None:
    """But for the seam to the expression compiler, and what the edge names in `flowrt.packages`."""
    wrong = []
    for path in sorted(RUNTIME.rglob("*.py")):
        for name in _imports(path):
            top = name.partition(".")[0]
            allowed = top == "flowrt" or top in sys.stdlib_module_names
            seam = name == COMPILER_SEAM or name.startswith(COMPILER_SEAM + ".")
            edge = path.relative_to(RUNTIME).as_posix() in EDGE.get(top, ())
            engine = top in ENGINES.get(path.parent.relative_to(RUNTIME).as_posix(), ())
            if not (allowed or seam or edge or engine or _guarded(path, top)):
                wrong.append(f"{path.relative_to(ROOT)}: {name}")
    assert not wrong


HEAVY = [
    *("argparse", "asyncio", "concurrent.futures", "dataclasses", "decimal", "difflib", "email"),
    *("fractions", "http.client", "inspect", "json.tool", "logging", "multiprocessing", "random"),
    *("socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "unittest"),
    *("urllib.request", "yaml", "flowc"),
]


def test_a_flow_starts_without_heavy_modules() -> None:
    code = (
        "import runpy, sys\n"
        "before = set(sys.modules)\n"
        f"sys.path.insert(0, {str(RUNTIME.parent)!r})\n"
        "try:\n"
        f"    runpy.run_path({str(ROOT / 'examples' / 'hello' / 'flow.py')!r}, run_name='__main__')\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n"
        f"found = [name for name in {HEAVY!r} if name in sys.modules and name not in before]\n"
        "print(' '.join(found))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


# ---- pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", readme_tables.PARTS)
def test_written_parts_are_up_to_date(name: str) -> None:
    assert readme_tables.updated(name) == (ROOT / name).read_text("utf-8"), "run `make tables`"


def test_links_of_pages_lead_somewhere() -> None:
    broken = []
    for page in [
        ROOT / "README.md",
        *(ROOT / "docs").glob("*.md"),
        ROOT / "examples" / "README.md",
    ]:
        for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", page.read_text("utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert not broken


def test_map_of_folders_is_complete() -> None:
    """Every package of the two source roots stands in the map of the README."""
    text = (ROOT / "README.md").read_text("utf-8")
    table = text[text.index("## Map") : text.index("## Working on it")]
    for package in (ROOT / "compiler" / "flowc", RUNTIME):
        for path in package.iterdir():
            if path.is_dir() and (path / "__init__.py").exists():
                assert f"{path.name}/`" in table, path


"""Rooms of the runtime whose files are all short."""


def test_no_two_files_of_tests_have_one_name() -> None:
    """pytest imports them by their names alone."""
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))


def test_no_file_is_too_large() -> None:
    """A file that knows everything is one that nobody reads."""
    data = {"localenames.py", "zonenames.py"}
    most = {"compiler": 600, "runtime": 500}
    large = [
        f"{path.relative_to(ROOT)}: {count}"
        for root, lines in most.items()
        for path in (ROOT / root).rglob("*.py")
        if path.name not in data and (count := len(path.read_text("utf-8").splitlines())) > lines
    ]
    assert not large


def test_every_command_has_its_line() -> None:
    text = (ROOT / "docs" / "cli.md").read_text("utf-8")
    for path in (ROOT / "compiler" / "flowc" / "commands").glob("[!_]*.py"):
        assert f"| `flowc {path.stem.rstrip('_')} " in text, path.stem
