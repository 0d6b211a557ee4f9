"""What a generated module needs of the runtime: the modules it imports, and those they import, at any depth.

Imports inside functions count; imports for type checkers do not. A text that is the name of a runtime module counts
as an import too: lazy tables are made of them; and a text that is the path of a file beside a module brings that file.
The expression compiler comes along only for flows that render texts which do not exist before they run, PyYAML only for
flows that name it in their header. Other packages are not pure Python: such a flow needs them where it runs.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from flowrt.catalog import own_modules
from flowrt.packages import PARTS

_PACKAGES = ("flowrt", "flowc", "yaml")

_EXPRESSIONS = ("flowc.expr", "flowc.gen.python.expr")
_FACES = frozenset({"flowc", "flowc.literal", "flowc.gen", "flowc.gen.python"})
_EMPTY = {
    "flowc": '"""The expression compiler of flowc, for texts that a flow renders while it runs."""\n'
}
"""Packages whose own module is the compiler's face, which no flow needs."""


_RENDERING = re.compile(
    r"\brender(_once)?\(v|\bTemplatedTask\(|^ *@flow\.listener\(",
    re.M,
)
"""What a generated module that renders texts of run time has."""


_READING = re.compile(r'^# dependencies = .*"pyyaml\b', re.M)
"""What the header of a module that reads YAML has."""


def needed_modules(sources: Iterable[str], parts: Iterable[str] = ()) -> dict[str, str]:
    """The files of the runtime that generated modules need: path below the folder, and text; in the order of paths.

    `parts` are names of what comes along besides (`flowrt.verbs.parts`).
    """
    sources = list(sources)
    renders = any(_RENDERING.search(source) for source in sources)
    reads = any(_READING.search(source) for source in sources)
    absent = tuple(name for name, needed in (("flowc", renders), ("yaml", reads)) if not needed)
    files = _files()
    found: set[str] = set()
    waiting = [name for source in sources for name in _imported(source, "", False)]
    waiting += [f"flowrt.{PARTS[part]}" for part in parts]
    while waiting:
        name = waiting.pop()
        if name in found or name not in files or name.partition(".")[0] in absent:
            continue
        found.add(name)
        waiting.extend(_ancestors(name))
        if name not in _EMPTY:
            waiting.extend(_imports_of(name))
    texts = {_path(name): _EMPTY.get(name) or _text(name) for name in found}
    for name in found:
        texts.update(_beside(name))
    return dict(sorted(texts.items()))


@cache
def _beside(name: str) -> dict[str, str]:
    """Files that a module names by their path below its folder."""
    folder = _files()[name].parent
    place = _path(name).rpartition("/")[0]
    texts = {}
    for node in ast.walk(ast.parse(_text(name))):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and _PATH.fullmatch(node.value)
        ):
            path = folder / node.value
            if path.is_file():
                texts[f"{place}/{node.value}"] = path.read_text("utf-8")
    return texts


_PATH = re.compile(r"[\w.-]+(/[\w.-]+)+")


def _files() -> dict[str, Path]:
    """All modules that may come along, by name: of the runtime, of the compiler, and those with task types of others."""
    return _files_of((*_PACKAGES, *sorted(own_modules())))


@cache
def _files_of(packages: tuple[str, ...]) -> dict[str, Path]:
    from importlib import import_module

    found = {}
    for package in packages:
        first = Path(str(import_module(package).__file__))
        root = first.parent
        for path in root.rglob("*.py") if first.name == "__init__.py" else [first]:
            parts = path.relative_to(root.parent).with_suffix("").parts
            if parts[-1] == "__init__":
                parts = parts[:-1]
            name = ".".join(parts) if first.name == "__init__.py" else package
            if package != "flowc" or name in _FACES or name.startswith(_EXPRESSIONS):
                found[name] = path
    return found


def _is_package(name: str) -> bool:
    return _files()[name].name == "__init__.py"


def _path(name: str) -> str:
    path = name.replace(".", "/")
    return f"{path}/__init__.py" if _is_package(name) else f"{path}.py"


def _text(name: str) -> str:
    text = _files()[name].read_text("utf-8")
    return _notice() + text if name == "yaml" else text


def _notice() -> str:
    """The license of PyYAML, which wants to come along."""
    from importlib.metadata import files

    found = next((each for each in files("pyyaml") or () if each.name == "LICENSE"), None)
    text = "" if found is None else found.read_text("utf-8")
    return "".join(f"# {line}".rstrip() + "\n" for line in text.splitlines())


def _ancestors(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


@cache
def _imports_of(name: str) -> tuple[str, ...]:
    return tuple(_imported(_text(name), name, _is_package(name)))


def _imported(source: str, name: str, is_package: bool) -> Iterator[str]:
    """Names of modules, and of what may be one, that a source imports."""
    stack: list[ast.AST] = [ast.parse(source)]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = name.split(".")
                parts = parts[: len(parts) - node.level + is_package]
                base = ".".join([*parts, base] if base else parts)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
            yield from _homes(base, [alias.name for alias in node.names])
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and node.value.startswith(("flowrt", "flowc")):
                yield node.value
        elif isinstance(node, ast.If) and _for_type_checkers(node.test):
            stack.extend(node.orelse)
        else:
            stack.extend(ast.iter_child_nodes(node))


def _homes(module: str, names: Iterable[str]) -> Iterator[str]:
    """The modules behind names that a package lends to generated modules."""
    import flowrt.expressions
    import flowrt.tasks

    known: dict[str, str] = {}
    if module == "flowrt.expressions":
        known = flowrt.expressions.HOMES
    elif module == "flowrt.tasks":
        known = flowrt.tasks.homes()
    yield from (known[name] for name in names if name in known)


def _for_type_checkers(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"
